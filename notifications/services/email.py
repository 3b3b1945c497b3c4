"""A user's e-mail address, and the code that verifies it."""

import uuid
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.jobs import DEFAULT_QUEUE, Job
from procrastinate.manager import JobManager

from backend.core.errors import DomainError, NotFound
from notifications.errors import CodeSentLately, EmailCodeWrong, EmailUnavailable
from notifications.models import EmailAddress, Preferences
from notifications.quiet_hours import digest_after

log = structlog.get_logger(__name__)
MAIL_CODE = "notifications.mail_code"
CODE_TTL = timedelta(minutes=30)
CODE_PAUSE = timedelta(minutes=1)
TRIES_MAX = 5


@transaction.atomic
def set_address(*, user_id: uuid.UUID, address: str, now: datetime) -> EmailAddress:
    """Store an address and mail a code to it. Nothing else is mailed there before it is verified.

    Raises EmailUnavailable, CodeSentLately.
    """
    if not settings.HAS_EMAIL:
        raise EmailUnavailable
    Preferences.objects.get_or_create(pk=user_id)
    Preferences.objects.select_for_update(of=("self",), no_key=True).get(pk=user_id)
    before = EmailAddress.objects.filter(pk=user_id).first()
    if before and before.code_sent_at > now - CODE_PAUSE:
        raise CodeSentLately(retry_after_s=int(CODE_PAUSE.total_seconds()))
    fields = {"address": address, "verified_at": None, "code_sent_at": now, "tries": 0, "digest_due_at": None}
    row, _created = EmailAddress.objects.update_or_create(pk=user_id, defaults=fields)
    Preferences.objects.filter(pk=user_id).update(email=False)
    _defer_code(user_id)
    return row


@transaction.atomic
def verify_address(*, user_id: uuid.UUID, code: str, now: datetime) -> DomainError | None:
    """Verify the address and start the daily mail. Verifying it again changes nothing. Raises NotFound.

    A wrong code is returned, not raised, so that no rollback removes the counted attempt.
    """
    row = EmailAddress.objects.select_for_update(of=("self",), no_key=True).filter(pk=user_id).first()
    if row is None:
        raise NotFound
    if row.verified_at:
        return None
    is_too_late = row.code_sent_at <= now - CODE_TTL or row.tries >= TRIES_MAX
    if is_too_late or not constant_time_compare(code, code_of(row)):
        EmailAddress.objects.filter(pk=user_id).update(tries=min(row.tries + 1, TRIES_MAX))
        return EmailCodeWrong(field="code")
    EmailAddress.objects.filter(pk=user_id).update(verified_at=now, digest_due_at=digest_after(now))
    Preferences.objects.filter(pk=user_id).update(email=True)
    return None


@transaction.atomic
def forget_address(*, user_id: uuid.UUID) -> None:
    """Delete the address and end the daily mail, if there is one."""
    EmailAddress.objects.filter(pk=user_id).delete()
    Preferences.objects.filter(pk=user_id).update(email=False)


def code_of(row: EmailAddress) -> str:
    """Six digits derived from the address, the time and the secret key."""
    text = f"{row.pk} {row.address} {row.code_sent_at.timestamp()}"
    return f"{int(salted_hmac('notifications.email', text, algorithm='sha256').hexdigest(), 16) % 1_000_000:06d}"


def mail_code(*, user_id: uuid.UUID) -> None:
    """Send the code in the user's language, unless there is nothing to verify."""
    row = EmailAddress.objects.select_related("user").filter(pk=user_id, verified_at=None).first()
    if row is None:
        return
    with translation.override(row.user.locale):
        subject = _("Your code for Tinder for Trash")
        body = _("Your code is %(code)s. It counts for 30 minutes. If you did not ask for it, ignore this mail.")
        EmailMessage(subject, body % {"code": code_of(row)}, to=[row.address]).send()


def _defer_code(user_id: uuid.UUID) -> None:
    """Add the job in the caller's transaction."""
    job = Job(
        id=None,
        queue=DEFAULT_QUEUE,
        task_name=MAIL_CODE,
        task_kwargs={"user_id": str(user_id)},
        lock=None,
        queueing_lock=None,
    )
    JobManager(DjangoConnector()).batch_defer_jobs([job])
