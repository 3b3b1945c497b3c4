"""Reading the swipes of a collector."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DEFAULT_DB_ALIAS

from backend.accounts.selectors.people import ids_blocked_with
from backend.core.db.prepared import fetch_prepared
from backend.core.errors import NotFound
from geo.models import Pickup, Swipe

A_DAY = timedelta(days=1)
_SWIPE_FIELDS = tuple(field.attname for field in Swipe._meta.concrete_fields)
_FACTS = f"""
    SELECT EXISTS (SELECT FROM accounts_block WHERE blocker_id = %(resident)s AND blocked_id = %(collector)s
                   UNION ALL SELECT FROM accounts_block WHERE blocker_id = %(collector)s AND blocked_id = %(resident)s),
           (SELECT count(*) FROM geo_match WHERE geo_match.collector_id = %(collector)s AND status = 'active'),
           (SELECT count(*) FROM geo_match WHERE released_by_id = %(collector)s AND status = 'released'
               AND geo_match.collector_id = %(collector)s AND ended_at > %(since)s),
           (SELECT paused_until FROM accounts_user WHERE accounts_user.id = %(collector)s),
           {", ".join(f"geo_swipe.{name}" for name in _SWIPE_FIELDS)}
    FROM (VALUES (true)) AS once LEFT JOIN geo_swipe ON collector_id = %(collector)s AND pickup_id = %(pickup)s
"""  # noqa: S608 - names of columns only


@dataclass(frozen=True)
class SwipeFacts:
    """What a swipe of one collector on one pickup depends on, beside the pickup itself.

    `swipe` is the collector's earlier swipe. `is_blocked`: the collector and the resident have a block between them.
    `given_back` counts the matches that the collector released within a day.
    """

    swipe: Swipe | None
    is_blocked: bool
    active_matches: int
    given_back: int
    paused_until: datetime | None


def swipe_facts_of(*, collector_id: uuid.UUID, pickup: Pickup, now: datetime) -> SwipeFacts:
    """Read them all by one prepared statement."""
    values = {"collector": collector_id, "pickup": pickup.pk, "resident": pickup.resident_id, "since": now - A_DAY}
    [(is_blocked, matches, given_back, paused_until, *row)] = fetch_prepared(_FACTS, values)
    swipe = Swipe.from_db(DEFAULT_DB_ALIAS, _SWIPE_FIELDS, row) if row[0] else None
    return SwipeFacts(swipe, is_blocked, matches, given_back, paused_until)


def get_swipe_of(*, collector_id: uuid.UUID, pickup_id: uuid.UUID) -> Swipe:
    """The collector's swipe, with its pickup. Raises NotFound if there is none or the two have blocked each other."""
    mine = Swipe.objects.select_related("pickup").filter(collector_id=collector_id, pickup_id=pickup_id)
    swipe = mine.exclude(pickup__resident_id__in=ids_blocked_with(collector_id)).first()
    if swipe is None:
        raise NotFound
    return swipe


def count_waiting_likes_of(collector_id: uuid.UUID) -> int:
    """How many likes of a collector wait for an answer, not counting those where a block stands in between."""
    waiting = Swipe.objects.filter(collector_id=collector_id, like_state=Swipe.LikeState.WAITING)
    return waiting.exclude(pickup__resident_id__in=ids_blocked_with(collector_id)).count()
