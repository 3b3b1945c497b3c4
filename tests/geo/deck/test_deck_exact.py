"""The deck against brute force, and how much its statement reads."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import connection

from backend.accounts.models import Block, User
from backend.core.clock import read_clock
from backend.core.db.prepared import fetch_prepared
from geo.deck.selectors import DeckQuery, deck_sql, find_cards, point_on_map
from geo.grid import cell_of, in_degrees, stretch_at, x_of, y_of
from geo.models import Pickup, Swipe
from tests.factories.geo import LUMPHINI, material
from tests.factories.people import make_user

NOW = read_clock()
CODES = ("pet_clear", "cardboard", "copper", "glass_bottles", "newspaper")
RESIDENTS = 12

pytestmark = pytest.mark.django_db


def around(random: Random, degrees: float) -> Point:
    east, north = random.uniform(-degrees, degrees), random.uniform(-degrees, degrees)
    return Point(LUMPHINI.x + east, LUMPHINI.y + north, srid=4326)


def ids_of(codes: Sequence[str]) -> list[int]:
    return sorted(material(code).pk for code in codes)


def post_many(random: Random, count: int, degrees: float, residents: list[User]) -> list[Pickup]:
    """Many pickups in one statement, in squares that several share."""
    places = [around(random, degrees) for _ in range(1 + count * 2 // 3)]
    known = ids_of(CODES)
    pickups = []
    for number in range(count):
        place = random.choice(places)
        mode = random.choice(["free", "asks", "pays"])
        opens = NOW + timedelta(hours=random.randrange(48))
        pickups.append(
            Pickup(
                resident=random.choice(residents),
                title=f"Pickup {number}",
                location=place,
                cell=cell_of(place),
                window_from=opens,
                window_until=opens + timedelta(hours=random.randint(1, 6)),
                expires_at=NOW + timedelta(days=random.choices([0, 9], [1, 9])[0]),
                price_mode=mode,
                price_thb=None if mode == "free" else 10,
                kg_estimate=Decimal(random.randint(1, 9)),
                material_ids=sorted(random.sample(known, random.randint(1, 3))),
                status=random.choices(["open", "matched"], [9, 1])[0],
                revision=random.choice([1, 2]),
                created_at=NOW.replace(microsecond=random.randrange(1_000_000)),
                updated_at=NOW,
            )
        )
    return Pickup.objects.bulk_create(pickups)


def swipe_some(random: Random, pickups: list[Pickup], viewer: User) -> None:
    swipes = []
    for number, pickup in enumerate(random.sample(pickups, len(pickups) // 4)):
        is_like = random.random() < 0.5
        swipes.append(
            Swipe(
                pickup=pickup,
                collector=viewer,
                direction="like" if is_like else "pass",
                like_state="waiting" if is_like else "",
                queue_number=number + 1 if is_like else None,
                pickup_revision=1,
                swiped_at=NOW,
            )
        )
    Swipe.objects.bulk_create(swipes)


@dataclass(frozen=True)
class World:
    """All that the viewer may be dealt, to be looked at one by one: x, y on the map, materials, and the pickup."""

    viewer: User
    pickups: list[tuple[float, float, set[int], Pickup]]
    hazardous: set[int]

    def deck(self, query: DeckQuery) -> list[Any]:
        """The ids of the cards, by looking at everything."""
        reach, fits = query.radius_m * stretch_at(query.lat), []
        east, north = x_of(query.lon), y_of(query.lat)
        for x, y, materials, pickup in self.pickups:
            distance = math.sqrt((x - east) ** 2 + (y - north) ** 2)
            if distance <= reach and self._is_wished(pickup, materials, query):
                fits.append((distance, -pickup.created_at.timestamp(), -pickup.pk.int, pickup))
        cards, of_resident = [], Counter[Any]()
        for *_, pickup in sorted(fits, key=lambda fit: fit[:3]):
            of_resident[pickup.resident_id] += 1
            if of_resident[pickup.resident_id] <= settings.DECK_OF_ONE_RESIDENT:
                cards.append(str(pickup.pk))
        return cards[: query.limit]

    def _is_wished(self, pickup: Pickup, materials: set[int], query: DeckQuery) -> bool:
        return (
            (not query.material_ids or bool(materials & set(query.material_ids)))
            and (query.with_hazardous or not materials & self.hazardous)
            and pickup.kg_estimate >= (query.kg_min or 0)
            and pickup.price_mode in (query.price_modes or [pickup.price_mode])
            and (query.window_from is None or pickup.window_until > query.window_from)
            and (query.window_until is None or pickup.window_from < query.window_until)
        )


def may_see(pickup: Pickup, swipe: Swipe | None, hidden: set[Any]) -> bool:
    """Whether a pickup may lie in a deck at all, for a viewer from whom these residents are hidden."""
    is_seen = swipe is not None and (swipe.direction == "like" or swipe.pickup_revision >= pickup.revision)
    return pickup.is_open_at(NOW) and pickup.resident_id not in hidden and not is_seen


def make_world(random: Random) -> World:
    """Four hundred pickups of a dozen residents, one of whom looks."""
    viewer, *residents = (make_user() for _ in range(RESIDENTS))
    Block.objects.create(blocker=viewer, blocked=residents[0])
    Block.objects.create(blocker=residents[1], blocked=viewer)
    hazardous = material(CODES[0])
    hazardous.is_hazardous = True
    hazardous.save(update_fields=["is_hazardous"])
    pickups = post_many(random, 400, 0.05, [viewer, *residents])
    swipe_some(random, pickups, viewer)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE geo_pickup, geo_swipe, geo_material, accounts_user, accounts_block")
    hidden = {viewer.pk, residents[0].pk, residents[1].pk}
    return world_of(viewer, hidden=hidden, hazardous={hazardous.pk})


def world_of(viewer: User, *, hidden: set[Any], hazardous: set[int]) -> World:
    """As it is now."""
    swipes = {swipe.pickup_id: swipe for swipe in Swipe.objects.filter(collector=viewer)}
    seen = [pickup for pickup in Pickup.objects.all() if may_see(pickup, swipes.get(pickup.pk), hidden)]
    return World(
        viewer=viewer,
        pickups=[(pickup.cell.x, pickup.cell.y, set(pickup.material_ids), pickup) for pickup in seen],
        hazardous=hazardous,
    )


class TestExact:
    @pytest.mark.parametrize("seed", range(20))
    def test_is_what_looking_at_everything_finds(self, seed: int) -> None:
        random = Random(seed)
        world = make_world(random)
        differences, cards = 0, 0

        for query in _queries(random, world.viewer, count=500):
            found = list(find_cards(query).ids)
            differences += found != world.deck(query)
            cards += len(found)

        assert differences == 0
        assert cards > 1_500  # empty decks would prove little


def _queries(random: Random, viewer: User, count: int) -> Iterator[DeckQuery]:
    known = ids_of(CODES)
    for _ in range(count):
        opens, place = NOW + timedelta(hours=random.randrange(48)), around(random, 0.06)
        yield DeckQuery(
            viewer_id=viewer.pk,
            lat=place.y,
            lon=place.x,
            radius_m=random.choice([700, 2_000, 5_000, 20_000]),
            material_ids=random.sample(known, random.choice([0, 0, 1, 3])),
            kg_min=random.choice([None, None, Decimal(4)]),
            price_modes=random.choice([[], [], ["free"], ["asks", "pays"]]),
            window_from=random.choice([None, None, opens]),
            window_until=random.choice([None, None, opens + timedelta(hours=5)]),
            with_hazardous=random.random() < 0.5,
            limit=random.choice([1, 7, 20, 50]),
            now=NOW,
        )


# Away from all other tests, whose rolled back rows leave dead entries in the index.
MIDDLE = in_degrees(Point(11_033_000, 2_153_000, srid=3857))
# Triggers planned while their tables were empty would read them whole for each of these rows.
CITY = """
DISCARD PLANS;
SET LOCAL enable_seqscan = off;
SELECT setseed(0.5);
INSERT INTO geo_pickup (id, resident_id, title, note, location, cell, area, address, access_note, window_from,
                        window_until, price_mode, choose, status, expires_at, kg_estimate, material_ids,
                        likes_counted, revision, created_at, updated_at)
SELECT gen_random_uuid(), (%(residents)s::uuid[])[1 + n %% 2000], 'Bottles', '', ST_Point(100.5, 13.7, 4326)::geography,
       ST_Point(11000000 + 66000 * random(), 2120000 + 66000 * random(), 3857), '', '', '', now(),
       now() + interval '1 day', 'free', 'first', 'open', now() + n * interval '1 hour', 3,
       ARRAY[(%(materials)s::int[])[1 + n %% 5]], 0, 1, now(), now()
FROM generate_series(1, 6000) AS n;
INSERT INTO geo_swipe (id, pickup_id, collector_id, direction, reason, like_state, pickup_revision, swiped_at)
SELECT gen_random_uuid(), id, collector, 'pass', '', '', 1, now()
FROM geo_pickup, unnest((%(residents)s::uuid[])[1:50]) AS collector WHERE random() < 0.02;
SET LOCAL enable_seqscan = on;
DISCARD PLANS;
ANALYZE geo_pickup, geo_swipe, accounts_user
"""


def fill_a_city(viewer: User) -> None:
    """Enough rows in every table that reading one whole would be a mistake, and statistics to know it by."""
    others = User.objects.bulk_create(User(display_name=f"Ann {number}") for number in range(1_999))
    residents = [viewer.pk, *(other.pk for other in others)]
    with connection.cursor() as cursor:
        cursor.execute(CITY, {"residents": residents, "materials": ids_of(CODES)})


NEAREST = """
INSERT INTO geo_swipe (id, pickup_id, collector_id, direction, reason, like_state, pickup_revision, swiped_at)
SELECT gen_random_uuid(), id, %(viewer)s, 'pass', '', '', 1, now()
FROM (SELECT id FROM geo_pickup WHERE status = 'open' ORDER BY cell <-> %(point)s::geometry LIMIT %(count)s) AS nearest
ON CONFLICT (collector_id, pickup_id) DO NOTHING
"""


def swipe_nearest(viewer: User, count: int) -> None:
    """The viewer passes on everything around the middle."""
    with connection.cursor() as cursor:
        point = point_on_map(MIDDLE.y, MIDDLE.x)
        cursor.execute(NEAREST, {"viewer": viewer.pk, "point": point, "count": count})
        cursor.execute("ANALYZE geo_swipe")


class TestReads:
    """Whatever plan is chosen: how many rows and buffers the statement reads in a filled and analysed city."""

    @pytest.mark.parametrize("codes", [[], ["copper"], list(CODES)], ids=len)
    def test_little_more_than_the_cards(self, codes: list[str]) -> None:
        viewer = make_user()
        fill_a_city(viewer)

        plan = _explain(_wide_query(viewer, codes))

        assert plan["Actual Rows"] == 20
        assert _rows_read(plan, "geo_pickup") < 300
        assert _rows_read(plan, "geo_swipe") < 300
        assert _buffers(plan) < 40 * 20

    def test_a_few_buffers_for_each_seen_pickup(self) -> None:
        viewer, seen = make_user(), 3_000
        fill_a_city(viewer)
        swipe_nearest(viewer, seen)

        plan = _explain(_wide_query(viewer, []))

        assert plan["Actual Rows"] == 20
        assert _rows_read(plan, "geo_pickup") < seen + 300
        assert _buffers(plan) < 10 * seen

    def test_next_to_nothing_in_an_empty_sea(self) -> None:
        viewer = make_user()
        fill_a_city(viewer)

        plan = _explain(DeckQuery(viewer_id=viewer.pk, lat=9.0, lon=100.5, radius_m=50_000, limit=20, now=NOW))

        assert plan["Actual Rows"] == 0
        assert _buffers(plan) < 50


def _wide_query(viewer: User, codes: Sequence[str]) -> DeckQuery:
    return DeckQuery(
        viewer_id=viewer.pk, lat=MIDDLE.y, lon=MIDDLE.x, radius_m=50_000, material_ids=ids_of(codes), limit=20, now=NOW
    )


def _explain(query: DeckQuery) -> dict[str, Any]:
    statement, params = deck_sql(query)
    [(found,)] = fetch_prepared(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", params)
    plan: dict[str, Any] = found[0]["Plan"]
    return plan


def _buffers(plan: dict[str, Any]) -> int:
    found: int = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return found


def _rows_read(plan: dict[str, Any], table: str) -> int:
    """Rows that scans of a table returned or filtered out."""
    scans = [node for node in _nodes(plan) if node.get("Relation Name") == table]
    return sum((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"] for node in scans)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from _nodes(inner)
