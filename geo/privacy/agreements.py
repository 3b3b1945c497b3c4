"""What becomes of agreements when a user blocks another, is suspended or restored, and what outlives an erasure."""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from backend.accounts.models import User
from backend.accounts.registry import erase_section
from chat.services.deletion import delete_locations_in
from geo.lifecycle.notices import format_utc
from geo.matching.selectors import A_DAY
from geo.matching.services.matches import excuse_match, hold_pickup, restore_pickup
from geo.models import CarriedMark, Collector, Match, Membership, Penalty, Pickup, Swipe
from geo.privacy.services import leave
from geo.trust.selectors import strike_moments_of
from geo.trust.services import counts_since

log = structlog.get_logger(__name__)
LIVE = (Pickup.Status.OPEN, Pickup.Status.MATCHED)
LIKED = (*Swipe.QUEUED, Swipe.LikeState.MATCHED)
Kind = CarriedMark.Kind


def is_used(*, user: User) -> bool:
    """Whether the user has posted, liked or joined anything, or collects."""
    mine = [
        Pickup.objects.filter(resident=user),
        Swipe.objects.filter(collector=user),
        Collector.objects.filter(user=user),
        Membership.objects.filter(user=user),
    ]
    return any(found.exists() for found in mine)


def separate(*, blocker: User, blocked: User, now: datetime) -> None:
    """End the matches of the two and the turns of runners-up between them, each in its own transaction.

    Locks every live pickup of both, so that a match made at the same moment is found. Locations that they shared in the
    chats of earlier matches are deleted.
    """
    for resident, collector in ((blocker, blocked), (blocked, blocker)):
        for pickup_id in _ids_of(resident):
            excuse_match(pickup_id=pickup_id, collector_id=collector.pk, by=blocker.pk, now=now)
        matches = Match.objects.filter(pickup__resident=resident, collector=collector)
        for conversation_id in matches.values_list("conversation_id", flat=True):
            with transaction.atomic():
                delete_locations_in(conversation_id)


def suspend(*, user: User, now: datetime) -> None:
    """Put the pickups of an inactive user on hold, and end their matches and turns as a collector."""
    for pickup_id in _ids_of(user):
        hold_pickup(pickup_id=pickup_id, now=now)
    liked = Swipe.objects.filter(collector=user, like_state__in=LIKED, pickup__status__in=LIVE)
    for pickup_id in list(liked.order_by("pickup_id").values_list("pickup_id", flat=True)):
        excuse_match(pickup_id=pickup_id, collector_id=user.pk, by=user.pk, now=now)


def restore(*, user: User, now: datetime) -> None:
    """Open the pickups on hold of a user who is active again, or expire them. Their likes were only hidden."""
    held = Pickup.objects.filter(resident=user, status=Pickup.Status.ON_HOLD, hidden_at=None).order_by("id")
    for pickup_id in list(held.values_list("pk", flat=True)):
        restore_pickup(pickup_id=pickup_id, now=now)


def settle_suspensions(*, now: datetime) -> None:
    """Suspend, erase and restore what requests of the same moment, or an interruption, have left as it was."""
    pickups = Pickup.objects.filter(resident=OuterRef("pk"), status__in=LIVE)
    matches = Match.objects.filter(collector=OuterRef("pk"), status=Match.Status.ACTIVE)
    for user in User.objects.filter(Exists(pickups) | Exists(matches), is_active=False).order_by("pk"):
        _settle(_erase_again if user.erased_at else suspend, user, now)
    held = Pickup.objects.filter(resident=OuterRef("pk"), status=Pickup.Status.ON_HOLD, hidden_at=None)
    for user in User.objects.filter(Exists(held), is_active=True).order_by("pk"):
        _settle(restore, user, now)


def _settle(step: Callable[..., None], user: User, now: datetime) -> None:
    """One failure does not stop the others."""
    try:
        step(user=user, now=now)
    except Exception:
        log.exception("settling_failed", user=str(user.pk))


def _erase_again(*, user: User, now: datetime) -> None:
    leave(user=user, now=now)
    with transaction.atomic():
        erase_section("geo", user=user, now=now)


def _ids_of(resident: User) -> list[uuid.UUID]:
    live = Pickup.objects.filter(resident=resident, status__in=LIVE)
    return list(live.order_by("id").values_list("pk", flat=True))


# --- What outlives an erasure ------------------------------------------------------------------------------


def standing_of(*, user: User, now: datetime) -> tuple[Mapping[str, object], datetime | None]:
    """The pause, the warning, and the times of strikes and of matches given back that count at present."""
    strike_days = timedelta(days=settings.STRIKE_DAYS)
    marks = [(Kind.STRIKE, at, strike_days) for at in strike_moments_of(user.pk, since=counts_since(user, now))]
    marks += [(Kind.GIVEN_BACK, at, A_DAY) for at in _given_back_by(user, now - A_DAY)]
    ends = [at + lasts for _, at, lasts in marks]
    standing: dict[str, object] = {"marks": [[str(kind), format_utc(at)] for kind, at, _ in marks]} if marks else {}
    if user.warned_at and user.warned_at + strike_days > now:
        standing["warned_at"] = format_utc(user.warned_at)
        ends.append(user.warned_at + strike_days)
    if user.paused_until and user.paused_until > now:
        pause = Penalty.objects.filter(user=user, kind=Penalty.Kind.PAUSE, lifted_at=None).order_by("-until").first()
        standing |= {"paused_until": format_utc(user.paused_until), "strikes": pause.strikes if pause else 0}
        ends.append(user.paused_until)
    return standing, max(ends, default=None)


def take_up_standing(*, user: User, standing: Mapping[str, Any], now: datetime) -> None:
    """Apply a standing to the user: a pause with its penalty, which staff can lift, the warning, and the marks.

    The same standing may come twice, from two identities of one account.
    """
    present = {(mark.kind, mark.at) for mark in CarriedMark.objects.filter(user=user)}
    marks = {(kind, datetime.fromisoformat(at)) for kind, at in standing.get("marks", [])} - present
    CarriedMark.objects.bulk_create(CarriedMark(user=user, kind=kind, at=at) for kind, at in sorted(marks))
    if warned_at := standing.get("warned_at"):
        user.warned_at = datetime.fromisoformat(warned_at)
    paused_until = datetime.fromisoformat(standing.get("paused_until", format_utc(now)))
    if paused_until > now and (user.paused_until is None or user.paused_until < paused_until):
        user.paused_until = paused_until
        Penalty.objects.create(
            user=user, kind=Penalty.Kind.PAUSE, strikes=standing["strikes"], created_at=now, until=paused_until
        )
    user.save(update_fields=["warned_at", "paused_until"])


def _given_back_by(user: User, since: datetime) -> list[datetime]:
    released = Match.objects.filter(
        status=Match.Status.RELEASED, released_by=user, collector=user, ended_at__gt=since
    ).values_list("ended_at", flat=True)
    marks = CarriedMark.objects.filter(user=user, kind=Kind.GIVEN_BACK, at__gt=since).values_list("at", flat=True)
    return [at for at in (*released, *marks) if at]
