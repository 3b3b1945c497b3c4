"""The second factor of staff: a code of an app (TOTP), or one of ten recovery codes that work once."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from backend.accounts.models import User

RECOVERY_CODES = 10
CODE_CHARACTERS_MAX = 16


def has_second_factor(user: AbstractBaseUser) -> bool:
    """Whether the user has set up an app."""
    return bool(TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).exists())


@transaction.atomic
def begin_second_factor(*, user: AbstractBaseUser) -> TOTPDevice:
    """Return the app that is being set up: the same one until it is confirmed."""
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    device, _is_new = TOTPDevice.objects.get_or_create(user_id=user.pk, confirmed=False, defaults={"name": "app"})
    return device


@transaction.atomic
def confirm_second_factor(*, user: AbstractBaseUser, code: str) -> tuple[Device | None, list[str]]:
    """Set up the app that shows this code, and make recovery codes, which are shown this once.

    Without a device the code is wrong. Nobody who knows the password alone replaces an app that is set up.
    """
    device = TOTPDevice.objects.select_for_update().filter(user_id=user.pk, confirmed=False).first()
    if device is None or has_second_factor(user) or not device.verify_token(code):
        return None, []
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    return device, _make_recovery_codes(user)


@transaction.atomic
def verify_second_factor(*, user: AbstractBaseUser, code: str) -> Device | None:
    """Check a code; returns its device, or None. A code works once, and each wrong one delays the next try longer."""
    app = TOTPDevice.objects.select_for_update().filter(user_id=user.pk, confirmed=True).first()
    codes = StaticDevice.objects.select_for_update().filter(user_id=user.pk, confirmed=True).first()
    # Six digits are a code of the app, everything else a recovery code: a wrong one counts against one device alone.
    device = app if code.isdecimal() and len(code) == 6 else codes
    return device if device is not None and device.verify_token(code.lower()) else None


@transaction.atomic
def reset_second_factor(*, user: User) -> None:
    """Forget the app and the recovery codes of somebody who lost them; they set up another one at the next sign-in."""
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()


def _make_recovery_codes(user: AbstractBaseUser) -> list[str]:
    StaticDevice.objects.filter(user_id=user.pk).delete()
    device = StaticDevice.objects.create(user_id=user.pk, name="recovery")
    codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes
