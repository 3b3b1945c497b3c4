"""The people and pickups a machine plays with: drawn once for a test, put back after every run by a rollback."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from backend.accounts.models import User
from geo.handover.services.appointments import agree_time, propose_time
from geo.handover.services.weigh_ins import weigh_in
from geo.models import Match, Pickup
from geo.pickups.services.drafts import ItemDraft
from tests.factories.geo import make_pickup, material
from tests.factories.matches import make_collecting_user, swipe
from tests.factories.people import make_user
from tests.stateful.books import Scale, weighed

LEFT = ItemDraft(material="pet_clear", quantity=Decimal("1.5"))
LINES, SATANG = [("pet_clear", 2_501, 500), ("ldpe_film", 333, 0)], -1_250
# No run depends on when it is played.
MORNING = datetime(2026, 11, 24, 2, tzinfo=UTC)
MATERIALS = ("pet_clear", "aluminium_cans", "ldpe_film")


@dataclass
class World:
    """Two residents, three collectors, and four pickups that have come differently far:

    open; liked by two, of whom the resident chooses; matched, with a runner-up and a time in an hour; weighed.
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
        paid = Decimal(SATANG) / 100
        weigh_in(user_id=match.collector_id, match_id=match.pk, lines=weighed(LINES), paid_thb=paid, now=self.began_at)
        self.scales[match.pk] = Scale()
        self.scales[match.pk].take("collector", LINES, SATANG)
