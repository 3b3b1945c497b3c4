"""Confirming the handover: by the resident's code at the door, or by both on their own phones."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from backend.core.errors import DomainError
from geo.errors import MatchOver, WeighInChanged
from geo.handover.services import notices
from geo.handover.services.completion import complete
from geo.lifecycle.codes import refusal_of_code
from geo.lifecycle.locks import lock_match_of
from geo.lifecycle.notices import tell_parties
from geo.lifecycle.transitions import require_step, take_step
from geo.models import Match, Step


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """The match as it is now; `refusal` says why it was not confirmed."""

    match: Match
    refusal: DomainError | None = None


@transaction.atomic
def confirm_handover(
    *,
    user_id: uuid.UUID,
    match_id: uuid.UUID,
    code: str = "",
    entered_at: datetime | None = None,
    weighed_at: datetime | None = None,
    now: datetime,
) -> Confirmation:
    """Confirm one's own side; the collector, with the resident's `code`, both. With both a receipt is issued.

    `entered_at` is when the code was typed, if that was before there was a signal. `weighed_at`, when given, names the
    weigh-in that the client saw. Confirming again changes nothing. A refusal that touches a code is returned, not
    raised: the try must stay counted, and a one-time code used, whatever transaction this runs in. Raises NotFound,
    MatchOver, NotWeighed, WeighInDisputed, WeighInChanged, CodeNotYet or CodeTooLate.
    """
    match = lock_match_of(match_id=match_id, user_id=user_id)
    if match.status == Match.Status.COMPLETED:
        return Confirmation(match=match)
    if match.status != Match.Status.ACTIVE:
        raise MatchOver
    require_step(handover=match.handover, step=Step.CONFIRM)
    changed = WeighInChanged() if weighed_at not in (None, match.handover.weighed_at) else None
    is_by_code = bool(code) and user_id == match.collector_id
    if is_by_code:
        # A code said for figures that stand no longer is used up all the same.
        refusal = refusal_of_code(match=match, code=code, entered_at=entered_at or now, now=now) or changed
        if refusal:
            return Confirmation(match=match, refusal=refusal)
    elif changed:
        raise changed
    _confirm(match, user_id, is_by_code, now)
    return Confirmation(match=match)


def _confirm(match: Match, user_id: uuid.UUID, is_by_code: bool, now: datetime) -> None:
    handover = match.handover
    before = (handover.resident_confirmed_at, handover.collector_confirmed_at)
    resident, collector = before
    if is_by_code or user_id == match.pickup.resident_id:
        resident = resident or now
    if user_id == match.collector_id:
        collector = collector or now
    if (resident, collector) == before:
        return
    take_step(handover=handover, step=Step.CONFIRM, resident_confirmed_at=resident, collector_confirmed_at=collector)
    if resident and collector:
        complete(match=match, acting=user_id, now=now)
    else:
        told = notices.of_confirmation(match=match, by=user_id)
        tell_parties(match=match, card="confirmed", notices=told, by=user_id, now=now)
