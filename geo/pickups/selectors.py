"""Reading pickups, as far as the reader may see them, and the advice that passes give their resident."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.core.errors import NotFound
from backend.core.text.amounts import format_kg
from geo.models import Match, Pickup, PickupItem, Swipe

Reason = Swipe.Reason
READABLE_BY_COLLECTOR = (Match.Status.ACTIVE, Match.Status.COMPLETED)


def pickups_of(resident_id: uuid.UUID, *, status: str | None = None) -> QuerySet[Pickup]:
    """What a resident posted, with contents; of one status if one is given."""
    pickups = with_contents(Pickup.objects.filter(resident_id=resident_id))
    return pickups.filter(status=status) if status else pickups


def get_pickup_for(user_id: uuid.UUID, pickup_id: uuid.UUID) -> Pickup:
    """A pickup with contents, for its resident or the collector it is matched with. Raises NotFound for others."""
    matched = Match.objects.filter(collector_id=user_id, status__in=READABLE_BY_COLLECTOR).values("pickup")
    pickups = with_contents(Pickup.objects.filter(Q(resident_id=user_id) | Q(pk__in=matched), pk=pickup_id))
    return _only(pickups)


def get_pickup_of(resident_id: uuid.UUID, pickup_id: uuid.UUID) -> Pickup:
    """A pickup without contents, for its resident. Raises NotFound for everybody else."""
    return _only(Pickup.objects.filter(resident_id=resident_id, pk=pickup_id))


def open_among(ids: Collection[str]) -> set[str]:
    """Those of these pickups that are open and not reserved."""
    available = Pickup.objects.filter(pk__in=ids, status=Pickup.Status.OPEN, reserved_until=None)
    return {str(pk) for pk in available.values_list("pk", flat=True)}


def with_contents(pickups: QuerySet[Pickup]) -> QuerySet[Pickup]:
    """With items, photos and the number of likes that wait, in a fixed number of queries."""
    items = PickupItem.objects.select_related("material").order_by("id")
    waiting = Count("swipes", filter=Q(swipes__like_state=Swipe.LikeState.WAITING))
    return pickups.prefetch_related(Prefetch("items", items), "photos").annotate(likes_waiting=waiting)


def _only(pickups: QuerySet[Pickup]) -> Pickup:
    pickup = pickups.first()
    if pickup is None:
        raise NotFound
    return pickup


@dataclass(frozen=True, kw_only=True)
class Advice:
    """How many collectors passed for one reason; `text` is in the reader's language and says what may help."""

    reason: str
    count: int
    text: str


def advice_for(pickup: Pickup) -> list[Advice]:
    """The reasons for passes on the current revision, the most frequent first, in one query.

    Empty below `ADVICE_PASSES_MIN` passes, so that no single collector can be guessed.
    """
    passes = Swipe.objects.filter(pickup=pickup, direction=Swipe.Direction.PASS, pickup_revision=pickup.revision)
    counted = dict(passes.order_by().values_list("reason").annotate(count=Count("pk")))
    if sum(counted.values()) < settings.ADVICE_PASSES_MIN:
        return []
    named = sorted((-count, reason) for reason, count in counted.items() if reason)
    return [Advice(reason=reason, count=-count, text=_text(pickup, reason, -count)) for count, reason in named]


def _text(pickup: Pickup, reason: str, count: int) -> str:
    passed = ngettext("%(count)d collector passed", "%(count)d collectors passed", count) % {"count": count}
    return f"{passed}: {_hint(pickup, reason)}"


def _hint(pickup: Pickup, reason: str) -> str:
    hints = {
        Reason.TOO_FAR: _("it is too far. A longer window lets them combine it with other stops."),
        Reason.TOO_LITTLE: _("%(kg)s kg is too little. Gather more, or post together with a neighbour.")
        % {"kg": format_kg(pickup.kg_estimate)},
        Reason.WRONG_TIME: _("the time does not suit. Offer a longer or another window."),
        Reason.PRICE: _("the price does not suit. Ask for less, or give it for free."),
        Reason.NOT_MY_MATERIAL: _("they do not take this material. Post each material on its own."),
        Reason.OTHER: _("for another reason. A clear photo and title help."),
    }
    return hints[Reason(reason)]
