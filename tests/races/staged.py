"""Pickups at the four points where everything can happen to them, all that can, and what is left in the end."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from backend.accounts.models import User
from backend.core.clock import read_clock
from geo.handover.services.confirmations import confirm_handover
from geo.matching.services.cancel import cancel_pickup
from geo.matching.services.expiry import expire_pickup
from geo.matching.services.likes import accept_like, decline_like
from geo.matching.services.queue import move_on
from geo.matching.services.release import release_match
from geo.matching.services.swipes import take_swipe_back
from geo.models import Match, Pickup, Receipt, Swipe
from geo.pickups.services.drafts import PickupChanges, Price
from geo.pickups.services.pickups import amend_pickup
from notifications.models import Event
from tests.factories.geo import make_pickup
from tests.factories.matches import make_collecting_user, make_match, swipe, weigh

HOUR = timedelta(hours=1)


@dataclass
class Staged:
    """A pickup with everybody around it, by the part each plays."""

    pickup: Pickup
    people: dict[str, User] = field(default_factory=dict)
    match: Match | None = None
    likes: dict[str, UUID] = field(default_factory=dict)

    def like(self, who: str, **when: Any) -> None:
        """One of them likes it, before anything else happens."""
        self.likes[who] = swipe(self.people[who], self.pickup, **when).swipe.pk


Action = Callable[[Staged], Any]


def _staged(pickup: Pickup, **people: User) -> Staged:
    newcomers = {"new": make_collecting_user(), "other": make_collecting_user()}
    return Staged(pickup, {"resident": pickup.resident} | newcomers | people)


def open_first_come() -> Staged:
    """Nobody has seen it yet."""
    return _staged(make_pickup())


def open_with_choice() -> Staged:
    """Two wait for the resident's word."""
    stage = _staged(make_pickup(choose="resident"), first=make_collecting_user(), second=make_collecting_user())
    for who in ("first", "second"):
        stage.like(who)
    return stage


def matched() -> Staged:
    """Weighed in, and somebody waits behind."""
    match = make_match()
    stage = _staged(match.pickup, taker=match.collector, runner_up=make_collecting_user())
    stage.like("runner_up")
    stage.match = weigh(match)
    return stage


def reserved() -> Staged:
    """One who waited long is asked; another waits behind."""
    match = make_match()
    stage = _staged(match.pickup, asked=make_collecting_user(), runner_up=make_collecting_user())
    stage.like("asked", now=read_clock() - 3 * HOUR)
    release_match(user_id=match.collector_id, match_id=match.pk, reason="other", now=read_clock())
    stage.like("runner_up")
    return stage


def likes(who: str) -> Action:
    """A thumb up: a new like, or yes when asked."""
    return lambda stage: swipe(stage.people[who], stage.pickup)


def withdraws(who: str) -> Action:
    """No more, or no when asked."""
    return lambda stage: take_swipe_back(collector_id=stage.people[who].pk, pickup_id=stage.pickup.pk, now=read_clock())


def accepts(who: str) -> Action:
    """The resident says yes to one."""
    return lambda stage: accept_like(**_answer(stage, who))


def declines(who: str) -> Action:
    """The resident says no to one."""
    return lambda stage: decline_like(**_answer(stage, who))


def _answer(stage: Staged, who: str) -> dict[str, Any]:
    resident_id, pickup_id = stage.pickup.resident_id, stage.pickup.pk
    return {"resident_id": resident_id, "pickup_id": pickup_id, "like_id": stage.likes[who], "now": read_clock()}


def amends(**changes: Any) -> Action:
    """By the resident."""
    return lambda stage: amend_pickup(
        resident_id=stage.pickup.resident_id,
        pickup_id=stage.pickup.pk,
        changes=PickupChanges(**changes),
        now=read_clock(),
    )


def cancels(stage: Staged) -> None:
    """By the resident."""
    cancel_pickup(resident_id=stage.pickup.resident_id, pickup_id=stage.pickup.pk, now=read_clock())


def expires(stage: Staged) -> None:
    """By the clock."""
    expire_pickup(pickup_id=stage.pickup.pk, now=stage.pickup.expires_at + HOUR)


def times_out(stage: Staged) -> None:
    """By the clock: who was asked has not answered."""
    move_on(pickup_id=stage.pickup.pk, now=read_clock() + HOUR)


def releases(who: str) -> Action:
    """Either side gives the match back."""

    def release(stage: Staged) -> None:
        assert stage.match
        release_match(user_id=stage.people[who].pk, match_id=stage.match.pk, reason="no_agreement", now=read_clock())

    return release


def confirms(stage: Staged) -> None:
    """The collector, with the code."""
    assert stage.match
    code = stage.match.handover.code
    confirm_handover(user_id=stage.people["taker"].pk, match_id=stage.match.pk, code=code, now=read_clock())


def weighs_again(stage: Staged) -> None:
    """The collector, with other figures."""
    assert stage.match
    weigh(stage.match, {"pet_clear": "1"})


_PRICE = amends(price=Price(mode="asks", thb=Decimal(20)))
# What the clock does not get to because somebody is at it, it does at its next tick.
CLOCK = ("expires", "times out")
PLAYS: Mapping[str, tuple[Callable[[], Staged], Mapping[str, Action]]] = {
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
            "chooses no more": amends(choose="first"),
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
            "taker releases": releases("taker"),
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
            "asked says yes": likes("asked"),
            "asked says no": withdraws("asked"),
            "declines asked": declines("asked"),
            "runner-up withdraws": withdraws("runner_up"),
            "times out": times_out,
            "price": _PRICE,
            "cancels": cancels,
        },
    ),
}

# Without the lock too these end well, or nearly always: they change different rows, or a conditional UPDATE or an index
# beneath refuses one of the two. All others go wrong, and are the control.
TAME: Mapping[str, Mapping[str, set[str]]] = {
    "open, first come": {
        "other likes": {"price"},
        "price": {"cancels", "expires", "price"},
        "new likes": {"price"},
    },
    "open, resident chooses": {
        "new likes": {"accepts first", "accepts second", "declines first", "first withdraws", "price"},
        "first withdraws": {"accepts second", "cancels", "chooses no more", "expires", "first withdraws", "price"},
        "accepts first": {"accepts second", "price"},
        "accepts second": {"chooses no more", "declines first", "price"},
        "declines first": {"price"},
        "price": {"cancels"},
    },
    "matched": {
        "new likes": {
            "declines runner-up",
            "note",
            "resident releases",
            "runner-up withdraws",
            "taker releases",
            "weighs again",
        },
        "runner-up withdraws": {
            "cancels",
            "confirms",
            "declines runner-up",
            "note",
            "resident releases",
            "runner-up withdraws",
            "taker releases",
            "weighs again",
        },
        "declines runner-up": {"cancels", "confirms", "note", "taker releases", "weighs again"},
        "taker releases": {"note", "weighs again"},
        "resident releases": {"note", "weighs again"},
        "confirms": {"note"},
        "weighs again": {"weighs again", "cancels", "note"},
        "note": {"cancels"},
    },
    "reserved": {
        "new likes": {"asked says no", "asked says yes", "declines asked", "price", "runner-up withdraws", "times out"},
        "asked says no": {"asked says no", "price", "runner-up withdraws", "times out"},
        "declines asked": {"price", "runner-up withdraws"},
        "asked says yes": {"price", "runner-up withdraws"},
        "runner-up withdraws": {"cancels", "price", "runner-up withdraws"},
        "times out": {"price"},
    },
}


def story_of(stage: Staged) -> dict[str, Any]:
    """All that is left, in the words of the parts: two runs with the same story are the same."""
    names = {user.pk: who for who, user in stage.people.items()}
    pickup = Pickup.objects.get(pk=stage.pickup.pk)
    said = Swipe.objects.filter(pickup=pickup).order_by("queue_number")
    matches = Match.objects.filter(pickup=pickup)
    return {
        "pickup": (pickup.status, bool(pickup.reserved_until), pickup.price_thb, pickup.choose, pickup.note),
        "queue": [(names.get(one.collector_id), one.like_state) for one in said],
        "matches": sorted((names.get(one.collector_id, ""), one.status) for one in matches),
        "receipts": list(Receipt.objects.filter(match__pickup=pickup).values_list("lines__net_kg", flat=True)),
        "told": sorted((names[user_id], event) for user_id, event in _told(names)),
    }


def _told(people: Collection[UUID]) -> Iterable[tuple[UUID, str]]:
    """But for the chat, whose cards say the same."""
    events = Event.objects.filter(user__in=people).exclude(name="message.sent")
    return events.values_list("user_id", "name")
