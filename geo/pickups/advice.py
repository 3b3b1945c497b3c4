"""Why collectors passed on a pickup, summed without names, and what its resident could do about it."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from geo.models import Pickup, Swipe

Reason = Swipe.Reason


@dataclass(frozen=True, kw_only=True)
class Advice:
    """So many passed for one reason; `text` says it in the reader's language, with what may help."""

    reason: str
    count: int
    text: str


def advice_for(pickup: Pickup) -> list[Advice]:
    """The reasons of those who passed on what the pickup offers now, the most frequent first, in one query.

    Nothing below `ADVICE_PASSES_MIN` passes: one or two could be guessed by name.
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
        % {"kg": f"{float(pickup.kg_estimate):g}"},
        Reason.WRONG_TIME: _("the time does not suit. Offer a longer or another window."),
        Reason.PRICE: _("the price does not suit. Ask for less, or give it for free."),
        Reason.NOT_MY_MATERIAL: _("they do not take this material. Post each material on its own."),
        Reason.OTHER: _("for another reason. A clear photo and title help."),
    }
    return hints[Reason(reason)]
