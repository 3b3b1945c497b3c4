"""Scenarios: pickups in the four states that matter, the actions possible in each, and their outcomes."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from backend.accounts.models import User
from backend.core.clock import read_clock
from geo.handover.services.confirmations import confirm_handover
from geo.matching.services.expiry import expire_pickup
from geo.matching.services.likes import accept_like, decline_like
from geo.matching.services.matches import cancel_pickup, pass_on_pickup, release_match
from geo.matching.services.swipes import take_swipe_back
from geo.models import Match, Pickup, Receipt, Swipe
from geo.pickups.services.changing import PickupChanges, amend_pickup
from geo.pickups.services.posting import Price
from notifications.models import Event
from tests.factories.geo import make_pickup
from tests.factories.matches import make_collecting_user, make_match, swipe, weigh

HOUR = timedelta(hours=1)


@dataclass
class Scenario:
    """A pickup and the users involved, by role."""

    pickup: Pickup
    people: dict[str, User] = field(default_factory=dict)
    match: Match | None = None
    likes: dict[str, UUID] = field(default_factory=dict)

    def like(self, who: str, **when: Any) -> None:
        """Let a user like the pickup before the actions start."""
        self.likes[who] = swipe(self.people[who], self.pickup, **when).swipe.pk


Action = Callable[[Scenario], Any]


def _scenario(pickup: Pickup, **people: User) -> Scenario:
    newcomers = {"new": make_collecting_user(), "other": make_collecting_user()}
    return Scenario(pickup, {"resident": pickup.resident} | newcomers | people)


def open_first_come() -> Scenario:
    """An open pickup without likes."""
    return _scenario(make_pickup())


def open_with_choice() -> Scenario:
    """An open pickup with two likes, from which the resident chooses."""
    scenario = _scenario(make_pickup(choose="resident"), first=make_collecting_user(), second=make_collecting_user())
    for who in ("first", "second"):
        scenario.like(who)
    return scenario


def matched() -> Scenario:
    """A match with a weigh-in, and a runner-up."""
    match = make_match()
    scenario = _scenario(match.pickup, collector=match.collector, runner_up=make_collecting_user())
    scenario.like("runner_up")
    scenario.match = weigh(match)
    return scenario


def reserved() -> Scenario:
    """A pickup reserved for a collector who must confirm, and a runner-up."""
    match = make_match()
    scenario = _scenario(match.pickup, asked=make_collecting_user(), runner_up=make_collecting_user())
    scenario.like("asked", now=read_clock() - 3 * HOUR)
    release_match(user_id=match.collector_id, match_id=match.pk, reason="other", now=read_clock())
    scenario.like("runner_up")
    return scenario


def likes(who: str) -> Action:
    """The collector likes the pickup; an asked collector accepts."""
    return lambda scenario: swipe(scenario.people[who], scenario.pickup)


def withdraws(who: str) -> Action:
    """The collector withdraws the like; an asked collector refuses."""
    return lambda scenario: take_swipe_back(
        collector_id=scenario.people[who].pk, pickup_id=scenario.pickup.pk, now=read_clock()
    )


def accepts(who: str) -> Action:
    """The resident accepts a like."""
    return lambda scenario: accept_like(**_like_arguments(scenario, who))


def declines(who: str) -> Action:
    """The resident declines a like."""
    return lambda scenario: decline_like(**_like_arguments(scenario, who))


def _like_arguments(scenario: Scenario, who: str) -> dict[str, Any]:
    resident_id, pickup_id = scenario.pickup.resident_id, scenario.pickup.pk
    return {"resident_id": resident_id, "pickup_id": pickup_id, "like_id": scenario.likes[who], "now": read_clock()}


def amends(**changes: Any) -> Action:
    """The resident amends the pickup."""
    return lambda scenario: amend_pickup(
        resident_id=scenario.pickup.resident_id,
        pickup_id=scenario.pickup.pk,
        changes=PickupChanges(**changes),
        now=read_clock(),
    )


def cancels(scenario: Scenario) -> None:
    """The resident cancels the pickup."""
    cancel_pickup(resident_id=scenario.pickup.resident_id, pickup_id=scenario.pickup.pk, now=read_clock())


def expires(scenario: Scenario) -> None:
    """The periodic task expires the pickup."""
    expire_pickup(pickup_id=scenario.pickup.pk, now=scenario.pickup.expires_at + HOUR)


def times_out(scenario: Scenario) -> None:
    """The periodic task moves on, because the asked collector has not answered."""
    pass_on_pickup(pickup_id=scenario.pickup.pk, now=read_clock() + HOUR)


def releases(who: str) -> Action:
    """A party releases the match."""

    def release(scenario: Scenario) -> None:
        assert scenario.match
        release_match(
            user_id=scenario.people[who].pk, match_id=scenario.match.pk, reason="no_agreement", now=read_clock()
        )

    return release


def confirms(scenario: Scenario) -> None:
    """The collector confirms with the code."""
    assert scenario.match
    code = scenario.match.handover.code
    confirm_handover(user_id=scenario.people["collector"].pk, match_id=scenario.match.pk, code=code, now=read_clock())


def weighs_again(scenario: Scenario) -> None:
    """The collector weighs again, with different figures."""
    assert scenario.match
    weigh(scenario.match, {"pet_clear": "1"})


_PRICE = amends(price=Price(mode="asks", thb=Decimal(20)))
# Periodic tasks skip a locked pickup and process it in their next run.
PERIODIC = ("expires", "times out")
SCENARIOS: Mapping[str, tuple[Callable[[], Scenario], Mapping[str, Action]]] = {
    "open, first come": (
        open_first_come,
        {
            "new likes": likes("new"),
            "other likes": likes("other"),
            "price": _PRICE,
            "cancels": cancels,
            "expires": expires,
        },
    ),
    "open, resident chooses": (
        open_with_choice,
        {
            "new likes": likes("new"),
            "first withdraws": withdraws("first"),
            "accepts first": accepts("first"),
            "accepts second": accepts("second"),
            "declines first": declines("first"),
            "price": _PRICE,
            "becomes first-come": amends(choose="first"),
            "cancels": cancels,
            "expires": expires,
        },
    ),
    "matched": (
        matched,
        {
            "new likes": likes("new"),
            "runner-up withdraws": withdraws("runner_up"),
            "declines runner-up": declines("runner_up"),
            "collector releases": releases("collector"),
            "resident releases": releases("resident"),
            "confirms": confirms,
            "weighs again": weighs_again,
            "note": amends(note="Ring twice"),
            "cancels": cancels,
        },
    ),
    "reserved": (
        reserved,
        {
            "new likes": likes("new"),
            "asked accepts": likes("asked"),
            "asked refuses": withdraws("asked"),
            "declines asked": declines("asked"),
            "runner-up withdraws": withdraws("runner_up"),
            "times out": times_out,
            "price": _PRICE,
            "cancels": cancels,
        },
    ),
}

# Pairs that end well without the lock, always or nearly always: they change different rows, or a conditional UPDATE or
# an index refuses one of them. All other pairs fail without the lock; they are the control.
SAFE_PAIRS: Mapping[str, Mapping[str, set[str]]] = {
    "open, first come": {"other likes": {"price"}, "price": {"cancels", "expires", "price"}, "new likes": {"price"}},
    "open, resident chooses": {
        "new likes": {"accepts first", "accepts second", "declines first", "first withdraws", "price"},
        "first withdraws": {"accepts second", "cancels", "becomes first-come", "expires", "first withdraws", "price"},
        "accepts first": {"accepts second", "price"},
        "accepts second": {"becomes first-come", "declines first", "price"},
        "declines first": {"price"},
        "price": {"cancels"},
    },
    "matched": {
        "new likes": {
            "declines runner-up",
            "note",
            "resident releases",
            "runner-up withdraws",
            "collector releases",
            "weighs again",
        },
        "runner-up withdraws": {
            "cancels",
            "confirms",
            "declines runner-up",
            "note",
            "resident releases",
            "runner-up withdraws",
            "collector releases",
            "weighs again",
        },
        "declines runner-up": {"cancels", "confirms", "note", "collector releases", "weighs again"},
        "collector releases": {"note", "weighs again"},
        "resident releases": {"note", "weighs again"},
        "confirms": {"note"},
        "weighs again": {"weighs again", "cancels", "note"},
        "note": {"cancels"},
    },
    "reserved": {
        "new likes": {"asked refuses", "asked accepts", "declines asked", "price", "runner-up withdraws", "times out"},
        "asked refuses": {"asked refuses", "price", "runner-up withdraws", "times out"},
        "declines asked": {"price", "runner-up withdraws"},
        "asked accepts": {"price", "runner-up withdraws"},
        "runner-up withdraws": {"cancels", "price", "runner-up withdraws"},
        "times out": {"price"},
    },
}


def outcome_of(scenario: Scenario) -> dict[str, Any]:
    """The final state by role, so that the outcomes of two runs can be compared."""
    names = {user.pk: who for who, user in scenario.people.items()}
    pickup = Pickup.objects.get(pk=scenario.pickup.pk)
    swipes = Swipe.objects.filter(pickup=pickup).order_by("queue_number")
    matches = Match.objects.filter(pickup=pickup)
    return {
        "pickup": (pickup.status, bool(pickup.reserved_until), pickup.price_thb, pickup.choose, pickup.note),
        "queue": [(names.get(one.collector_id), one.like_state) for one in swipes],
        "matches": sorted((names.get(one.collector_id, ""), one.status) for one in matches),
        "receipts": list(Receipt.objects.filter(match__pickup=pickup).values_list("lines__net_kg", flat=True)),
        "events": sorted((names[user_id], event) for user_id, event in _events_of(names)),
    }


def _events_of(people: Collection[UUID]) -> Iterable[tuple[UUID, str]]:
    """All events except those of the chat, whose cards repeat them."""
    events = Event.objects.filter(user__in=people).exclude(name="message.sent")
    return events.values_list("user_id", "name")
