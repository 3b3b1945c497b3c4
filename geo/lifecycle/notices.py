"""What people are told of likes and matches. Whoever acted sees it on the socket, and gets no push."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from geo.materials.hazard import safety_card_for
from geo.models import Match, Pickup, Swipe
from notifications.services.notify import Notice
from notifications.services.withdrawal import withdraw

ENDS = ("match.released", "handover.no_show")


def of_like(*, pickup: Pickup, like: Swipe) -> list[Notice]:
    """`pickup.liked`, to the resident who chooses."""
    data = {"pickup": str(pickup.pk), "like": str(like.pk), "title": pickup.title}
    key, by = f"pickup:{pickup.pk}", like.collector_id
    return [Notice(user_id=pickup.resident_id, event="pickup.liked", data=data, push=True, collapse_key=key, by=by)]


def take_back_like_notice(*, pickup: Pickup, like_id: uuid.UUID, now: datetime) -> None:
    """The resident need not hear any more of a like that has been withdrawn or answered."""
    if pickup.choose == Pickup.Choose.RESIDENT:
        withdraw(user_ids=[pickup.resident_id], events=["pickup.liked"], about={"like": str(like_id)}, now=now)


def take_back_pickup_notices(*, pickup: Pickup, events: Sequence[str], now: datetime) -> None:
    """The resident need not hear any more of what she has settled herself."""
    withdraw(user_ids=[pickup.resident_id], events=events, about={"pickup": str(pickup.pk)}, now=now)


def of_decline(*, pickup: Pickup, collector_id: uuid.UUID) -> list[Notice]:
    """`like.declined`, to the collector."""
    data = {"pickup": str(pickup.pk), "title": pickup.title}
    return [Notice(user_id=collector_id, event="like.declined", data=data, push=True)]


def of_new_match(*, match: Match, acting: uuid.UUID) -> list[Notice]:
    """`match.made`, to both."""
    data = {"match": str(match.pk), "pickup": str(match.pickup_id), "conversation": str(match.conversation_id)}
    return safety_card_for(match) + to_both(match, "match.made", data | {"title": match.pickup.title}, acting)


def of_release(*, match: Match, acting: uuid.UUID) -> list[Notice]:
    """`match.released`, to both."""
    data = {"match": str(match.pk), "pickup": str(match.pickup_id), "title": match.pickup.title}
    return to_both(match, "match.released", data | {"reason": match.release_reason}, acting)


def of_close(*, pickup: Pickup, collector_ids: Iterable[uuid.UUID], reason: str) -> list[Notice]:
    """`pickup.closed`, to everybody who still waited."""
    data = {"pickup": str(pickup.pk), "title": pickup.title, "reason": reason}
    return [Notice(user_id=user_id, event="pickup.closed", data=data, push=True) for user_id in collector_ids]


def of_expiry(*, pickup: Pickup) -> list[Notice]:
    """`pickup.expired`, to the resident."""
    data = {"pickup": str(pickup.pk), "title": pickup.title}
    return [Notice(user_id=pickup.resident_id, event="pickup.expired", data=data, push=True)]


def of_rating(*, match: Match, rater_id: uuid.UUID, rated_id: uuid.UUID) -> list[Notice]:
    """`match.rated`, to the other one; how many stars stays untold."""
    data = {"match": str(match.pk), "pickup": str(match.pickup_id), "title": match.pickup.title}
    return [Notice(user_id=rated_id, event="match.rated", data=data, push=True, by=rater_id)]


def to_both(match: Match, event: str, data: Mapping[str, object], acting: uuid.UUID | None) -> list[Notice]:
    """The same event for both of a match, pushed to whoever did not act."""
    # A newer proposal or weigh-in makes the older push pointless; a match or a receipt is never replaced.
    key = f"handover:{match.pk}" if event.startswith("handover.") else ""
    sides = (match.pickup.resident_id, match.collector_id)
    # By it, chat about a handover today comes through quiet hours.
    data = {**data, "conversation": str(match.conversation_id)}
    return [
        Notice(
            user_id=user_id,
            event=event,
            data=data,
            push=user_id != acting,
            collapse_key=key,
            # Nothing is pushed from somebody blocked, but that nobody comes any more: it saves a wasted trip. It is
            # always from the other side: a runner-up's match is made by a release that he has nothing to do with.
            by=None if event in ENDS else other_id,
        )
        for user_id, other_id in zip(sides, reversed(sides), strict=True)
    ]


def spelled(at: datetime) -> str:
    """A time as events have it: RFC 3339, in UTC."""
    return at.isoformat().replace("+00:00", "Z")
