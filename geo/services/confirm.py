"""Confirming the handover: by the resident's code at the door, or by both on their own phones."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from backend.shared.errors import DomainError
from geo.errors import CodeLocked, CodeWrong, MatchOver, NotWeighed, WeighInChanged
from geo.models import Handover, Match, Pickup
from geo.services import notices
from geo.services.closing import close_waiting_likes
from geo.services.locks import lock_match_of
from geo.services.receipts import issue_receipt
from geo.services.transitions import end_match, move_pickup
from notifications.services.notify import notify


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """The match as it is now; `refusal` says that the code was not taken."""

    match: Match
    refusal: DomainError | None = None


@transaction.atomic
def confirm_handover(
    *, user_id: uuid.UUID, match_id: uuid.UUID, code: str = "", weighed_at: datetime | None = None, now: datetime
) -> Confirmation:
    """Confirm one's own side; the collector, with the resident's `code`, both. With both a receipt is issued.

    `weighed_at`, when given, names the weigh-in that the client saw. Confirming again changes nothing.
    A code that is wrong or locked is returned, not raised: the try must stay counted, whatever transaction this
    runs in. Raises NotFound, MatchOver, NotWeighed, WeighInChanged.
    """
    match = lock_match_of(match_id=match_id, user_id=user_id)
    if match.status == Match.Status.COMPLETED:
        return Confirmation(match=match)
    if match.status != Match.Status.ACTIVE:
        raise MatchOver
    if match.handover.weighed_at is None:
        raise NotWeighed
    if weighed_at not in (None, match.handover.weighed_at):
        raise WeighInChanged
    is_by_code = bool(code) and user_id == match.collector_id
    if is_by_code and (refusal := _refusal_of_code(match.handover, code)):
        return Confirmation(match=match, refusal=refusal)
    _confirm(match, user_id, is_by_code, now)
    return Confirmation(match=match)


def _refusal_of_code(handover: Handover, code: str) -> DomainError | None:
    if handover.wrong_codes >= settings.HANDOVER_CODE_TRIES:
        return CodeLocked()
    if secrets.compare_digest(handover.code.encode(), code.encode()):
        return None
    handover.wrong_codes += 1
    handover.save(update_fields=["wrong_codes"])
    left = settings.HANDOVER_CODE_TRIES - handover.wrong_codes
    return CodeWrong(left=left) if left else CodeLocked()


def _confirm(match: Match, user_id: uuid.UUID, is_by_code: bool, now: datetime) -> None:
    handover = match.handover
    before = (handover.resident_confirmed_at, handover.collector_confirmed_at)
    if is_by_code or user_id == match.pickup.resident_id:
        handover.resident_confirmed_at = handover.resident_confirmed_at or now
    if user_id == match.collector_id:
        handover.collector_confirmed_at = handover.collector_confirmed_at or now
    confirmed = (handover.resident_confirmed_at, handover.collector_confirmed_at)
    if confirmed == before:
        return
    handover.save(update_fields=["resident_confirmed_at", "collector_confirmed_at"])
    if all(confirmed):
        _complete(match, user_id, now)
    else:
        notify(notices=notices.of_confirmation(match=match, by=user_id), now=now)


def _complete(match: Match, acting: uuid.UUID, now: datetime) -> None:
    end_match(match=match, status=Match.Status.COMPLETED, now=now)
    move_pickup(pickup=match.pickup, status=Pickup.Status.HANDED_OVER, now=now)
    told = close_waiting_likes(pickup=match.pickup, reason="handed_over")
    receipt, lines = issue_receipt(match=match, now=now)
    net_kg = sum((line.net_kg for line in lines), Decimal(0))
    told += notices.of_receipt(match=match, receipt=receipt, net_kg=net_kg, acting=acting)
    notify(notices=told, now=now)
