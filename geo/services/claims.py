"""The plain claim: the first like of an open first-come pickup, where nothing stands in the way.

It is what most likes are, so it costs one round trip to PostgreSQL, and Redis is told without waiting. What it does is
in migration 0021; `geo.services.swipes` does the same in small steps, and whatever is not plain.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from redis import RedisError

from backend.shared.held import words_of_going
from backend.shared.ids import new_id
from backend.shared.prepared import fetch_prepared
from backend.shared.realtime import words_of
from backend.shared.redis import tell
from geo.errors import PickupTaken
from geo.models import Match, Swipe
from geo.services.codes import draw_code, draw_secret
from geo.services.transitions import frame_of_gone
from notifications.frames import nudge_of
from notifications.kinds import kind_of
from notifications.models import Event

log = structlog.get_logger(__name__)
_MADE = "match.made"
_CLAIM = """
    SELECT resident_id, resident_seq, collector_seq, title, queue_number, revision FROM claim_pickup(
        %(pickup)s, %(collector)s, %(now)s, %(due_at)s, %(matches_max)s::int, %(like)s, %(match)s, %(conversation)s,
        %(code)s, %(secret)s, %(overtakes)s::text[], %(is_urgent)s)
"""


def claim_if_plain(*, collector_id: uuid.UUID, pickup_id: uuid.UUID, now: datetime) -> tuple[Swipe, Match] | None:
    """The like and the match it became, all told; None, with nothing changed, where it takes more than that.

    It takes more where the pickup is not to be had at once, is hazardous, or was swiped by this collector before, where
    he gave one back within a day, and for every refusal. A transaction of its own, or part of the caller's. Raises
    PickupTaken.
    """
    made = {"like": new_id(), "match": new_id(), "conversation": new_id()}
    try:
        rows = fetch_prepared(_CLAIM, made | _values(collector_id, pickup_id, now))
    except IntegrityError as error:
        # The index decided against us, so somebody wrote without the pickup's lock.
        raise PickupTaken from error
    if not rows:
        return None
    resident_id, *seqs, title, queue_number, revision = rows[0]
    like = Swipe(
        id=made["like"],
        pickup_id=pickup_id,
        collector_id=collector_id,
        direction=Swipe.Direction.LIKE,
        like_state=Swipe.LikeState.MATCHED,
        queue_number=queue_number,
        pickup_revision=revision,
        swiped_at=now,
    )
    match = Match(
        id=made["match"],
        pickup_id=pickup_id,
        collector_id=collector_id,
        conversation_id=made["conversation"],
        created_at=now,
    )
    like._state.adding = match._state.adding = False
    people = zip((resident_id, collector_id), seqs, strict=True)
    events = [_event(user_id, seq, match, title) for user_id, seq in people]
    transaction.on_commit(lambda: _tell(match, events), robust=True)
    return like, match


def _values(collector_id: uuid.UUID, pickup_id: uuid.UUID, now: datetime) -> dict[str, object]:
    kind = kind_of(_MADE)
    return {
        "collector": collector_id,
        "pickup": pickup_id,
        "now": now,
        "due_at": now + timedelta(seconds=settings.PUSH_WAIT_S),
        "matches_max": settings.MATCHES_ACTIVE_MAX,
        "code": draw_code(),
        "secret": draw_secret(),
        "overtakes": list(kind.overtakes),
        "is_urgent": kind.is_urgent,
    }


def _event(user_id: uuid.UUID, seq: int, match: Match, title: str) -> Event:
    """As it was written, for its nudge."""
    ids = {"match": match.pk, "pickup": match.pickup_id, "conversation": match.conversation_id}
    data = {name: str(its_id) for name, its_id in ids.items()}
    return Event(user_id=user_id, seq=seq, name=_MADE, data=data | {"title": title}, created_at=match.created_at)


def _tell(match: Match, events: Sequence[Event]) -> None:
    gone = frame_of_gone(pickup_id=match.pickup_id, reason="taken")
    words = words_of_going(thing=str(match.pickup_id), frame=gone, but=match.collector_id)
    try:
        tell(*words, *words_of([(event.user_id, nudge_of(event)) for event in events]))
    except (RedisError, OSError) as error:
        log.warning("nudges_lost", count=len(events) + 1, reason=type(error).__name__)
