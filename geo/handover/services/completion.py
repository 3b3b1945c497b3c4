"""The end of a handover that both agree on: a receipt, and a word to all who waited."""

import uuid
from datetime import datetime
from decimal import Decimal

from geo.handover.services import notices
from geo.handover.services.receipts import issue_receipt
from geo.lifecycle.notices import tell_parties
from geo.lifecycle.queue import close_waiting_likes
from geo.lifecycle.transitions import end_match, move_pickup
from geo.models import Match, Pickup


def complete(*, match: Match, acting: uuid.UUID, now: datetime) -> None:
    """Complete a locked match that both have confirmed, as the last thing of the caller's transaction."""
    end_match(match=match, status=Match.Status.COMPLETED, now=now)
    move_pickup(pickup=match.pickup, status=Pickup.Status.HANDED_OVER, now=now)
    others = close_waiting_likes(pickup=match.pickup, reason="handed_over")
    receipt, lines = issue_receipt(match=match, now=now)
    net_kg = sum((line.net_kg for line in lines), Decimal(0))
    told = notices.of_receipt(match=match, receipt=receipt, net_kg=net_kg, acting=acting)
    tell_parties(match=match, card="receipt", notices=told, others=others, by=None, now=now)
