"""At the door: who is there, and what becomes of a match when only one of the two is."""

import math
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import Point
from django.db import transaction

from geo.handover.services import notices
from geo.handover.services.appointment import lock_active_match_of
from geo.handover_errors import (
    AlreadyWeighed,
    BothArrived,
    GpsTooVague,
    NoShowTooEarly,
    NotArrived,
    TooEarlyToArrive,
    TooFarFromDoor,
)
from geo.lifecycle.notices import tell_parties
from geo.lifecycle.queue import close_waiting_likes
from geo.lifecycle.transitions import give_up_match, move_pickup, require_step, take_step
from geo.matching.services.queue import pass_on_under_pickup_lock
from geo.models import Handover, Match, Pickup, Step
from notifications.services.notify import Notice

Evidence = Handover.Evidence


@transaction.atomic
def arrive(*, user_id: uuid.UUID, match_id: uuid.UUID, point: Point, accuracy_m: float, now: datetime) -> Match:
    """One of the two is at the door: his phone is at `point` (SRID 4326), give or take `accuracy_m` metres.

    The first arrival counts; again changes nothing, but to prove what was only said. Raises NotFound, MatchOver,
    TimeNotAgreed, TooEarlyToArrive, GpsTooVague, TooFarFromDoor, AlreadyWeighed or WeighInDisputed.
    """
    match = lock_active_match_of(match_id=match_id, user_id=user_id)
    side = _side_of(match, user_id)
    if _evidence_of(match.handover, side) == Evidence.GPS:
        return match
    _require_time(match.handover, now)
    _require_near(match.pickup, point, accuracy_m)
    _put_at_door(match, {side: Evidence.GPS}, now)
    told = notices.of_arrival(match=match, by=user_id, acting=user_id)
    tell_parties(match=match, card="arrived", notices=told, by=user_id, now=now)
    return match


@transaction.atomic
def confirm_arrival(*, user_id: uuid.UUID, match_id: uuid.UUID, now: datetime) -> Match:
    """One sees the other at the door, which no GPS need prove. Whoever sees somebody is there himself, he says.

    Again changes nothing. Raises NotFound, MatchOver, TimeNotAgreed, TooEarlyToArrive, AlreadyWeighed or
    WeighInDisputed.
    """
    match = lock_active_match_of(match_id=match_id, user_id=user_id)
    handover = match.handover
    own, other = _side_of(match, user_id), _side_of(match, _other(match, user_id))
    seen: dict[str, Evidence] = {}
    if _evidence_of(handover, other) in ("", Evidence.OWN):
        seen[other] = Evidence.SEEN
    if not _evidence_of(handover, own):
        seen[own] = Evidence.OWN
    if not seen:
        return match
    _require_time(handover, now)
    _put_at_door(match, seen, now)
    here = _other(match, user_id) if other in seen else user_id
    told = notices.of_arrival(match=match, by=here, acting=user_id)
    tell_parties(match=match, card="arrived", notices=told, by=here, now=now)
    return match


@transaction.atomic
def report_no_show(*, user_id: uuid.UUID, match_id: uuid.UUID, now: datetime) -> Match:
    """Who has arrived and waited in vain ends the match; it counts against the other.

    Without the collector the pickup passes on, to the next or to everybody. Without the resident it is cancelled, so
    that nobody else comes in vain; she can post it again. Raises NotFound, MatchOver, TimeNotAgreed, NotArrived,
    BothArrived, NoShowTooEarly, AlreadyWeighed or WeighInDisputed.
    """
    match = lock_active_match_of(match_id=match_id, user_id=user_id)
    _require_waited(match, user_id, now)
    absent = _other(match, user_id)
    match.no_show_by_id = absent
    give_up_match(match=match, status=Match.Status.NO_SHOW, now=now)
    if absent == match.collector_id:
        others = pass_on_under_pickup_lock(pickup=match.pickup, acting=user_id, now=now)
    else:
        others = _cancel(match.pickup, now)
    told = notices.of_no_show(match=match, absent=absent)
    tell_parties(match=match, card="no_show", notices=told, others=others, by=user_id, now=now)
    return match


def _require_time(handover: Handover, now: datetime) -> None:
    require_step(handover=handover, step=Step.ARRIVE)
    earliest = (handover.agreed_for or now) - timedelta(minutes=settings.ARRIVAL_EARLY_MINUTES)
    if now < earliest:
        raise TooEarlyToArrive(
            retry_after_s=math.ceil((earliest - now).total_seconds()), minutes=settings.ARRIVAL_EARLY_MINUTES
        )


def _require_near(pickup: Pickup, point: Point, accuracy_m: float) -> None:
    """A phone that does not know where it is proves nothing, however near it thinks it is."""
    if accuracy_m > settings.ARRIVAL_ACCURACY_MAX_M:
        raise GpsTooVague(field="accuracy_m", metres=settings.ARRIVAL_ACCURACY_MAX_M)
    away = Pickup.objects.annotate(away=Distance("location", point)).values_list("away", flat=True).get(pk=pickup.pk)
    if away.m > settings.ARRIVAL_RADIUS_M + accuracy_m:
        raise TooFarFromDoor(metres=round(away.m), limit=settings.ARRIVAL_RADIUS_M)


def _put_at_door(match: Match, evidence: dict[str, Evidence], now: datetime) -> None:
    fields: dict[str, object] = {}
    for side, how in evidence.items():
        # What the other has seen is as old as he says; one's own word never was.
        was_seen = _evidence_of(match.handover, side) == Evidence.SEEN
        arrived_at = getattr(match.handover, f"{side}_arrived_at") if was_seen else now
        fields |= {f"{side}_arrived_at": arrived_at, f"{side}_evidence": how}
    take_step(handover=match.handover, step=Step.ARRIVE, **fields)


def _require_waited(match: Match, user_id: uuid.UUID, now: datetime) -> None:
    handover, is_resident = match.handover, user_id == match.pickup.resident_id
    require_step(handover=handover, step=Step.NO_SHOW)
    if not handover.may_report_no_show(is_resident=is_resident):
        raise AlreadyWeighed
    counts_at = handover.no_show_counts_at(is_resident=is_resident)
    if counts_at is None:
        raise NotArrived
    if handover.has_arrived(is_resident=not is_resident):
        raise BothArrived
    if now < counts_at:
        raise NoShowTooEarly(
            retry_after_s=math.ceil((counts_at - now).total_seconds()), minutes=settings.NO_SHOW_WAIT_MINUTES
        )


def _cancel(pickup: Pickup, now: datetime) -> list[Notice]:
    move_pickup(pickup=pickup, status=Pickup.Status.CANCELLED, now=now)
    return close_waiting_likes(pickup=pickup, reason="cancelled")


def _side_of(match: Match, user_id: uuid.UUID) -> str:
    return "resident" if user_id == match.pickup.resident_id else "collector"


def _evidence_of(handover: Handover, side: str) -> str:
    evidence: str = getattr(handover, f"{side}_evidence")
    return evidence


def _other(match: Match, user_id: uuid.UUID) -> uuid.UUID:
    return match.collector_id if user_id == match.pickup.resident_id else match.pickup.resident_id
