"""The ledger of consents: what a user agreed to, in which version, and what they withdrew."""

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction

from backend.accounts.errors import ConsentOutdated
from backend.accounts.models import Consent, User
from backend.core.http.legal_pages import PRIVACY_VERSION, TERMS_VERSION


def current_versions() -> Mapping[str, str]:
    """The version in force of each purpose."""
    purpose = Consent.Purpose
    return {
        purpose.TERMS: TERMS_VERSION,
        purpose.PRIVACY: PRIVACY_VERSION,
        purpose.AGE: str(settings.MINIMUM_AGE),
    }


@transaction.atomic
def record_consent(*, user: User, purpose: str, version: str, is_given: bool, channel: str, now: datetime) -> Consent:
    """Add to the ledger that the user gives or withdraws a consent. What holds already is not added again.

    Raises ConsentOutdated for giving consent to a version that is no longer in force.
    """
    if is_given and version != current_versions()[purpose]:
        raise ConsentOutdated(field="version")
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    newest = Consent.objects.filter(user=user, purpose=purpose).order_by("-id").first()
    if newest and (newest.version, newest.is_given) == (version, is_given):
        return newest
    return Consent.objects.create(
        user=user, purpose=purpose, version=version, is_given=is_given, channel=channel, at=now
    )
