"""Appointments: propose and agree on a time, set off, and remind both parties of an agreed time."""

import uuid
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import transaction

from backend.core.clock import city_zone
from geo.handover.services import notices
from geo.handover.services.safety import ask_whether_safe
from geo.handover_errors import (
    EtaTooFar,
    NothingProposed,
    OnlyTheCollector,
    OwnProposal,
    ProposalChanged,
    ProposalOutdated,
    TimeInThePast,
    TimeOutsideWindow,
)
from geo.lifecycle.locks import lock_active_match_of, lock_due_pickup, lock_match_under_pickup_lock, process_each
from geo.lifecycle.notices import notify_parties
from geo.lifecycle.transitions import take_step
from geo.models import Handover, Match, MeetingPoint, Reminder, Step
from geo.service_area import require_served
from notifications.services.notify import notify

BATCH = 500
ETA_AHEAD_MAX = timedelta(hours=24)
# A newly agreed time resets who has set off or arrived for the previous one.
RESET: dict[str, object] = {
    "set_off_at": None,
    "eta": None,
    "resident_arrived_at": None,
    "resident_arrival_received_at": None,
    "resident_evidence": "",
    "collector_arrived_at": None,
    "collector_arrival_received_at": None,
    "collector_evidence": "",
}


@transaction.atomic
def propose_time(
    *, user_id: uuid.UUID, match_id: uuid.UUID, at: datetime, meeting_point: MeetingPoint | None = None, now: datetime
) -> Match:
    """Propose a time, and a point in public instead of the door; replaces the last proposal.

    What was agreed before holds until the proposal is accepted. Raises NotFound, MatchOver, TimeInThePast,
    TimeOutsideWindow, AlreadyWeighed, WeighInDisputed, or what `require_served` raises.
    """
    match = lock_active_match_of(match_id=match_id, user_id=user_id)
    if at <= now:
        raise TimeInThePast(field="at")
    if not match.pickup.window_from <= at <= match.pickup.window_until:
        raise TimeOutsideWindow(field="at")
    if meeting_point:
        require_served(Point(meeting_point.lon, meeting_point.lat, srid=4326), field="meeting_point")
    place = _fields_of("proposed", meeting_point)
    take_step(handover=match.handover, step=Step.PROPOSE, proposed_for=at, proposed_by_id=user_id, **place)
    proposal = notices.of_proposal(match=match, at=at, by=user_id)
    notify_parties(match=match, card="proposal", notices=proposal, by=user_id, now=now)
    return match


@transaction.atomic
def agree_time(
    *, user_id: uuid.UUID, match_id: uuid.UUID, at: datetime | None = None, place: str | None = None, now: datetime
) -> Match:
    """Agree to the other party's proposal; `at` and `place`, when given, are what the client saw. Idempotent.

    Raises NotFound, MatchOver, NothingProposed, OwnProposal, ProposalChanged, ProposalOutdated, AlreadyWeighed or
    WeighInDisputed.
    """
    match = lock_active_match_of(match_id=match_id, user_id=user_id)
    handover = match.handover
    proposed_for = _require_agreeable(handover, user_id, at, place)
    if handover.is_as_agreed:
        return match
    if proposed_for <= now:
        raise ProposalOutdated
    sequence = handover.calendar_sequence + 1
    agreed = RESET | _fields_of("agreed", handover.proposed_point)
    take_step(handover=handover, step=Step.AGREE, agreed_for=proposed_for, calendar_sequence=sequence, **agreed)
    _plan_reminders(handover, now)
    agreement = notices.of_agreement(match=match, at=proposed_for, acting=user_id)
    notify_parties(match=match, card="agreement", notices=agreement, by=user_id, now=now)
    return match


@transaction.atomic
def set_off(*, user_id: uuid.UUID, match_id: uuid.UUID, eta: datetime | None, now: datetime) -> Match:
    """Record that the collector has set off and expects to arrive at `eta`. The same `eta` again sends no notice.

    Raises NotFound, MatchOver, OnlyTheCollector, TimeNotAgreed, TimeInThePast, EtaTooFar, AlreadyWeighed or
    WeighInDisputed.
    """
    match = lock_active_match_of(match_id=match_id, user_id=user_id)
    handover = match.handover
    if match.collector_id != user_id:
        raise OnlyTheCollector
    if eta is not None and eta <= now:
        raise TimeInThePast(field="eta")
    if eta is not None and eta > now + ETA_AHEAD_MAX:
        raise EtaTooFar(field="eta", hours=ETA_AHEAD_MAX // timedelta(hours=1))
    if handover.set_off_at and handover.eta == eta:
        return match
    take_step(handover=handover, step=Step.SET_OFF, set_off_at=handover.set_off_at or now, eta=eta)
    departure = notices.of_setting_off(match=match, eta=eta)
    notify_parties(match=match, card="on_my_way", notices=departure, by=user_id, now=now)
    return match


def reminder_times(agreed_for: datetime) -> Iterator[tuple[Reminder.Kind, datetime]]:
    """When to remind of a time: on the evening before, in the city's zone, and `REMINDER_MINUTES` before.

    Last comes the question whether everything is all right, `CHECK_IN_MINUTES` after.
    """
    zone = city_zone()
    day_before = agreed_for.astimezone(zone).date() - timedelta(days=1)
    yield Reminder.Kind.EVENING, datetime.combine(day_before, time.fromisoformat(settings.REMINDER_EVENING), zone)
    yield Reminder.Kind.HOUR, agreed_for - timedelta(minutes=settings.REMINDER_MINUTES)
    yield Reminder.Kind.CHECK_IN, agreed_for + timedelta(minutes=settings.CHECK_IN_MINUTES)


def send_due_reminders(*, now: datetime, limit: int = BATCH) -> int:
    """Send the due reminders of at most `limit` pickups, the longest overdue first; returns for how many.

    Each pickup has its own transaction, so that a failure does not stop the rest.
    """
    due = Reminder.objects.filter(due_at__lte=now, done_at=None).order_by("due_at")
    ids = list(dict.fromkeys(due.values_list("handover__match__pickup", flat=True)[:limit]))
    return process_each(step=send_reminders, pickup_ids=ids, now=now, failure="reminder_failed")


@transaction.atomic
def send_reminders(*, pickup_id: uuid.UUID, now: datetime) -> bool:
    """Send a pickup's due reminders to both parties. False if there are none, or another transaction has the lock."""
    pickup = lock_due_pickup(pickup_id=pickup_id)
    if pickup is None:
        return False
    due = Reminder.objects.filter(handover__match__pickup=pickup, due_at__lte=now, done_at=None)
    handovers = {reminder.handover_id: reminder for reminder in due.order_by("due_at")}
    due.update(done_at=now)
    reminders = []
    for match_id, reminder in handovers.items():
        match = lock_match_under_pickup_lock(match_id=match_id, pickup=pickup)
        if reminder.kind == Reminder.Kind.CHECK_IN:
            reminders += ask_whether_safe(match=match, reminder=reminder, now=now)
        elif _is_relevant(reminder, match, now):
            reminders += notices.of_reminder(match=match, reminder=reminder)
    notify(notices=reminders, now=now)
    return bool(handovers)


def _fields_of(which: str, point: MeetingPoint | None) -> dict[str, object]:
    """The fields of `Handover` for the point that is `proposed` or `agreed`."""
    name, lat, lon = point or ("", None, None)
    return {f"{which}_place": name, f"{which}_lat": lat, f"{which}_lon": lon}


def _require_agreeable(handover: Handover, user_id: uuid.UUID, at: datetime | None, place: str | None) -> datetime:
    if handover.proposed_for is None:
        raise NothingProposed
    if handover.proposed_by_id == user_id:
        raise OwnProposal
    other_time = at is not None and at != handover.proposed_for
    if other_time or (place is not None and place != handover.proposed_place):
        raise ProposalChanged
    return handover.proposed_for


def _plan_reminders(handover: Handover, now: datetime) -> None:
    """Replace the open reminders by those of the agreed time that are in the future. None is sent twice."""
    Reminder.objects.filter(handover=handover, done_at=None).delete()
    if handover.agreed_for is None:
        return
    Reminder.objects.bulk_create(
        [
            Reminder(handover=handover, kind=kind, about=handover.agreed_for, due_at=due_at)
            for kind, due_at in reminder_times(handover.agreed_for)
            if due_at > now
        ],
        ignore_conflicts=True,
    )


def _is_relevant(reminder: Reminder, match: Match, now: datetime) -> bool:
    """Whether the appointment is in the future and unchanged, and the parties have not met yet."""
    handover = match.handover
    is_pending = match.status == Match.Status.ACTIVE and handover.weighed_at is None
    return is_pending and handover.agreed_for == reminder.about and reminder.about > now
