"""Reading swipes and the queue of likes behind a pickup."""

import uuid

from django.db.models import QuerySet

from backend.shared.errors import NotFound
from geo.models import Swipe
from geo.selectors.blocks import ids_blocked_with


def swipe_of(*, collector_id: uuid.UUID, pickup_id: uuid.UUID) -> Swipe | None:
    """What a collector said about a pickup, if anything."""
    return Swipe.objects.filter(collector_id=collector_id, pickup_id=pickup_id).first()


def get_swipe_of(*, collector_id: uuid.UUID, pickup_id: uuid.UUID) -> Swipe:
    """What a collector said about a pickup, which comes along. Raises NotFound if he said nothing, or is blocked."""
    mine = Swipe.objects.select_related("pickup").filter(collector_id=collector_id, pickup_id=pickup_id)
    swipe = mine.exclude(pickup__resident_id__in=ids_blocked_with(collector_id)).first()
    if swipe is None:
        raise NotFound
    return swipe


def waiting_likes(pickup_id: uuid.UUID) -> QuerySet[Swipe]:
    """Likes that wait for a pickup, first come first."""
    waiting = Swipe.objects.filter(pickup_id=pickup_id, like_state=Swipe.LikeState.WAITING)
    return waiting.order_by("queue_number")


def queued_likes(pickup_id: uuid.UUID) -> QuerySet[Swipe]:
    """Likes that wait for a pickup or are asked at present, first come first."""
    return Swipe.objects.filter(pickup_id=pickup_id, like_state__in=Swipe.QUEUED).order_by("queue_number")


def queue_position(like: Swipe) -> int:
    """The place of a like in the queue, counted from 1."""
    return queued_likes(like.pickup_id).filter(queue_number__lte=like.queue_number).count()


def count_waiting_likes_of(collector_id: uuid.UUID) -> int:
    """How many likes of a collector wait for an answer, but of people he must not meet: there it waits in vain."""
    waiting = Swipe.objects.filter(collector_id=collector_id, like_state=Swipe.LikeState.WAITING)
    return waiting.exclude(pickup__resident_id__in=ids_blocked_with(collector_id)).count()
