"""The plain claim: the first like of an open first-come pickup, where nothing stands in the way.

It is what most likes are. Those that come at the same moment are made by one statement, which is a transaction by
itself, and Redis is told without waiting. What it does is in migration 0025; `geo.services.swipes` does the same in
small steps, and whatever is not plain.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from redis import RedisError

from backend.shared.held import words_of_going
from backend.shared.ids import new_id
from backend.shared.prepared import Question, Rows, array_of, fetch_prepared
from backend.shared.realtime import words_of
from backend.shared.redis import Say, tell
from geo.errors import PickupTaken
from geo.models import Match, Swipe
from geo.services.codes import draw_code, draw_secret
from geo.services.transitions import frame_of_gone
from notifications.frames import nudge
from notifications.kinds import kind_of

log = structlog.get_logger(__name__)
_MADE = "match.made"
_CLAIM = """
    SELECT place, resident_id, resident_seq, collector_seq, title, queue_number, revision, locale FROM claim_pickups(
        %(pickups)s::uuid[], %(collectors)s::uuid[], %(digests)s::text[], %(now)s, %(due_at)s, %(matches_max)s::int,
        %(likes)s::uuid[], %(matches)s::uuid[], %(conversations)s::uuid[], %(codes)s::text[], %(secrets)s::text[],
        %(overtakes)s::text[], %(is_urgent)s)
"""


@dataclass(frozen=True, kw_only=True, eq=False)
class Claim:
    """Who wants which pickup. With the digest of a token it is made only if that lets him in."""

    collector_id: uuid.UUID
    pickup_id: uuid.UUID
    digest: str | None = None
    like_id: uuid.UUID = field(default_factory=new_id)
    match_id: uuid.UUID = field(default_factory=new_id)
    conversation_id: uuid.UUID = field(default_factory=new_id)


@dataclass(frozen=True)
class Claimed:
    """A claim that was made, with the numbers by which both people are told; `locale` is the collector's language."""

    claim: Claim
    now: datetime
    resident_id: uuid.UUID
    resident_seq: int
    collector_seq: int
    title: str
    queue_number: int
    revision: int
    locale: str

    @property
    def like(self) -> Swipe:
        """As it was stored."""
        like = Swipe(
            id=self.claim.like_id,
            pickup_id=self.claim.pickup_id,
            collector_id=self.claim.collector_id,
            direction=Swipe.Direction.LIKE,
            like_state=Swipe.LikeState.MATCHED,
            queue_number=self.queue_number,
            pickup_revision=self.revision,
            swiped_at=self.now,
        )
        like._state.adding = False
        return like

    @property
    def match(self) -> Match:
        """As it was stored."""
        match = Match(
            id=self.claim.match_id,
            pickup_id=self.claim.pickup_id,
            collector_id=self.claim.collector_id,
            conversation_id=self.claim.conversation_id,
            created_at=self.now,
        )
        match._state.adding = False
        return match

    def tell(self, say: Say) -> None:
        """Once it is committed: both, and everybody whose app shows the pickup."""
        claim = self.claim
        gone = frame_of_gone(pickup_id=claim.pickup_id, reason="taken")
        words = words_of_going(thing=str(claim.pickup_id), frame=gone, but=claim.collector_id)
        told = ((self.resident_id, self.resident_seq), (claim.collector_id, self.collector_seq))
        frames = [(user_id, nudge(seq=seq, name=_MADE, data=self._data, at=self.now)) for user_id, seq in told]
        try:
            say(*words, *words_of(frames))
        except (RedisError, OSError) as error:
            log.warning("nudges_lost", count=len(frames) + 1, reason=type(error).__name__)

    @property
    def _data(self) -> Mapping[str, str]:
        """Of the event, as it was written."""
        claim = self.claim
        ids = {"match": claim.match_id, "pickup": claim.pickup_id, "conversation": claim.conversation_id}
        return {name: str(its_id) for name, its_id in ids.items()} | {"title": self.title}


def asking_for(claims: Sequence[Claim], *, now: datetime) -> Question:
    """The statement that makes what can be made of some claims, each or not by itself; for `claimed_of`.

    It leaves out what takes more: where the pickup is not to be had at once, somebody holds it or the collector's
    profile, it is hazardous, it was swiped by this collector before, he gave one back within a day; and every refusal.
    Raises IntegrityError, and makes none, where somebody wrote without a pickup's lock.
    """
    kind = kind_of(_MADE)
    return _CLAIM, {
        "pickups": array_of(claim.pickup_id for claim in claims),
        "collectors": array_of(claim.collector_id for claim in claims),
        "digests": array_of(claim.digest for claim in claims) if claims[0].digest else None,
        "now": now,
        "due_at": now + timedelta(seconds=settings.PUSH_WAIT_S),
        "matches_max": settings.MATCHES_ACTIVE_MAX,
        "likes": array_of(claim.like_id for claim in claims),
        "matches": array_of(claim.match_id for claim in claims),
        "conversations": array_of(claim.conversation_id for claim in claims),
        "codes": array_of(draw_code() for _ in claims),
        "secrets": array_of(draw_secret() for _ in claims),
        "overtakes": array_of(kind.overtakes),
        "is_urgent": kind.is_urgent,
    }


def claimed_of(claims: Sequence[Claim], rows: Rows, *, now: datetime) -> dict[Claim, Claimed]:
    """Those that were made, of what the statement answers."""
    return {claims[place - 1]: Claimed(claims[place - 1], now, *made) for place, *made in rows}


def claim_if_plain(*, collector_id: uuid.UUID, pickup_id: uuid.UUID, now: datetime) -> tuple[Swipe, Match] | None:
    """The like and the match it became, all told; None, with nothing changed, where it takes more than that.

    A transaction of its own, or part of the caller's. Raises PickupTaken.
    """
    claim = Claim(collector_id=collector_id, pickup_id=pickup_id)
    try:
        made = claimed_of([claim], fetch_prepared(*asking_for([claim], now=now)), now=now)
    except IntegrityError as error:
        # The index decided against us, so somebody wrote without the pickup's lock.
        raise PickupTaken from error
    claimed = made.get(claim)
    if claimed is None:
        return None
    transaction.on_commit(lambda: claimed.tell(tell), robust=True)
    return claimed.like, claimed.match
