"""Confirmation of a handover, by the resident's code or on both phones, and the completion of the match."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from backend.core.errors import DomainError
from geo.handover.services import notices
from geo.handover.services.receipts import issue_receipt
from geo.handover_errors import MatchOver, WeighInChanged
from geo.lifecycle.codes import check_code
from geo.lifecycle.locks import lock_match_of
from geo.lifecycle.notices import notify_parties
from geo.lifecycle.transitions import close_waiting_likes, end_match, move_pickup, require_step, take_step
from geo.models import Match, Pickup, Step


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """The match after the attempt; `refusal` says why it was not confirmed."""

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
    """Confirm the user's side; with the resident's `code` the collector confirms both sides. Idempotent.

    When both sides have confirmed, the match completes and a receipt is issued. `entered_at` is when the code was
    typed, if the phone was offline. `weighed_at`, when given, identifies the weigh-in the client saw. A refusal about a
    code is returned, not raised, so that the attempt stays counted and a one-time code stays used. Raises NotFound,
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
        # A code given for replaced figures is used up as well.
        refusal = check_code(match=match, code=code, entered_at=entered_at or now, now=now) or changed
        if refusal:
            return Confirmation(match=match, refusal=refusal)
    elif changed:
        raise changed
    _confirm(match, user_id, is_by_code, now)
    return Confirmation(match=match)


def complete_match(*, match: Match, acting: uuid.UUID, now: datetime) -> None:
    """Complete a locked match that both parties have confirmed: issue the receipt and notify everybody concerned.

    Call it last in a transaction.
    """
    end_match(match=match, status=Match.Status.COMPLETED, now=now)
    move_pickup(pickup=match.pickup, status=Pickup.Status.HANDED_OVER, now=now)
    others = close_waiting_likes(pickup=match.pickup, reason="handed_over")
    receipt, lines = issue_receipt(match=match, now=now)
    net_kg = sum((line.net_kg for line in lines), Decimal(0))
    receipts = notices.of_receipt(match=match, receipt=receipt, net_kg=net_kg, acting=acting)
    notify_parties(match=match, card="receipt", notices=receipts, others=others, by=None, now=now)


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
        complete_match(match=match, acting=user_id, now=now)
    else:
        confirmation = notices.of_confirmation(match=match, by=user_id)
        notify_parties(match=match, card="confirmed", notices=confirmation, by=user_id, now=now)
