"""Arranging the handover and weighing in."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from geo.errors import (
    MatchOver,
    MaterialHazardous,
    MaterialTwice,
    MaterialUnknown,
    NetNotPositive,
    NothingProposed,
    OnlyTheCollector,
    OwnProposal,
    ProposalChanged,
    ProposalOutdated,
    TimeInThePast,
    TimeOutsideWindow,
)
from geo.models import Handover, Match, Material, WeighInLine
from geo.selectors.materials import materials_by_code
from geo.services import notices
from geo.services.locks import lock_match_of
from notifications.services.notify import notify


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """What the scale said for one material: kilograms to the gram, with and of the container."""

    material: str
    gross_kg: Decimal
    tare_kg: Decimal


def lock_active_match_of(*, match_id: uuid.UUID, user_id: uuid.UUID) -> Match:
    """A party's match that is still going on, locked. Raises NotFound, MatchOver."""
    match = lock_match_of(match_id=match_id, user_id=user_id)
    if match.status != Match.Status.ACTIVE:
        raise MatchOver
    return match


@transaction.atomic
def propose_time(*, user_id: uuid.UUID, match_id: uuid.UUID, at: datetime, now: datetime) -> Match:
    """Propose when to meet; replaces what was proposed or agreed before.

    Raises NotFound, MatchOver, TimeInThePast, TimeOutsideWindow.
    """
    match = lock_active_match_of(match_id=match_id, user_id=user_id)
    if at <= now:
        raise TimeInThePast(field="at")
    if not match.pickup.window_from <= at <= match.pickup.window_until:
        raise TimeOutsideWindow(field="at")
    _save(match.handover, proposed_for=at, proposed_by_id=user_id, agreed_for=None)
    notify(notices=notices.of_proposal(match=match, at=at, by=user_id), now=now)
    return match


@transaction.atomic
def agree_time(*, user_id: uuid.UUID, match_id: uuid.UUID, at: datetime | None = None, now: datetime) -> Match:
    """Agree to what the other proposed; `at`, when given, is what the client saw. Agreeing twice changes nothing.

    Raises NotFound, MatchOver, NothingProposed, OwnProposal, ProposalChanged, ProposalOutdated.
    """
    match = lock_active_match_of(match_id=match_id, user_id=user_id)
    proposed_for = _require_agreeable(match.handover, user_id, at)
    if match.handover.agreed_for == proposed_for:
        return match
    if proposed_for <= now:
        raise ProposalOutdated
    _save(match.handover, agreed_for=proposed_for)
    notify(notices=notices.of_agreement(match=match, at=proposed_for, acting=user_id), now=now)
    return match


@transaction.atomic
def weigh_in(
    *, user_id: uuid.UUID, match_id: uuid.UUID, lines: Sequence[Weighed], paid_thb: Decimal, now: datetime
) -> Match:
    """The collector says what the scale said and what was paid (to the resident; negative: by him).

    Replaces an earlier weigh-in, and what either had confirmed of it. Raises NotFound, MatchOver,
    OnlyTheCollector, MaterialUnknown, MaterialHazardous, MaterialTwice, NetNotPositive.
    """
    match = lock_active_match_of(match_id=match_id, user_id=user_id)
    if match.collector_id != user_id:
        raise OnlyTheCollector
    _replace_lines(match.handover, lines)
    _save(
        match.handover,
        paid_thb=paid_thb,
        weighed_at=now,
        resident_confirmed_at=None,
        collector_confirmed_at=None,
    )
    net_kg = sum((line.gross_kg - line.tare_kg for line in lines), Decimal(0))
    notify(notices=notices.of_weigh_in(match=match, handover=match.handover, net_kg=net_kg), now=now)
    return match


def _require_agreeable(handover: Handover, user_id: uuid.UUID, at: datetime | None) -> datetime:
    if handover.proposed_for is None:
        raise NothingProposed
    if handover.proposed_by_id == user_id:
        raise OwnProposal
    if at is not None and at != handover.proposed_for:
        raise ProposalChanged
    return handover.proposed_for


def _replace_lines(handover: Handover, lines: Sequence[Weighed]) -> None:
    materials = materials_by_code(line.material for line in lines)
    _require_weighable(lines, materials)
    WeighInLine.objects.filter(handover=handover).delete()
    WeighInLine.objects.bulk_create(
        WeighInLine(handover=handover, material=materials[line.material], gross_kg=line.gross_kg, tare_kg=line.tare_kg)
        for line in lines
    )


def _require_weighable(lines: Sequence[Weighed], materials: dict[str, Material]) -> None:
    seen: set[str] = set()
    for index, line in enumerate(lines):
        field = f"lines.{index}.material"
        material = materials.get(line.material)
        if material is None:
            raise MaterialUnknown(field=field, material=line.material[:40])
        if material.is_hazardous:
            raise MaterialHazardous(field=field, material=material.name)
        if line.material in seen:
            raise MaterialTwice(field=field, material=material.name)
        if line.gross_kg <= line.tare_kg:
            raise NetNotPositive(field=f"lines.{index}.gross_kg")
        seen.add(line.material)


def _save(handover: Handover, **fields: object) -> None:
    for name, value in fields.items():
        setattr(handover, name, value)
    handover.save(update_fields=[name.removesuffix("_id") for name in fields])
