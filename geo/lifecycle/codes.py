"""The resident's codes: a fixed six-digit code, and one-time codes (RFC 6238) that the app shows offline.

Either proves to the collector's phone that the resident agrees. Each is accepted once, and wrong attempts at both are
counted together.
"""

import base64
import secrets
from datetime import datetime, timedelta

import pyotp
from django.conf import settings

from backend.core.errors import DomainError
from geo.handover_errors import CodeLocked, CodeNotYet, CodeTooLate, CodeUsed, CodeWrong
from geo.models import Handover, Match

DIGITS = 6
PERIOD_S = 30
# The clocks of two phones without a network may differ by this many steps.
DRIFT_STEPS = 2
CLOCK_DRIFT = timedelta(minutes=5)


def draw_code() -> str:
    """A random fixed code: six digits."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def draw_secret() -> str:
    """A random secret for one-time codes: 160 bits in base 32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def one_time_code_at(handover: Handover, moment: datetime) -> str:
    """The code that the resident's app shows at `moment`."""
    return _otp_of(handover).at(moment)


def latest_entry(window_until: datetime, handover: Handover) -> datetime:
    """Until when a code can be entered: the window's end or the agreed time, whichever is later, plus the grace."""
    ends = max(window_until, handover.agreed_for or window_until)
    return ends + timedelta(hours=settings.HANDOVER_CODE_GRACE_H)


def check_code(*, match: Match, code: str, entered_at: datetime, now: datetime) -> DomainError | None:
    """Use up `code`, typed at `entered_at`, or return why it is refused. Counts a wrong attempt.

    The refusal is returned, not raised, so that the count is committed. Raises CodeNotYet or CodeTooLate before it
    compares any code, so that no guess goes uncounted.
    """
    handover = match.handover
    if handover.wrong_codes >= settings.HANDOVER_CODE_TRIES:
        return CodeLocked()
    _require_time(match, entered_at, now)
    if secrets.compare_digest(handover.code.encode(), code.encode()):
        handover.code = draw_code()
        handover.save(update_fields=["code"])
        return None
    step = _step_of(handover, code, entered_at)
    if step is None:
        return _count_wrong(handover)
    if handover.used_step is not None and step <= handover.used_step:
        return CodeUsed()
    handover.used_step = step
    handover.save(update_fields=["used_step"])
    return None


def _require_time(match: Match, entered_at: datetime, now: datetime) -> None:
    if not match.created_at - CLOCK_DRIFT <= entered_at <= now + CLOCK_DRIFT:
        raise CodeNotYet(field="entered_at")
    late = now - entered_at > timedelta(hours=settings.HANDOVER_CODE_LATE_H)
    if late or entered_at > latest_entry(match.pickup.window_until, match.handover):
        raise CodeTooLate


def _step_of(handover: Handover, code: str, entered_at: datetime) -> int | None:
    """The time step of a one-time code, near the time it was entered; None if the code is wrong."""
    if not handover.secret:
        return None
    otp = _otp_of(handover)
    steps = [
        otp.timecode(entered_at) + drift
        for drift in range(-DRIFT_STEPS, DRIFT_STEPS + 1)
        if secrets.compare_digest(otp.at(entered_at, counter_offset=drift).encode(), code.encode())
    ]
    return steps[0] if steps else None


def _count_wrong(handover: Handover) -> DomainError:
    handover.wrong_codes += 1
    handover.save(update_fields=["wrong_codes"])
    left = settings.HANDOVER_CODE_TRIES - handover.wrong_codes
    return CodeWrong(left=left) if left else CodeLocked()


def _otp_of(handover: Handover) -> pyotp.TOTP:
    return pyotp.TOTP(handover.secret, digits=DIGITS, interval=PERIOD_S)
