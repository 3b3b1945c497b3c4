"""A state machine that runs any service on a few pickups, in any order, and tracks the expected grams and satang.

A refused call must change nothing, and an accepted one must leave all rows consistent. The expected figures are
integers that are computed from the weigh-ins alone.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.gis.geos import Point
from django.db import transaction
from django.db.models import QuerySet
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from backend.accounts.models import User
from backend.core.errors import DomainError
from geo.handover.selectors import Audit
from geo.handover.services.appointments import agree_time, propose_time, set_off
from geo.handover.services.arrivals import arrive, confirm_arrival, report_no_show
from geo.handover.services.confirmations import Confirmation, confirm_handover
from geo.handover.services.weigh_ins import accept_figures, dispute_weigh_in, weigh_in
from geo.impact.services import compare_impact
from geo.matching.services.expiry import expire_due_pickups
from geo.matching.services.likes import accept_like, decline_like
from geo.matching.services.matches import cancel_pickup, pass_on_due_pickups, release_match
from geo.matching.services.swipes import record_swipe, take_swipe_back
from geo.models import Match, Pickup, Swipe
from geo.pickups.services.leftovers import post_leftovers
from geo.pickups.services.posting import ItemDraft
from tests.factories.geo import LUMPHINI, make_pickup, material
from tests.factories.matches import make_collecting_user, swipe
from tests.factories.people import make_user
from tests.stateful.ledger import Grams, Scale, Version, read_database, weighed

LEFT = ItemDraft(material="pet_clear", quantity=Decimal("1.5"))
WEIGHED, PAID_SATANG = [("pet_clear", 2_501, 500), ("ldpe_film", 333, 0)], -1_250
# A fixed time, so that a run does not depend on the clock.
MORNING = datetime(2026, 11, 24, 2, tzinfo=UTC)
MATERIALS = ("pet_clear", "aluminium_cans", "ldpe_film")
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


@dataclass
class World:
    """Two residents, three collectors and four pickups, created once per test; a rollback restores them after a run.

    The pickups: open; open with two likes to choose from; matched with a runner-up and an agreed time; weighed.
    """

    current: ClassVar["World"]

    began_at: datetime = MORNING
    residents: list[User] = field(default_factory=list)
    collectors: list[User] = field(default_factory=list)
    pickups: list[Pickup] = field(default_factory=list)
    scales: dict[UUID, Scale] = field(default_factory=dict)
    receipts: int = 0

    def __post_init__(self) -> None:
        for code in MATERIALS:
            material(code)
        self.residents = [make_user(), make_user()]
        self.collectors = [make_collecting_user() for _ in range(3)]
        for number, choose in enumerate(("first", "resident", "first", "first")):
            self.pickups.append(make_pickup(resident=self.residents[number % 2], choose=choose, now=self.began_at))
        for pickup, collector in ((1, 0), (1, 1), (2, 0), (2, 1), (3, 2)):
            swipe(self.collectors[collector], self.pickups[pickup], now=self.began_at)
        self._agree(Match.objects.get(pickup=self.pickups[2]))
        self._weigh(Match.objects.get(pickup=self.pickups[3]))
        World.current = self

    def _agree(self, match: Match) -> None:
        at = self.began_at + timedelta(minutes=65)
        propose_time(user_id=match.collector_id, match_id=match.pk, at=at, now=self.began_at)
        agree_time(user_id=self.residents[0].pk, match_id=match.pk, now=self.began_at)

    def _weigh(self, match: Match) -> None:
        paid = Decimal(PAID_SATANG) / 100
        weigh_in(
            user_id=match.collector_id,
            match_id=match.pk,
            lines=weighed(WEIGHED),
            paid_thb=paid,
            is_sure=True,
            now=self.began_at,
        )
        self.scales[match.pk] = Scale()
        self.scales[match.pk].add("collector", WEIGHED, PAID_SATANG)


class Handovers(RuleBasedStateMachine):
    """Each run has its own savepoint, which is rolled back."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World.current
        self.now: datetime = self.world.began_at
        self.scales = defaultdict(Scale, deepcopy(self.world.scales))
        self.done: list[Version] = []
        self.active: dict[UUID, Match] = {}
        self.has_changed = True
        self.savepoint = transaction.savepoint()

    def teardown(self) -> None:
        """Check the receipts and sums of the run, then roll it back."""
        try:
            assert list(Audit().flaws()) == []
            assert compare_impact() == []
            self.world.receipts += len(self.done)
        finally:
            transaction.savepoint_rollback(self.savepoint)

    # --- Actions

    @rule(pickup=PICKUPS, collector=COLLECTORS, swiped=st.sampled_from(["like", "like", "like", "pass", "back"]))
    def swipe(self, pickup: int, collector: int, swiped: str) -> None:
        ids = {"pickup_id": self.world.pickups[pickup].pk, "collector_id": self.world.collectors[collector].pk}
        if swiped == "back":
            self.do(take_swipe_back, **ids)
        else:
            self.do(record_swipe, direction=swiped, **ids)

    @rule(collector=COLLECTORS, does=st.sampled_from([accept_like, accept_like, decline_like]))
    def choose(self, collector: int, does: Callable[..., Any]) -> None:
        pickup = self.world.pickups[1]
        like = Swipe.objects.filter(pickup=pickup, collector=self.world.collectors[collector]).first()
        if like:
            self.do(does, resident_id=pickup.resident_id, pickup_id=pickup.pk, like_id=like.pk)

    @precondition(lambda self: self.active)
    @rule(pickup=PICKUPS, side=SIDES, minutes=st.integers(-30, 300))
    def arrange(self, pickup: int, side: str, minutes: int) -> None:
        at = self.now + timedelta(minutes=minutes)
        if self.do_to(pickup, side, propose_time, at=at):
            self.do_to(pickup, OTHER[side], agree_time)
            self.do_to(pickup, "collector", set_off, eta=None)

    @precondition(lambda self: self.active)
    @rule(pickup=PICKUPS, side=SIDES, how=st.sampled_from(["gps", "far", "seen", "no-show"]))
    def come(self, pickup: int, side: str, how: str) -> None:
        if how == "seen":
            self.do_to(pickup, side, confirm_arrival)
        elif how == "far":
            match = self.match_of(pickup)
            has_gps = match is not None and getattr(match.handover, f"{side}_evidence") == "gps"
            assert self.do_to(pickup, side, arrive, point=FAR, accuracy_m=10) == has_gps, (
                "an arrival from far away is refused"
            )
        else:
            match = self.match_of(pickup)
            agreed_for = match.handover.agreed_for if match else None
            self.now = max(self.now, agreed_for or self.now)
            self.do_to(pickup, side, arrive, point=LUMPHINI, accuracy_m=10)
        if how == "no-show":
            self.now += timedelta(minutes=6)
            self.do_to(pickup, side, report_no_show)

    @precondition(lambda self: self.active)
    @rule(pickup=PICKUPS, lines=LINES, satang=SATANG, is_part=st.booleans(), then=st.sampled_from(["", "code", "both"]))
    def weigh(self, pickup: int, lines: list[Grams], satang: int, is_part: bool, then: str) -> None:
        match, left = self.match_of(pickup), [LEFT] if is_part else []
        figures = {"lines": weighed(lines), "paid_thb": Decimal(satang) / 100, "left": left}
        is_accepted = self.do_to(pickup, "collector", weigh_in, is_sure=True, **figures)
        assert is_accepted == (match is not None and all(gross > tare for _, gross, tare in lines)), (
            "a weigh-in with positive net weights is accepted"
        )
        if match and is_accepted:
            self.scales[match.pk].add("collector", lines, satang, is_part=is_part)
            for how in {"code": ["code"], "both": ["resident", "collector"]}.get(then, []):
                self.confirm(pickup, how)

    @precondition(lambda self: self.active)
    @rule(pickup=PICKUPS, lines=LINES, satang=SATANG, accepts=st.sampled_from(["", "collector", "resident"]))
    def dispute(self, pickup: int, lines: list[Grams], satang: int, accepts: str) -> None:
        match = self.match_of(pickup)
        if match and self.do_to(
            pickup, "resident", dispute_weigh_in, lines=weighed(lines), paid_thb=Decimal(satang) / 100, is_sure=True
        ):
            self.scales[match.pk].add("resident", lines, satang)
            if accepts:
                self.accept(pickup, accepts, 0)

    @precondition(lambda self: self.active)
    @rule(pickup=PICKUPS, side=SIDES, offset=st.sampled_from([0, 0, 1, -1]))
    def accept(self, pickup: int, side: str, offset: int) -> None:
        match = self.match_of(pickup)
        other = self.scales[match.pk].last.get(OTHER[side]) if match else None
        if match and other and self.do_to(pickup, side, accept_figures, number=other.number + offset):
            assert offset == 0, "only the latest version can be accepted"
            # What was left always comes from the collector's version.
            is_part = self.scales[match.pk].last["collector"].is_part
            self.done.append(Version(other.number, other.grams, other.satang, is_part))

    @precondition(lambda self: self.active)
    @rule(pickup=PICKUPS, how=st.sampled_from(["code", "code", "wrong code", "collector", "resident"]))
    def confirm(self, pickup: int, how: str) -> None:
        match = self.match_of(pickup)
        if match is None:
            return
        right = match.handover.code
        code = {"code": right, "wrong code": f"{(int(right) + 1) % 1_000_000:06d}"}.get(how, "")
        self.do_to(pickup, "resident" if how == "resident" else "collector", confirm_handover, code=code)
        if Match.objects.get(pk=match.pk).status == Match.Status.COMPLETED:
            self.done.append(self.scales[match.pk].last["collector"])

    @precondition(lambda self: self.done)
    @rule(pickup=PICKUPS)
    def post_leftovers(self, pickup: int) -> None:
        row = self.world.pickups[pickup]
        match = Match.objects.filter(pickup=row, status=Match.Status.COMPLETED).first()
        if match:
            is_posted = self.do(post_leftovers, resident_id=row.resident_id, match_id=match.pk)
            left = Pickup.objects.filter(continues=row).values_list("kg_estimate", flat=True)
            assert list(left) == ([LEFT.quantity] if is_posted else []), "leftovers are posted completely, and once"

    @rule(pickup=PICKUPS, how=st.sampled_from(["collector", "resident", "cancel"]))
    def give_up(self, pickup: int, how: str) -> None:
        row = self.world.pickups[pickup]
        if how == "cancel":
            self.do(cancel_pickup, resident_id=row.resident_id, pickup_id=row.pk)
        else:
            self.do_to(pickup, how, release_match, reason="cannot_come")

    @rule(hours=st.sampled_from([0.1, 0.6, 3, 100]))
    def wait(self, hours: float) -> None:
        """Advance the clock and run the periodic tasks."""
        self.now += timedelta(hours=hours)
        self.has_changed = True
        pass_on_due_pickups(now=self.now)
        expire_due_pickups(now=self.now)

    # --- Invariants

    @invariant()
    def check(self) -> None:
        """All rows are consistent, and no weight or money is lost."""
        wrong, received = read_database()
        grams = sum((version.grams for version in self.done), Counter[str]())

        assert not wrong, wrong
        assert received["lines"] == grams, "grams on receipts"
        assert received["paid"].get("satang", 0) == sum(version.satang for version in self.done), "satang on receipts"
        for scope in ("city", "gave", "collected"):
            assert received[scope] == grams, f"grams in the sums of {scope}"
        if self.has_changed:
            self.active, self.has_changed = {match.pickup_id: match for match in _active_matches()}, False

    # --- Helpers

    def do(self, service: Callable[..., Any], **arguments: Any) -> bool:
        """Call the service; False if it refuses."""
        try:
            answer = service(now=self.now, **arguments)
        except DomainError:
            return False
        self.has_changed = True
        return not (isinstance(answer, Confirmation) and answer.refusal)

    def do_to(self, pickup: int, side: str, service: Callable[..., Any], **arguments: Any) -> bool:
        """Call the service on the active match of a pickup, as one party; False if it refuses or there is no match."""
        match = self.match_of(pickup)
        if match is None:
            return False
        user_id = match.pickup.resident_id if side == "resident" else match.collector_id
        return self.do(service, user_id=user_id, match_id=match.pk, **arguments)

    def match_of(self, pickup: int) -> Match | None:
        """An active match as of the last step: of this pickup, or else of another; None if there is none."""
        own = self.active.get(self.world.pickups[pickup].pk)
        return own or next(iter(self.active.values()), None)


def _active_matches() -> QuerySet[Match]:
    return Match.objects.select_related("handover", "pickup").filter(status=Match.Status.ACTIVE)
