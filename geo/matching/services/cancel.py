"""A resident takes a pickup back."""

import uuid
from datetime import datetime

from django.db import transaction

from geo.errors import PickupClosed
from geo.lifecycle import notices
from geo.lifecycle.locks import lock_match_under_pickup_lock, lock_own_pickup
from geo.lifecycle.matches import live_match_of
from geo.lifecycle.notices import notify_parties
from geo.lifecycle.transitions import close_waiting_likes, move_pickup, release_under_pickup_lock
from geo.models import Match, Pickup
from notifications.services.notify import notify


@transaction.atomic
def cancel_pickup(*, resident_id: uuid.UUID, pickup_id: uuid.UUID, now: datetime) -> Pickup:
    """Cancel an open or matched pickup: its match is released, and all who waited are told.

    Cancelling twice changes nothing. Raises NotFound for strangers, PickupClosed after handover or expiry.
    """
    pickup = lock_own_pickup(pickup_id=pickup_id, resident_id=resident_id)
    if pickup.status == Pickup.Status.CANCELLED:
        return pickup
    if not pickup.may_become(Pickup.Status.CANCELLED):
        raise PickupClosed
    match = _release_live_match(pickup, now)
    move_pickup(pickup=pickup, status=Pickup.Status.CANCELLED, now=now)
    others = close_waiting_likes(pickup=pickup, reason="cancelled")
    if match is None:
        notify(notices=others, now=now)
    else:
        told = notices.of_release(match=match, acting=resident_id)
        notify_parties(match=match, card="released", notices=told, others=others, by=resident_id, now=now)
    notices.withdraw_pickup_notices(pickup=pickup, events=("pickup.liked", "pickup.expiring"), now=now)
    return pickup


def _release_live_match(pickup: Pickup, now: datetime) -> Match | None:
    live = live_match_of(pickup.pk)
    if live is None:
        return None
    match = lock_match_under_pickup_lock(match_id=live.pk, pickup=pickup)
    release_under_pickup_lock(match=match, by=pickup.resident_id, reason=Match.ReleaseReason.CANCELLED, now=now)
    return match
