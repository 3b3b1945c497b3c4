"""A machine that does anything to a few pickups, in any order, and keeps its own books of grams and satang.

What a service refuses must leave everything as it was; what it does must leave all in agreement. The books are whole
numbers, kept from what was said at the scale alone.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import Point
from django.db import transaction
from django.db.models import QuerySet
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from backend.core.errors import DomainError
from geo.handover.selectors.receipt_audit import Audit
from geo.handover.services.appointments import agree_time, propose_time, set_off
from geo.handover.services.arrivals import arrive, confirm_arrival, report_no_show
from geo.handover.services.confirmations import Confirmation, confirm_handover
from geo.handover.services.weigh_ins import accept_figures, dispute_weigh_in, weigh_in
from geo.impact.services import compare_impact
from geo.matching.services.cancel import cancel_pickup
from geo.matching.services.expiry import expire_due_pickups
from geo.matching.services.likes import accept_like, decline_like
from geo.matching.services.queue import move_on_where_due
from geo.matching.services.release import release_match
from geo.matching.services.swipes import record_swipe, take_swipe_back
from geo.models import Match, Pickup, Swipe
from geo.pickups.services.leftovers import post_rest
from tests.factories.geo import LUMPHINI
from tests.stateful.books import Grams, Said, Scale, read_books, weighed
from tests.stateful.world import LEFT, MATERIALS, World

PICKUPS, COLLECTORS = st.integers(0, 3), st.integers(0, 2)
SIDES = st.sampled_from(["collector", "resident"])
OTHER = {"collector": "resident", "resident": "collector"}
FAR = Point(100.5, 13.9, srid=4326)
# Material, gross grams, tare grams.
LINES = st.lists(
    st.tuples(st.sampled_from(MATERIALS), st.integers(1, 999_999), st.integers(0, 2_000)),
    min_size=1, max_size=3, unique_by=lambda line: line[0],
)  # fmt: skip
SATANG = st.integers(-100_000, 100_000)


class Handovers(RuleBasedStateMachine):
    """Runs in a savepoint of its own, which is rolled back."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World.current
        self.now: datetime = self.world.began_at
        self.scales = defaultdict(Scale, deepcopy(self.world.scales))
        self.done: list[Said] = []
        self.live: dict[UUID, Match] = {}
        self.has_changed = True
        self.savepoint = transaction.savepoint()

    def teardown(self) -> None:
        """The whole of it still hangs together; then it never happened."""
        try:
            assert list(Audit().flaws()) == []
            assert compare_impact() == []
            self.world.receipts += len(self.done)
        finally:
            transaction.savepoint_rollback(self.savepoint)

    # --- What people do

    @rule(pickup=PICKUPS, collector=COLLECTORS, says=st.sampled_from(["like", "like", "like", "pass", "back"]))
    def swipe(self, pickup: int, collector: int, says: str) -> None:
        ids = {"pickup_id": self.world.pickups[pickup].pk, "collector_id": self.world.collectors[collector].pk}
        if says == "back":
            self.do(take_swipe_back, **ids)
        else:
            self.do(record_swipe, direction=says, **ids)

    @rule(collector=COLLECTORS, does=st.sampled_from([accept_like, accept_like, decline_like]))
    def choose(self, collector: int, does: Callable[..., Any]) -> None:
        pickup = self.world.pickups[1]
        like = Swipe.objects.filter(pickup=pickup, collector=self.world.collectors[collector]).first()
        if like:
            self.do(does, resident_id=pickup.resident_id, pickup_id=pickup.pk, like_id=like.pk)

    @precondition(lambda self: self.live)
    @rule(pickup=PICKUPS, side=SIDES, minutes=st.integers(-30, 300))
    def arrange(self, pickup: int, side: str, minutes: int) -> None:
        at = self.now + timedelta(minutes=minutes)
        if self.do_to(pickup, side, propose_time, at=at):
            self.do_to(pickup, OTHER[side], agree_time)
            self.do_to(pickup, "collector", set_off, eta=None)

    @precondition(lambda self: self.live)
    @rule(pickup=PICKUPS, side=SIDES, how=st.sampled_from(["gps", "far", "seen", "waits in vain"]))
    def come(self, pickup: int, side: str, how: str) -> None:
        if how == "seen":
            self.do_to(pickup, side, confirm_arrival)
        elif how == "far":
            match = self.match_of(pickup)
            was_there = match is not None and getattr(match.handover, f"{side}_evidence") == "gps"
            assert self.do_to(pickup, side, arrive, point=FAR, accuracy_m=10) == was_there, "who is far is not there"
        else:
            match = self.match_of(pickup)
            agreed_for = match.handover.agreed_for if match else None
            self.now = max(self.now, agreed_for or self.now)
            self.do_to(pickup, side, arrive, point=LUMPHINI, accuracy_m=10)
        if how == "waits in vain":
            self.now += timedelta(minutes=6)
            self.do_to(pickup, side, report_no_show)

    @precondition(lambda self: self.live)
    @rule(pickup=PICKUPS, lines=LINES, satang=SATANG, is_part=st.booleans(), then=st.sampled_from(["", "code", "both"]))
    def weigh(self, pickup: int, lines: list[Grams], satang: int, is_part: bool, then: str) -> None:
        match, left = self.match_of(pickup), [LEFT] if is_part else []
        figures = {"lines": weighed(lines), "paid_thb": Decimal(satang) / 100, "left": left}
        is_taken = self.do_to(pickup, "collector", weigh_in, **figures)
        assert is_taken == (match is not None and all(gross > tare for _, gross, tare in lines)), "what weighs is taken"
        if match and is_taken:
            self.scales[match.pk].take("collector", lines, satang, is_part=is_part)
            for how in {"code": ["code"], "both": ["resident", "collector"]}.get(then, []):
                self.confirm(pickup, how)

    @precondition(lambda self: self.live)
    @rule(pickup=PICKUPS, lines=LINES, satang=SATANG, accepts=st.sampled_from(["", "collector", "resident"]))
    def dispute(self, pickup: int, lines: list[Grams], satang: int, accepts: str) -> None:
        match = self.match_of(pickup)
        if match and self.do_to(
            pickup, "resident", dispute_weigh_in, lines=weighed(lines), paid_thb=Decimal(satang) / 100
        ):
            self.scales[match.pk].take("resident", lines, satang)
            if accepts:
                self.accept(pickup, accepts, 0)

    @precondition(lambda self: self.live)
    @rule(pickup=PICKUPS, side=SIDES, beside=st.sampled_from([0, 0, 1, -1]))
    def accept(self, pickup: int, side: str, beside: int) -> None:
        match = self.match_of(pickup)
        other = self.scales[match.pk].last.get(OTHER[side]) if match else None
        if match and other and self.do_to(pickup, side, accept_figures, number=other.number + beside):
            assert beside == 0, "only what was shown is accepted"
            # What stays is the collector's to say.
            is_part = self.scales[match.pk].last["collector"].is_part
            self.done.append(Said(other.number, other.grams, other.satang, is_part))

    @precondition(lambda self: self.live)
    @rule(pickup=PICKUPS, how=st.sampled_from(["code", "code", "wrong code", "collector", "resident"]))
    def confirm(self, pickup: int, how: str) -> None:
        match = self.match_of(pickup)
        if match is None:
            return
        right = match.handover.code
        said = {"code": right, "wrong code": f"{(int(right) + 1) % 1_000_000:06d}"}.get(how, "")
        self.do_to(pickup, "resident" if how == "resident" else "collector", confirm_handover, code=said)
        if Match.objects.get(pk=match.pk).status == Match.Status.COMPLETED:
            self.done.append(self.scales[match.pk].last["collector"])

    @precondition(lambda self: self.done)
    @rule(pickup=PICKUPS)
    def post_rest(self, pickup: int) -> None:
        row = self.world.pickups[pickup]
        match = Match.objects.filter(pickup=row, status=Match.Status.COMPLETED).first()
        if match:
            is_posted = self.do(post_rest, resident_id=row.resident_id, match_id=match.pk)
            left = Pickup.objects.filter(continues=row).values_list("kg_estimate", flat=True)
            assert list(left) == ([LEFT.quantity] if is_posted else []), "what stays is posted whole, and once"

    @rule(pickup=PICKUPS, how=st.sampled_from(["collector", "resident", "cancel"]))
    def give_up(self, pickup: int, how: str) -> None:
        row = self.world.pickups[pickup]
        if how == "cancel":
            self.do(cancel_pickup, resident_id=row.resident_id, pickup_id=row.pk)
        else:
            self.do_to(pickup, how, release_match, reason="cannot_come")

    @rule(hours=st.sampled_from([0.1, 0.6, 3, 100]))
    def wait(self, hours: float) -> None:
        """Time goes on, and the worker does what is due."""
        self.now += timedelta(hours=hours)
        self.has_changed = True
        move_on_where_due(now=self.now)
        expire_due_pickups(now=self.now)

    # --- What must hold after each of it

    @invariant()
    def look(self) -> None:
        """Everything agrees, and nothing is lost."""
        wrong, received = read_books()
        grams = sum((said.grams for said in self.done), Counter[str]())

        assert not wrong, wrong
        assert received["lines"] == grams, "grams on receipts"
        assert received["paid"].get("satang", 0) == sum(said.satang for said in self.done), "satang on receipts"
        for scope in ("city", "gave", "collected"):
            assert received[scope] == grams, f"grams in the sums of {scope}"
        if self.has_changed:
            self.live, self.has_changed = {match.pickup_id: match for match in _live_matches()}, False

    # --- How

    def do(self, service: Callable[..., Any], **arguments: Any) -> bool:
        """Whether the service did it; what it refuses is no error."""
        try:
            answer = service(now=self.now, **arguments)
        except DomainError:
            return False
        self.has_changed = True
        return not (isinstance(answer, Confirmation) and answer.refusal)

    def do_to(self, pickup: int, side: str, service: Callable[..., Any], **arguments: Any) -> bool:
        """The same to the live match of a pickup, by one of its two; false where there is none."""
        match = self.match_of(pickup)
        if match is None:
            return False
        user_id = match.pickup.resident_id if side == "resident" else match.collector_id
        return self.do(service, user_id=user_id, match_id=match.pk, **arguments)

    def match_of(self, pickup: int) -> Match | None:
        """A live match as it was after the last step, if there is one: of this pickup, or else of another."""
        own = self.live.get(self.world.pickups[pickup].pk)
        return own or next(iter(self.live.values()), None)


def _live_matches() -> QuerySet[Match]:
    return Match.objects.select_related("handover", "pickup").filter(status=Match.Status.ACTIVE)
