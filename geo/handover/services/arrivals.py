"""Arrivals and no-shows: who is at the agreed place, and what follows when only one party is."""

import math
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import Point
from django.db import transaction

from geo.distance import metres_between
from geo.grid import x_of, y_of
from geo.handover.services import notices
from geo.handover.services.safety import postpone_check_in
from geo.handover_errors import (
    AlreadyWeighed,
    BothArrived,
    GpsTooVague,
    NoShowTooEarly,
    NotArrived,
    TooEarlyToArrive,
    TooFarFromPickup,
)
from geo.lifecycle.locks import lock_active_match_of
from geo.lifecycle.notices import notify_parties
from geo.lifecycle.transitions import (
    close_waiting_likes,
    end_match_without_handover,
    move_pickup,
    require_step,
    take_step,
)
from geo.matching.services.matches import pass_on_under_pickup_lock
from geo.models import Handover, Match, Pickup, Step
from notifications.services.notify import Notice

Evidence = Handover.Evidence


@transaction.atomic
def arrive(
    *,
    user_id: uuid.UUID,
    match_id: uuid.UUID,
    point: Point,
    accuracy_m: float,
    arrived_at: datetime | None = None,
    now: datetime,
) -> Match:
    """Record an arrival by GPS: the user's phone is, or at `arrived_at` was, at `point` (SRID 4326), within
    `accuracy_m` metres.

    Idempotent; the first arrival counts. Replaces evidence without GPS. Raises NotFound, MatchOver, TimeNotAgreed,
    TooEarlyToArrive, GpsTooVague, TooFarFromPickup, AlreadyWeighed or WeighInDisputed.
    """
    match = lock_active_match_of(match_id=match_id, user_id=user_id)
    side = _side_of(match, user_id)
    if _evidence_of(match.handover, side) == Evidence.GPS:
        return match
    at = _time_of_arrival(arrived_at, now)
    _require_time(match.handover, at, now)
    _require_near(match, point, accuracy_m)
    _record_arrivals(match, {side: Evidence.GPS}, at, now)
    arrival = notices.of_arrival(match=match, by=user_id, acting=user_id)
    notify_parties(match=match, card="arrived", notices=arrival, by=user_id, now=now)
    return match


@transaction.atomic
def confirm_arrival(
    *, user_id: uuid.UUID, match_id: uuid.UUID, arrived_at: datetime | None = None, now: datetime
) -> Match:
    """Record that the user sees, or at `arrived_at` saw, the other party, without GPS.

    This claims the user's own arrival too.

    Idempotent. Raises NotFound, MatchOver, TimeNotAgreed, TooEarlyToArrive, AlreadyWeighed or WeighInDisputed.
    """
    match = lock_active_match_of(match_id=match_id, user_id=user_id)
    handover, other_id = match.handover, _other_party(match, user_id)
    own, other = _side_of(match, user_id), _side_of(match, other_id)
    evidence: dict[str, Evidence] = {}
    if _evidence_of(handover, other) in ("", Evidence.OWN):
        evidence[other] = Evidence.SEEN
    if not _evidence_of(handover, own):
        evidence[own] = Evidence.OWN
    if not evidence:
        return match
    at = _time_of_arrival(arrived_at, now)
    _require_time(handover, at, now)
    _record_arrivals(match, evidence, at, now)
    arrived_id = other_id if other in evidence else user_id
    arrival = notices.of_arrival(match=match, by=arrived_id, acting=user_id)
    notify_parties(match=match, card="arrived", notices=arrival, by=arrived_id, now=now)
    return match


@transaction.atomic
def report_no_show(*, user_id: uuid.UUID, match_id: uuid.UUID, now: datetime) -> Match:
    """End the match because the other party did not come; the no-show counts against them.

    If the collector is absent, the pickup passes to the next runner-up or opens again. If the resident is absent, the
    pickup is cancelled, so that no other collector travels in vain; the resident can post it again. Raises NotFound,
    MatchOver, TimeNotAgreed, NotArrived, BothArrived, NoShowTooEarly, AlreadyWeighed or WeighInDisputed.
    """
    match = lock_active_match_of(match_id=match_id, user_id=user_id)
    _require_waited(match, user_id, now)
    absent = _other_party(match, user_id)
    match.no_show_by_id = absent
    end_match_without_handover(match=match, status=Match.Status.NO_SHOW, now=now)
    if absent == match.collector_id:
        others = pass_on_under_pickup_lock(pickup=match.pickup, acting=user_id, now=now)
    else:
        others = _cancel(match.pickup, now)
    no_show = notices.of_no_show(match=match, absent=absent)
    notify_parties(match=match, card="no_show", notices=no_show, others=others, by=user_id, now=now)
    return match


def _time_of_arrival(arrived_at: datetime | None, now: datetime) -> datetime:
    """`arrived_at` is the phone's word, like its place; a phone whose clock is ahead has arrived now."""
    return min(arrived_at or now, now)


def _require_time(handover: Handover, at: datetime, now: datetime) -> None:
    require_step(handover=handover, step=Step.ARRIVE)
    earliest = (handover.agreed_for or at) - timedelta(minutes=settings.ARRIVAL_EARLY_MINUTES)
    if at < earliest:
        raise TooEarlyToArrive(
            retry_after_s=max(1, math.ceil((earliest - now).total_seconds())), minutes=settings.ARRIVAL_EARLY_MINUTES
        )


def _require_near(match: Match, point: Point, accuracy_m: float) -> None:
    """An inaccurate fix is refused first: it proves nothing, however near it is."""
    if accuracy_m > settings.ARRIVAL_ACCURACY_MAX_M:
        raise GpsTooVague(field="accuracy_m", metres=settings.ARRIVAL_ACCURACY_MAX_M)
    away_m = _metres_away(match, point)
    if away_m > settings.ARRIVAL_RADIUS_M + accuracy_m:
        raise TooFarFromPickup(metres=round(away_m), limit=settings.ARRIVAL_RADIUS_M)


def _metres_away(match: Match, point: Point) -> float:
    """From the point agreed on, else from the door."""
    if agreed := match.handover.agreed_point:
        return metres_between(point.y, point.x, x_of(agreed.lon), y_of(agreed.lat))
    pickups = Pickup.objects.annotate(away=Distance("location", point))
    return float(pickups.values_list("away", flat=True).get(pk=match.pickup_id).m)


def _record_arrivals(match: Match, evidence: dict[str, Evidence], at: datetime, now: datetime) -> None:
    fields: dict[str, object] = {}
    for side, how in evidence.items():
        # A sighting by the other party dates the arrival; the user's own claim does not.
        if _evidence_of(match.handover, side) != Evidence.SEEN:
            fields |= {f"{side}_arrived_at": at, f"{side}_arrival_received_at": now}
        fields[f"{side}_evidence"] = how
    take_step(handover=match.handover, step=Step.ARRIVE, **fields)
    postpone_check_in(match.handover)


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


def _other_party(match: Match, user_id: uuid.UUID) -> uuid.UUID:
    return match.collector_id if user_id == match.pickup.resident_id else match.pickup.resident_id
