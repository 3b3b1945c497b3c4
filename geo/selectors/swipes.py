"""Reading swipes and the queue of likes behind a pickup."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from backend.shared.errors import NotFound
from backend.shared.prepared import fetch_prepared
from backend.shared.rows import columns_of, names_of, row_from
from geo.models import Pickup, Swipe
from geo.selectors.blocks import ids_blocked_with

A_DAY = timedelta(days=1)
_STANDING = f"""
    SELECT EXISTS (SELECT FROM accounts_block WHERE blocker_id = %(resident)s AND blocked_id = %(collector)s
                   UNION ALL SELECT FROM accounts_block WHERE blocker_id = %(collector)s AND blocked_id = %(resident)s),
           (SELECT count(*) FROM geo_match WHERE geo_match.collector_id = %(collector)s AND status = 'active'),
           (SELECT count(*) FROM geo_match WHERE released_by_id = %(collector)s AND status = 'released'
               AND geo_match.collector_id = %(collector)s AND ended_at > %(since)s),
           (SELECT paused_until FROM accounts_user WHERE accounts_user.id = %(collector)s),
           {columns_of(Swipe)}
    FROM (VALUES (true)) AS once LEFT JOIN geo_swipe ON collector_id = %(collector)s AND pickup_id = %(pickup)s
"""  # noqa: S608 - names of columns only


@dataclass(frozen=True)
class Standing:
    """What a collector said about a pickup, whether he and its resident must not meet, and what he may at present.

    `given_back` are the matches that he released within a day.
    """

    swipe: Swipe | None
    is_blocked: bool
    active_matches: int
    given_back: int
    paused_until: datetime | None


def standing_of(*, collector_id: uuid.UUID, pickup: Pickup, now: datetime) -> Standing:
    """How a collector stands to a pickup, in one query."""
    values = {"collector": collector_id, "pickup": pickup.pk, "resident": pickup.resident_id, "since": now - A_DAY}
    [(is_blocked, matches, given_back, paused_until, *row)] = fetch_prepared(_STANDING, values)
    swipe = row_from(Swipe, names_of(Swipe), row) if row[0] else None
    return Standing(swipe, is_blocked, matches, given_back, paused_until)


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
