"""Rating each other after a handover, and penalties for leaving others waiting.

The first time has no penalty, a pattern gets a warning, and a pattern after a warning a pause. A pattern is a number of
days of the city's calendar, so that one bad day counts once, in two or more weeks.
"""

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import structlog
from django.conf import settings
from django.db import transaction

from backend.accounts.models import User
from backend.core.clock import city_zone
from backend.core.db.constraints import translate_constraint
from geo.errors import AlreadyRated, MatchNotCompleted, RatingTooLate
from geo.lifecycle import notices
from geo.lifecycle.matches import get_match_for, rate_until
from geo.models import Match, Penalty, Rating
from geo.trust.selectors import strike_moments_of, strikes_since
from notifications.services.notify import Notice, notify

log = structlog.get_logger(__name__)
Kind = Penalty.Kind
# How far back a review looks for users to review; it runs far more often.
LOOK_BACK = timedelta(days=2)


@transaction.atomic
def rate_match(
    *, user_id: uuid.UUID, match_id: uuid.UUID, stars: int, reasons: Sequence[str] = (), text: str = "", now: datetime
) -> Rating:
    """Rate the other party of a completed match, once, with 1 to 5 stars. A completed match does not change: no lock.

    Locks the rated user, then (by the trigger on `rating`) the user's current pickups, then the counters of `notify`.
    No transaction locks a user while it holds a pickup. Raises NotFound for strangers, MatchNotCompleted,
    RatingTooLate, AlreadyRated.
    """
    match = get_match_for(match_id=match_id, user_id=user_id)
    until = rate_until(match)
    if until is None:
        raise MatchNotCompleted
    if now > until:
        raise RatingTooLate(days=settings.RATING_DAYS)
    other = match.collector_id if user_id == match.pickup.resident_id else match.pickup.resident_id
    rating = _write(match, user_id, other, stars=stars, reasons=list(dict.fromkeys(reasons)), text=text, created_at=now)
    _count(other, stars)
    notify(notices=notices.of_rating(match=match, rater_id=user_id, rated_id=other), now=now)
    return rating


def _write(match: Match, rater_id: uuid.UUID, rated_id: uuid.UUID, **fields: object) -> Rating:
    with translate_constraint({"one_rating_by_each": AlreadyRated}), transaction.atomic():
        return Rating.objects.create(match=match, rater_id=rater_id, rated_id=rated_id, **fields)


@transaction.atomic
def withdraw_rating(*, rating_id: uuid.UUID, now: datetime) -> None:
    """Let a rating count no more, as moderators decide. Idempotent."""
    for rating in Rating.objects.filter(pk=rating_id, withdrawn_at=None):
        if Rating.objects.filter(pk=rating_id, withdrawn_at=None).update(withdrawn_at=now):
            _count(rating.rated_id, -rating.stars, ratings=-1)


@transaction.atomic
def count_rating_again(*, rating_id: uuid.UUID) -> None:
    """Let a withdrawn rating count again. Idempotent."""
    for rating in Rating.objects.filter(pk=rating_id).exclude(withdrawn_at=None):
        if Rating.objects.filter(pk=rating_id).exclude(withdrawn_at=None).update(withdrawn_at=None):
            _count(rating.rated_id, rating.stars)


def _count(user_id: uuid.UUID, stars: int, *, ratings: int = 1) -> None:
    """Store the average on the user, where decks and lists read it without a join."""
    person = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user_id)
    person.rating_sum += stars
    person.rating_count += ratings
    person.rating = average_shown(person.rating_sum, person.rating_count)
    person.save(update_fields=["rating_sum", "rating_count", "rating"])


def average_shown(stars: int, count: int) -> Decimal | None:
    """Rounded half up to one decimal; None until there are enough ratings to hide each single one."""
    if count < settings.RATINGS_SHOWN_FROM:
        return None
    return (Decimal(stars) / count).quantize(Decimal("0.1"), ROUND_HALF_UP)


def review_all(*, now: datetime) -> int:
    """Review everybody who left somebody waiting recently, each in a transaction; returns the number of penalties."""
    matches = strikes_since(now - LOOK_BACK).values_list("no_show_by_id", "released_by_id")
    people = {no_show_by or released_by for no_show_by, released_by in matches}
    return sum(_review(user_id, now) for user_id in sorted(person for person in people if person))


def _review(user_id: uuid.UUID, now: datetime) -> bool:
    try:
        return review_standing(user_id=user_id, now=now) is not None
    except Exception:
        log.exception("review_failed", user=str(user_id))
        return False


@transaction.atomic
def review_standing(*, user_id: uuid.UUID, now: datetime) -> Penalty | None:
    """Warn or pause one user if their pattern requires it. Without a new strike it does nothing."""
    person = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user_id)
    if person.is_paused_at(now):
        return None
    moments = strike_moments_of(user_id, since=counts_since(person, now))
    days = sorted({moment.astimezone(city_zone()).date() for moment in moments})
    kind = _kind_due(days, is_warned=person.warned_at is not None, is_new=_is_new(person, moments))
    return _impose(person, kind, strikes=len(days), now=now) if kind else None


@transaction.atomic
def lift_pause(*, penalty_id: uuid.UUID, now: datetime) -> bool:
    """End a pause early; later strikes count from now. False if it has ended already."""
    penalty = Penalty.objects.select_for_update(of=("self",), no_key=True).get(pk=penalty_id)
    if penalty.kind != Kind.PAUSE or penalty.lifted_at or (penalty.until and penalty.until <= now):
        return False
    penalty.lifted_at = now
    penalty.save(update_fields=["lifted_at"])
    User.objects.filter(pk=penalty.user_id).update(paused_until=now, warned_at=None)
    notify(notices=[Notice(user_id=penalty.user_id, event="standing.lifted", push=True)], now=now)
    return True


def counts_since(person: User, now: datetime) -> datetime:
    """Strikes before a pause ended no longer count."""
    since = now - timedelta(days=settings.STRIKE_DAYS)
    return max(since, person.paused_until) if person.paused_until else since


def _is_new(person: User, moments: list[datetime]) -> bool:
    """Whether a strike is newer than the warning: nobody is paused for what they were warned of."""
    return bool(moments) and (person.warned_at is None or moments[-1] > person.warned_at)


def _kind_due(days: list[date], *, is_warned: bool, is_new: bool) -> Penalty.Kind | None:
    weeks = {day.isocalendar()[:2] for day in days}
    if not is_new or len(weeks) < settings.STRIKE_WEEKS_MIN:
        return None
    if is_warned:
        return Kind.PAUSE if len(days) >= settings.STRIKES_TO_PAUSE else None
    return Kind.WARNING if len(days) >= settings.STRIKES_TO_WARN else None


def _impose(person: User, kind: Penalty.Kind, *, strikes: int, now: datetime) -> Penalty:
    until = now + timedelta(days=settings.PAUSE_DAYS) if kind == Kind.PAUSE else None
    penalty = Penalty.objects.create(user=person, kind=kind, strikes=strikes, created_at=now, until=until)
    # A pause clears the warning: afterwards the count starts over.
    person.warned_at, person.paused_until = (None, until) if until else (now, person.paused_until)
    person.save(update_fields=["warned_at", "paused_until"])
    notify(notices=[_notice(person, strikes, until)], now=now)
    return penalty


def _notice(person: User, strikes: int, until: datetime | None) -> Notice:
    data: dict[str, object] = {"strikes": strikes}
    if until is None:
        return Notice(user_id=person.pk, event="standing.warned", data=data, push=True)
    data["until"] = until.isoformat().replace("+00:00", "Z")
    return Notice(user_id=person.pk, event="standing.paused", data=data, push=True)
