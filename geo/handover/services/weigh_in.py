"""At the scale: what was weighed or counted, what was paid, what stays, and what the resident says against it."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from geo.errors import MatchOver, NotWeighed, OnlyTheCollector, WeighInChanged
from geo.handover.services import notices
from geo.handover.services.appointment import lock_active_match_of
from geo.handover.services.completion import complete
from geo.handover.services.figures import (
    Figures,
    Weighed,
    check_figures,
    figures_of,
    store_figures,
    write_version,
)
from geo.handover_errors import NotDisputed, OnlyTheResident
from geo.lifecycle.locks import lock_match_of
from geo.lifecycle.notices import tell_parties
from geo.lifecycle.transitions import require_step, take_step
from geo.materials.hazard import may_take_hazardous
from geo.models import Handover, HandoverState, Match, Step, WeighInVersion
from geo.pickups.services.drafts import ItemDraft

UNCONFIRMED: dict[str, object] = {"resident_confirmed_at": None, "collector_confirmed_at": None}


@transaction.atomic
def weigh_in(
    *,
    user_id: uuid.UUID,
    match_id: uuid.UUID,
    lines: Sequence[Weighed],
    paid_thb: Decimal,
    left: Sequence[ItemDraft] = (),
    now: datetime,
) -> Match:
    """The collector says what the scale said, what was paid (to the resident; negative: by him), and what is `left`.

    Replaces an earlier weigh-in, and what either had confirmed of it; every version is kept. Raises NotFound,
    MatchOver, OnlyTheCollector, TooManyVersions, or an Invalid that names the line at fault.
    """
    match = lock_active_match_of(match_id=match_id, user_id=user_id)
    if match.collector_id != user_id:
        raise OnlyTheCollector
    figures = _checked(match, lines, left, paid_thb)
    take_step(handover=match.handover, step=Step.WEIGH_IN, paid_thb=paid_thb, weighed_at=now, **UNCONFIRMED)
    store_figures(handover=match.handover, figures=figures)
    write_version(handover=match.handover, figures=figures, by=user_id, now=now)
    told = notices.of_weigh_in(match=match, handover=match.handover, net_kg=figures.net_kg)
    tell_parties(match=match, card="weigh_in", notices=told, by=user_id, now=now)
    return match


@transaction.atomic
def dispute_weigh_in(
    *,
    user_id: uuid.UUID,
    match_id: uuid.UUID,
    lines: Sequence[Weighed],
    paid_thb: Decimal,
    note: str = "",
    weighed_at: datetime | None = None,
    now: datetime,
) -> Match:
    """The resident has other figures. Both versions are kept, the collector's stand, and nobody can confirm them.

    It ends when one accepts the other's figures, or the collector weighs again. `weighed_at`, when given, names the
    weigh-in that the client saw. Raises NotFound, MatchOver, OnlyTheResident, NotWeighed, WeighInChanged,
    TooManyVersions or an Invalid.
    """
    match = lock_active_match_of(match_id=match_id, user_id=user_id)
    if match.pickup.resident_id != user_id:
        raise OnlyTheResident
    require_step(handover=match.handover, step=Step.DISPUTE)
    if weighed_at not in (None, match.handover.weighed_at):
        raise WeighInChanged
    figures = _checked(match, lines, (), paid_thb)
    take_step(handover=match.handover, step=Step.DISPUTE, **UNCONFIRMED)
    write_version(handover=match.handover, figures=figures, by=user_id, note=note, now=now)
    told = notices.of_dispute(match=match, net_kg=figures.net_kg, paid_thb=paid_thb)
    tell_parties(match=match, card="dispute", notices=told, by=user_id, now=now)
    return match


@transaction.atomic
def accept_figures(*, user_id: uuid.UUID, match_id: uuid.UUID, number: int, now: datetime) -> Match:
    """End a dispute by accepting the other's last figures, version `number`: both agree, so there is a receipt.

    Accepting again changes nothing. Raises NotFound, MatchOver, NotDisputed, NotWeighed or WeighInChanged.
    """
    match = lock_match_of(match_id=match_id, user_id=user_id)
    if match.status == Match.Status.COMPLETED:
        return match
    if match.status != Match.Status.ACTIVE:
        raise MatchOver
    handover = match.handover
    _require_disputed(handover)
    other = handover.versions.exclude(by_id=user_id).order_by("-number").first()
    if other is None or other.number != number:
        raise WeighInChanged
    figures = figures_of(other, left=_left_of_collector(match))
    store_figures(handover=handover, figures=figures)
    handover.paid_thb = other.paid_thb
    handover.resident_confirmed_at = handover.collector_confirmed_at = now
    handover.save(update_fields=["paid_thb", "resident_confirmed_at", "collector_confirmed_at"])
    complete(match=match, acting=user_id, now=now)
    return match


def _checked(match: Match, lines: Sequence[Weighed], left: Sequence[ItemDraft], paid_thb: Decimal) -> Figures:
    takes_hazardous = may_take_hazardous(match.collector_id)
    return check_figures(lines=lines, left=left, paid_thb=paid_thb, takes_hazardous=takes_hazardous)


def _require_disputed(handover: Handover) -> None:
    if handover.weighed_at is None:
        raise NotWeighed
    if handover.state != HandoverState.DISPUTED:
        raise NotDisputed


def _left_of_collector(match: Match) -> list[dict[str, str]]:
    """What stays is the collector's to say, whoever's weights are accepted."""
    own: WeighInVersion = match.handover.versions.filter(by_id=match.collector_id).latest("number")
    left: list[dict[str, str]] = own.left
    return left
