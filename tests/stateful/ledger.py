"""The expected figures of the machine, in grams and satang, and the figures and inconsistencies in the database."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection

from geo.handover.services.weigh_ins import Weighed

# Material, gross grams, tare grams.
Grams = tuple[str, int, int]
# Invariants of the database, written without the code that keeps them. Each query must find nothing.
INCONSISTENCIES: dict[str, str] = {
    "two active matches on one pickup": """
        SELECT pickup_id FROM geo_match WHERE status = 'active' GROUP BY 1 HAVING count(*) > 1""",
    "the states of a pickup and its matches are inconsistent": """
        SELECT p.id, p.status FROM geo_pickup p WHERE
            (p.status = 'matched') <> EXISTS (SELECT FROM geo_match m WHERE m.pickup_id = p.id AND m.status = 'active')
            OR (p.status = 'handed_over')
               <> EXISTS (SELECT FROM geo_match m WHERE m.pickup_id = p.id AND m.status = 'completed')""",
    "the states of a match and its like are inconsistent": """
        SELECT m.id FROM geo_match m JOIN geo_swipe s USING (pickup_id, collector_id)
        WHERE (m.status IN ('active', 'completed')) AND s.like_state <> 'matched'""",
    "a completed match without a receipt, or a receipt without a completed match": """
        SELECT m.id FROM geo_match m LEFT JOIN geo_receipt r ON r.match_id = m.id
        WHERE (m.status = 'completed') <> (r.id IS NOT NULL)""",
    "a receipt that both parties have not confirmed": """
        SELECT r.id FROM geo_receipt r JOIN geo_handover h USING (match_id)
        WHERE h.resident_confirmed_at IS NULL OR h.collector_confirmed_at IS NULL""",
    "an active match with an end, or an ended match without one": """
        SELECT id FROM geo_match WHERE (status = 'active') <> (ended_at IS NULL)""",
    "a queued like on a closed pickup": """
        SELECT s.id FROM geo_swipe s JOIN geo_pickup p ON p.id = s.pickup_id
        WHERE s.like_state IN ('waiting', 'asked') AND p.status IN ('handed_over', 'cancelled', 'expired')""",
    "an asked like on a pickup that is not reserved, or the reverse": """
        SELECT p.id FROM geo_pickup p WHERE (p.reserved_until IS NOT NULL)
            <> EXISTS (SELECT FROM geo_swipe s WHERE s.pickup_id = p.id AND s.like_state = 'asked')""",
}
_CHECKS = " UNION ALL ".join(
    f"SELECT '{name}', NULL::text, NULL::numeric FROM ({sql}) AS found_{number}"
    for number, (name, sql) in enumerate(INCONSISTENCIES.items())
)
# The receipts and their sums, in grams by material, and in satang.
_RECEIVED = """
    SELECT 'lines', m.code, sum(l.net_kg) * 1000 FROM geo_receiptline l JOIN geo_material m ON m.id = l.material_id
    GROUP BY m.code
    UNION ALL SELECT s.scope, m.code, sum(s.kg) * 1000
    FROM geo_impact_now s JOIN geo_material m ON m.id = s.material_id GROUP BY s.scope, m.code
    UNION ALL SELECT 'paid', 'satang', sum(paid_thb) * 100 FROM geo_receipt HAVING count(*) > 0
"""


@dataclass(frozen=True)
class Version:
    """One party's figures of a weigh-in: the version number, net grams by material, and satang."""

    number: int
    grams: Counter[str]
    satang: int
    is_part: bool = False


@dataclass
class Scale:
    """The versions of one match's weigh-in."""

    versions: int = 0
    last: dict[str, Version] = field(default_factory=dict)

    def add(self, side: str, lines: list[Grams], satang: int, *, is_part: bool = False) -> None:
        """Add a version by one party."""
        self.versions += 1
        grams = Counter({code: gross - tare for code, gross, tare in lines})
        self.last[side] = Version(self.versions, grams, satang, is_part)


def weighed(lines: list[Grams]) -> list[Weighed]:
    """The lines as arguments of the service."""
    return [
        Weighed(material=code, gross_kg=Decimal(gross) / 1000, tare_kg=Decimal(tare) / 1000)
        for code, gross, tare in lines
    ]


def read_database() -> tuple[list[str], dict[str, dict[str, Decimal]]]:
    """The inconsistencies, and the recycled amounts by receipt line, by scope of sum, and in money. In one query."""
    wrong, received = [], defaultdict[str, dict[str, Decimal]](dict)
    with connection.cursor() as cursor:
        cursor.execute(f"{_CHECKS} UNION ALL {_RECEIVED}")
        for name, code, amount in cursor.fetchall():
            if code is None:
                wrong.append(name)
            else:
                received[name][code] = amount
    return wrong, received
