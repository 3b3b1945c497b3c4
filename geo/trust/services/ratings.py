"""Rating each other after a handover."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.db import transaction

from backend.accounts.models import User
from backend.core.db.constraints import translate_constraint
from geo.errors import AlreadyRated, MatchNotCompleted, RatingTooLate
from geo.lifecycle import notices
from geo.lifecycle.matches import get_match_for, rate_until
from geo.models import Match, Rating
from notifications.services.notify import notify


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


def _count(user_id: uuid.UUID, stars: int) -> None:
    """Store the average on the user, where decks and lists read it without a join."""
    person = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user_id)
    person.rating_sum += stars
    person.rating_count += 1
    person.rating = average_shown(person.rating_sum, person.rating_count)
    person.save(update_fields=["rating_sum", "rating_count", "rating"])


def average_shown(stars: int, count: int) -> Decimal | None:
    """Rounded half up to one decimal; None until there are enough ratings to hide each single one."""
    if count < settings.RATINGS_SHOWN_FROM:
        return None
    return (Decimal(stars) / count).quantize(Decimal("0.1"), ROUND_HALF_UP)
