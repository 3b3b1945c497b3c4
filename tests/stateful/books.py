"""What was said at the scale, in grams and satang, and what the database says: both sides of the books."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection

from geo.handover.services.weigh_ins import Weighed

# Material, gross grams, tare grams.
Grams = tuple[str, int, int]
# Where things must agree, written down without the code that keeps them so. Each must find nothing.
DISAGREEMENTS: dict[str, str] = {
    "two live matches on one pickup": """
        SELECT pickup_id FROM geo_match WHERE status = 'active' GROUP BY 1 HAVING count(*) > 1""",
    "a pickup and its matches in states that disagree": """
        SELECT p.id, p.status FROM geo_pickup p WHERE
            (p.status = 'matched') <> EXISTS (SELECT FROM geo_match m WHERE m.pickup_id = p.id AND m.status = 'active')
            OR (p.status = 'handed_over')
               <> EXISTS (SELECT FROM geo_match m WHERE m.pickup_id = p.id AND m.status = 'completed')""",
    "a match and its like in states that disagree": """
        SELECT m.id FROM geo_match m JOIN geo_swipe s USING (pickup_id, collector_id)
        WHERE (m.status IN ('active', 'completed')) AND s.like_state <> 'matched'""",
    "a completed match without its one receipt, or a receipt without it": """
        SELECT m.id FROM geo_match m LEFT JOIN geo_receipt r ON r.match_id = m.id
        WHERE (m.status = 'completed') <> (r.id IS NOT NULL)""",
    "a receipt that both have not confirmed": """
        SELECT r.id FROM geo_receipt r JOIN geo_handover h USING (match_id)
        WHERE h.resident_confirmed_at IS NULL OR h.collector_confirmed_at IS NULL""",
    "a match that ended and did not": """
        SELECT id FROM geo_match WHERE (status = 'active') <> (ended_at IS NULL)""",
    "somebody who waits for what has gone": """
        SELECT s.id FROM geo_swipe s JOIN geo_pickup p ON p.id = s.pickup_id
        WHERE s.like_state IN ('waiting', 'asked') AND p.status IN ('handed_over', 'cancelled', 'expired')""",
    "somebody who is asked for what is not kept for him": """
        SELECT p.id FROM geo_pickup p WHERE (p.reserved_until IS NOT NULL)
            <> EXISTS (SELECT FROM geo_swipe s WHERE s.pickup_id = p.id AND s.like_state = 'asked')""",
}
_AGREE = " UNION ALL ".join(
    f"SELECT '{name}', NULL::text, NULL::numeric FROM ({sql}) AS found_{number}"
    for number, (name, sql) in enumerate(DISAGREEMENTS.items())
)
# What was received, in grams by material, and satang.
_RECEIVED = """
    SELECT 'lines', m.code, sum(l.net_kg) * 1000 FROM geo_receiptline l JOIN geo_material m ON m.id = l.material_id
    GROUP BY m.code
    UNION ALL SELECT s.scope, m.code, sum(s.kg) * 1000
    FROM geo_impactsum s JOIN geo_material m ON m.id = s.material_id GROUP BY s.scope, m.code
    UNION ALL SELECT 'paid', 'satang', sum(paid_thb) * 100 FROM geo_receipt HAVING count(*) > 0
"""


@dataclass(frozen=True)
class Said:
    """What one side said at the scale: its version's number, net grams by material, and satang."""

    number: int
    grams: Counter[str]
    satang: int
    is_part: bool = False


@dataclass
class Scale:
    """What both have said of one match."""

    versions: int = 0
    last: dict[str, Said] = field(default_factory=dict)

    def take(self, side: str, lines: list[Grams], satang: int, *, is_part: bool = False) -> None:
        """One more version."""
        self.versions += 1
        grams = Counter({code: gross - tare for code, gross, tare in lines})
        self.last[side] = Said(self.versions, grams, satang, is_part)


def weighed(lines: list[Grams]) -> list[Weighed]:
    """As the service takes them."""
    return [
        Weighed(material=code, gross_kg=Decimal(gross) / 1000, tare_kg=Decimal(tare) / 1000)
        for code, gross, tare in lines
    ]


def read_books() -> tuple[list[str], dict[str, dict[str, Decimal]]]:
    """What disagrees now, and what was received: by lines, by each kind of sum, and in money. In one query."""
    wrong, received = [], defaultdict[str, dict[str, Decimal]](dict)
    with connection.cursor() as cursor:
        cursor.execute(f"{_AGREE} UNION ALL {_RECEIVED}")
        for name, code, amount in cursor.fetchall():
            if code is None:
                wrong.append(name)
            else:
                received[name][code] = amount
    return wrong, received
