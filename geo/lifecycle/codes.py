"""The resident's codes: six digits that stay, and one-time codes (RFC 6238) that her app shows without a signal.

Both prove to the collector's phone that she agrees, in the handover's time. Each is taken once, and wrong tries are
counted together.
"""

import base64
import secrets
from datetime import datetime, timedelta

import pyotp
from django.conf import settings

from backend.core.errors import DomainError
from geo.errors import CodeLocked, CodeWrong
from geo.handover_errors import CodeNotYet, CodeTooLate, CodeUsed
from geo.models import Handover, Match

DIGITS = 6
PERIOD_S = 30
# Two phones without a network may differ by so many steps.
DRIFT_STEPS = 2
CLOCK_DRIFT = timedelta(minutes=5)


def draw_code() -> str:
    """Six digits."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def draw_secret() -> str:
    """160 bits in base 32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def one_time_code_at(handover: Handover, moment: datetime) -> str:
    """What the resident's app shows at a moment."""
    return _otp_of(handover).at(moment)


def latest_entry(match: Match) -> datetime:
    """Until when a code may be entered: the window's end, or the agreed time if later, and some grace."""
    ends = max(match.pickup.window_until, match.handover.agreed_for or match.pickup.window_until)
    return ends + timedelta(hours=settings.HANDOVER_CODE_GRACE_H)


def refusal_of_code(*, match: Match, code: str, entered_at: datetime, now: datetime) -> DomainError | None:
    """Why `code`, typed at `entered_at`, is not taken; None where it is. A wrong try is counted, a code is used up.

    The refusal is returned, not raised, so that the count stays. Raises CodeNotYet or CodeTooLate, which are no tries:
    they are told before any code is compared, so that nobody can guess without being counted.
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
    if late or entered_at > latest_entry(match):
        raise CodeTooLate


def _step_of(handover: Handover, code: str, entered_at: datetime) -> int | None:
    """The time step whose code it is, near the time it was entered."""
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
