"""Arranging the handover: a time that both agree on, moved as often as both like, and the way to the door."""

import uuid
from datetime import datetime

from django.db import transaction

from geo.errors import (
    MatchOver,
    NothingProposed,
    OnlyTheCollector,
    OwnProposal,
    ProposalChanged,
    ProposalOutdated,
    TimeInThePast,
    TimeOutsideWindow,
)
from geo.handover.services import notices
from geo.handover.services.reminders import plan_reminders
from geo.lifecycle.locks import lock_match_of
from geo.lifecycle.notices import tell_parties
from geo.lifecycle.transitions import take_step
from geo.models import Handover, Match, Step

# What a new agreed time makes void: nobody is on the way to it, and nobody is there.
AFRESH: dict[str, object] = {
    "set_off_at": None,
    "eta": None,
    "resident_arrived_at": None,
    "resident_evidence": "",
    "collector_arrived_at": None,
    "collector_evidence": "",
}


def lock_active_match_of(*, match_id: uuid.UUID, user_id: uuid.UUID) -> Match:
    """A party's match that is still going on, locked. Raises NotFound, MatchOver."""
    match = lock_match_of(match_id=match_id, user_id=user_id)
    if match.status != Match.Status.ACTIVE:
        raise MatchOver
    return match


@transaction.atomic
def propose_time(*, user_id: uuid.UUID, match_id: uuid.UUID, at: datetime, now: datetime) -> Match:
    """Propose when to meet; replaces what was proposed before. A time agreed before holds until the other agrees.

    Raises NotFound, MatchOver, TimeInThePast, TimeOutsideWindow, or AlreadyWeighed or WeighInDisputed at the scale.
    """
    match = lock_active_match_of(match_id=match_id, user_id=user_id)
    if at <= now:
        raise TimeInThePast(field="at")
    if not match.pickup.window_from <= at <= match.pickup.window_until:
        raise TimeOutsideWindow(field="at")
    take_step(handover=match.handover, step=Step.PROPOSE, proposed_for=at, proposed_by_id=user_id)
    told = notices.of_proposal(match=match, at=at, by=user_id)
    tell_parties(match=match, card="proposal", notices=told, by=user_id, now=now)
    return match


@transaction.atomic
def agree_time(*, user_id: uuid.UUID, match_id: uuid.UUID, at: datetime | None = None, now: datetime) -> Match:
    """Agree to what the other proposed; `at`, when given, is what the client saw. Agreeing twice changes nothing.

    Raises NotFound, MatchOver, NothingProposed, OwnProposal, ProposalChanged, ProposalOutdated, AlreadyWeighed or
    WeighInDisputed.
    """
    match = lock_active_match_of(match_id=match_id, user_id=user_id)
    handover = match.handover
    proposed_for = _require_agreeable(handover, user_id, at)
    if handover.agreed_for == proposed_for:
        return match
    if proposed_for <= now:
        raise ProposalOutdated
    sequence = handover.calendar_sequence + 1
    take_step(handover=handover, step=Step.AGREE, agreed_for=proposed_for, calendar_sequence=sequence, **AFRESH)
    plan_reminders(handover=handover, now=now)
    told = notices.of_agreement(match=match, at=proposed_for, acting=user_id)
    tell_parties(match=match, card="agreement", notices=told, by=user_id, now=now)
    return match


@transaction.atomic
def set_off(*, user_id: uuid.UUID, match_id: uuid.UUID, eta: datetime | None, now: datetime) -> Match:
    """The collector is on his way, and expects to arrive at `eta`. The same again tells nobody again.

    Raises NotFound, MatchOver, OnlyTheCollector, TimeNotAgreed, TimeInThePast, AlreadyWeighed or WeighInDisputed.
    """
    match = lock_active_match_of(match_id=match_id, user_id=user_id)
    handover = match.handover
    if match.collector_id != user_id:
        raise OnlyTheCollector
    if eta is not None and eta <= now:
        raise TimeInThePast(field="eta")
    if handover.set_off_at and handover.eta == eta:
        return match
    take_step(handover=handover, step=Step.SET_OFF, set_off_at=handover.set_off_at or now, eta=eta)
    told = notices.of_setting_off(match=match, eta=eta)
    tell_parties(match=match, card="on_my_way", notices=told, by=user_id, now=now)
    return match


def _require_agreeable(handover: Handover, user_id: uuid.UUID, at: datetime | None) -> datetime:
    if handover.proposed_for is None:
        raise NothingProposed
    if handover.proposed_by_id == user_id:
        raise OwnProposal
    if at is not None and at != handover.proposed_for:
        raise ProposalChanged
    return handover.proposed_for
