"""What an answer of FCM means for the message and its device."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import structlog
from firebase_admin import exceptions, messaging

from notifications.push.protocol import Barred, Gone, Outcome, Refused, Retry

log = structlog.get_logger(__name__)
# The device has been uninstalled, or belongs to another project.
DEAD = (messaging.UnregisteredError, messaging.SenderIdMismatchError)
# The project or its account: withdrawn, mistyped, or without leave to send.
BARRED = (exceptions.NotFoundError, exceptions.PermissionDeniedError, exceptions.UnauthenticatedError)
# What Firebase asks for when it says nothing else.
QUOTA_RETRY_S = 60.0
ADDRESS_FIELDS = {"message.token", "message.fid"}


def outcome_of(error: Exception) -> Outcome:
    """A dead address is forgotten, what Firebase cannot read given up. All else passes, and is tried again."""
    reason = type(error).__name__.removesuffix("Error")
    if isinstance(error, DEAD) or _names_address(error):
        return Gone(reason)
    if isinstance(error, exceptions.InvalidArgumentError):
        log.error("push_refused", reason=reason, detail=str(error)[:200])
        return Refused(reason)
    if isinstance(error, BARRED):
        log.error("push_barred", reason=reason, detail=str(error)[:200])
        # The key for Apple's service or the browsers'. One browser may have been registered with an older key.
        return Barred(reason, is_for_all=not isinstance(error, messaging.ThirdPartyAuthError))
    after_s = _retry_after_s(error)
    if after_s is None and isinstance(error, messaging.QuotaExceededError):
        after_s = QUOTA_RETRY_S
    return Retry(reason, after_s=after_s)


def _names_address(error: Exception) -> bool:
    """Whether it is an INVALID_ARGUMENT whose violation names the address rather than our payload."""
    if not isinstance(error, exceptions.InvalidArgumentError):
        return False
    try:
        details = error.http_response.json()["error"]["details"]
        fields = {violation["field"] for detail in details for violation in detail.get("fieldViolations", [])}
    except (AttributeError, KeyError, TypeError, ValueError):
        return False
    return bool(fields & ADDRESS_FIELDS)


def _retry_after_s(error: Exception) -> float | None:
    """What the service asks for, in seconds or as a date (RFC 9110 section 10.2.3)."""
    response = getattr(error, "http_response", None)
    text = response.headers.get("Retry-After", "") if response is not None else ""
    try:
        return float(text) if text.isdigit() else (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return None
