"""The notices about likes and matches. The user who acted sees the event on the socket and gets no push."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from chat.services.messages import post_card
from geo.materials.safety import post_safety_card
from geo.models import Match, Pickup, Swipe
from notifications.services.notify import Notice, notify, withdraw_events

ENDS = ("match.released", "handover.no_show")


def of_like(*, pickup: Pickup, like: Swipe) -> list[Notice]:
    """`pickup.liked`, to the resident who chooses."""
    data = {"pickup": str(pickup.pk), "like": str(like.pk), "title": pickup.title}
    key, by = f"pickup:{pickup.pk}", like.collector_id
    return [Notice(user_id=pickup.resident_id, event="pickup.liked", data=data, push=True, collapse_key=key, by=by)]


def withdraw_like_notice(*, pickup: Pickup, like_id: uuid.UUID, now: datetime) -> None:
    """Withdraw the resident's notice of a like that was withdrawn or answered."""
    if pickup.choose == Pickup.Choose.RESIDENT:
        withdraw_events(user_ids=[pickup.resident_id], events=["pickup.liked"], about={"like": str(like_id)}, now=now)


def withdraw_pickup_notices(*, pickup: Pickup, events: Sequence[str], now: datetime) -> None:
    """Withdraw the resident's notices about a pickup that they have dealt with."""
    withdraw_events(user_ids=[pickup.resident_id], events=events, about={"pickup": str(pickup.pk)}, now=now)


def of_decline(*, pickup: Pickup, collector_id: uuid.UUID) -> list[Notice]:
    """`like.declined`, to the collector."""
    data = {"pickup": str(pickup.pk), "title": pickup.title}
    return [Notice(user_id=collector_id, event="like.declined", data=data, push=True)]


def of_new_match(*, match: Match, acting: uuid.UUID) -> list[Notice]:
    """`match.made`, to both."""
    data = {"match": str(match.pk), "pickup": str(match.pickup_id), "conversation": str(match.conversation_id)}
    return post_safety_card(match) + to_both(match, "match.made", data | {"title": match.pickup.title}, acting)


def of_release(*, match: Match, acting: uuid.UUID) -> list[Notice]:
    """`match.released`, to both."""
    data = {"match": str(match.pk), "pickup": str(match.pickup_id), "title": match.pickup.title}
    return to_both(match, "match.released", data | {"reason": match.release_reason}, acting)


def of_close(*, pickup: Pickup, collector_ids: Iterable[uuid.UUID], reason: str) -> list[Notice]:
    """`pickup.closed`, to each collector in the queue."""
    data = {"pickup": str(pickup.pk), "title": pickup.title, "reason": reason}
    return [Notice(user_id=user_id, event="pickup.closed", data=data, push=True) for user_id in collector_ids]


def to_each(
    collector_ids: Iterable[uuid.UUID],
    *,
    event: str,
    pickup: Pickup,
    data: Mapping[str, object] | None = None,
    collapse_key: str = "",
) -> list[Notice]:
    """The same event about a pickup for each collector, with a push; `data` is added to the pickup's id and title."""
    data, by = {"pickup": str(pickup.pk), "title": pickup.title} | dict(data or {}), pickup.resident_id
    return [
        Notice(user_id=user_id, event=event, data=data, push=True, collapse_key=collapse_key, by=by)
        for user_id in collector_ids
    ]


def of_expiry(*, pickup: Pickup) -> list[Notice]:
    """`pickup.expired`, to the resident."""
    data = {"pickup": str(pickup.pk), "title": pickup.title}
    return [Notice(user_id=pickup.resident_id, event="pickup.expired", data=data, push=True)]


def of_rating(*, match: Match, rater_id: uuid.UUID, rated_id: uuid.UUID) -> list[Notice]:
    """`match.rated`, to the rated person, without the stars."""
    data = {"match": str(match.pk), "pickup": str(match.pickup_id), "title": match.pickup.title}
    return [Notice(user_id=rated_id, event="match.rated", data=data, push=True, by=rater_id)]


def to_both(match: Match, event: str, data: Mapping[str, object], acting: uuid.UUID | None) -> list[Notice]:
    """The same event for both parties of a match, with a push to the one who did not act."""
    # A newer proposal or weigh-in makes the older push pointless; a match or a receipt is never replaced.
    key = f"handover:{match.pk}" if event.startswith("handover.") else ""
    sides = (match.pickup.resident_id, match.collector_id)
    # The conversation lets chat about a handover today through quiet hours.
    data = {**data, "conversation": str(match.conversation_id)}
    return [
        Notice(
            user_id=user_id,
            event=event,
            data=data,
            push=user_id != acting,
            collapse_key=key,
            # A block holds back pushes by the blocked person, except that a match has ended: it saves a wasted trip.
            # `by` is the other party even where a third person acted, as when a release promotes a runner-up.
            by=None if event in ENDS else other_id,
        )
        for user_id, other_id in zip(sides, reversed(sides), strict=True)
    ]


def notify_parties(
    *,
    match: Match,
    card: str,
    notices: Sequence[Notice],
    others: Sequence[Notice] = (),
    by: uuid.UUID | None,
    now: datetime,
) -> None:
    """Post a card in the conversation of a match, with the data of `notices`, and send `notices` and `others`.

    Call it last in a transaction: it locks the conversation, and then the event counters of `notify`.
    """
    # The conversation has the title; a copy in each card would outlive the resident's account.
    data = {name: value for name, value in notices[0].data.items() if name != "title"}
    posted = post_card(conversation_id=match.conversation_id, card=card, data=data, by=by, now=now)
    notify(notices=[*posted, *notices, *others], now=now)


def format_utc(at: datetime) -> str:
    """A time as events show it: RFC 3339 in UTC."""
    return at.isoformat().replace("+00:00", "Z")
