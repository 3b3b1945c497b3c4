"""The deck against brute force, and the plan that finds it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import connection

from backend.accounts.models import Block, User
from backend.shared.clock import read_clock
from backend.shared.prepared import fetch_prepared
from geo.grid import cell_of, in_degrees, stretch_at, x_of, y_of
from geo.models import Pickup, Swipe
from geo.selectors.deck import deal_deck
from geo.selectors.deck_sql import DeckQuery, deck_sql, point_on_map, reaches, unseen_sql
from tests.makers import make_user
from tests.makers_geo import LUMPHINI, make_pickup, material

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
    places = [around(random, degrees) for _ in range(count * 2 // 3)]
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


def swipe_some(random: Random, pickups: list[Pickup], viewer: User) -> dict[Any, Swipe]:
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
    return {swipe.pickup_id: swipe for swipe in Swipe.objects.bulk_create(swipes)}


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
                fits.append((distance, -pickup.created_at.timestamp(), -pickup.pk.int, pickup.pk))
        return [str(pickup_id) for *_, pickup_id in sorted(fits)[: query.limit]]

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
    """Whether a pickup may lie in a deck at all, for somebody from whom these residents are hidden."""
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
    swipes = swipe_some(random, pickups, viewer)
    hidden = {viewer.pk, residents[0].pk, residents[1].pk}
    seen = [pickup for pickup in pickups if may_see(pickup, swipes.get(pickup.pk), hidden)]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE geo_pickup, geo_swipe, geo_material, accounts_user, accounts_block")
    return World(
        viewer=viewer,
        pickups=[(pickup.cell.x, pickup.cell.y, set(pickup.material_ids), pickup) for pickup in seen],
        hazardous={hazardous.pk},
    )


class TestExact:
    @pytest.mark.parametrize("seed", range(20))
    def test_is_what_looking_at_everything_finds(self, seed: int) -> None:
        random = Random(seed)
        world = make_world(random)
        differences, cards, stepped = 0, 0, 0

        for query in _queries(random, world.viewer, count=500):
            if query.has_swiped_much:
                stepped += _holds_by_itself(query)
            dealt = list(deal_deck(query).ids)
            differences += dealt != world.deck(query)
            cards += len(dealt)

        assert differences == 0
        assert cards > 1_500  # of empty decks one is like the other
        assert stepped > 100  # not the plain statement alone


def _holds_by_itself(query: DeckQuery) -> bool:
    """Whether the walk from tile to tile needs no second statement."""
    rows = fetch_prepared(*unseen_sql(query))
    return len(rows) == query.limit or reaches(query, rows[0][4])


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
            price_modes=random.choice([None, None, ["free"], ["asks", "pays"]]),
            window_from=random.choice([None, None, opens]),
            window_until=random.choice([None, None, opens + timedelta(hours=5)]),
            with_hazardous=random.random() < 0.5,
            has_swiped_much=random.random() < 0.5,
            limit=random.choice([1, 7, 20, 50]),
            now=NOW,
        )


# Away from all other tests, whose rolled back rows leave dead entries in the index.
MIDDLE = in_degrees(Point(11_033_000, 2_153_000, srid=3857))
CITY = """
SELECT setseed(0.5);
INSERT INTO geo_pickup (id, resident_id, title, note, location, cell, area, address, access_note, window_from,
                        window_until, price_mode, choose, status, expires_at, kg_estimate, material_ids,
                        likes_counted, revision, created_at, updated_at)
SELECT gen_random_uuid(), (%(residents)s::uuid[])[1 + n %% 50], 'Bottles', '', ST_Point(100.5, 13.7, 4326)::geography,
       ST_Point(11000000 + 66000 * random(), 2120000 + 66000 * random(), 3857), '', '', '', now(),
       now() + interval '1 day', 'free', 'first', 'open', now() + n * interval '1 hour', 3,
       ARRAY[(%(materials)s::int[])[1 + n %% 5]], 0, 1, now(), now()
FROM generate_series(1, 6000) AS n;
INSERT INTO geo_swipe (id, pickup_id, collector_id, direction, reason, like_state, pickup_revision, swiped_at)
SELECT gen_random_uuid(), id, collector, 'pass', '', '', 1, now()
FROM geo_pickup, unnest(%(residents)s::uuid[]) AS collector WHERE random() < 0.02;
ANALYZE geo_pickup, geo_swipe, accounts_user
"""


def fill_a_city(viewer: User) -> None:
    """Enough rows in every table that reading one whole would be a mistake, and statistics to know it by."""
    residents = [viewer.pk, *(make_user().pk for _ in range(49))]
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
        cursor.execute("ANALYZE geo_swipe, geo_tile, geo_tile_swiped")


class TestPlan:
    def test_walks_the_index_and_stops_early(self) -> None:
        viewer = make_user()
        fill_a_city(viewer)

        for codes in ([], ["copper"], CODES):
            plan = _explain(deck_sql(_wide_deck(viewer, codes)))

            nodes = list(_nodes(plan))
            walk = next(node for node in nodes if node.get("Relation Name") == "geo_pickup")
            assert (walk["Node Type"], walk["Index Name"]) == ("Index Scan", "pickup_deck")
            assert "<->" in walk["Order By"]
            assert walk["Actual Rows"] + walk.get("Rows Removed by Filter", 0) < 100
            scanned = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
            assert scanned <= {"geo_material", "accounts_block", "accounts_user"}
            assert _buffers(plan) / plan["Actual Rows"] < 25

    def test_steps_over_what_was_swiped(self) -> None:
        viewer = make_user()
        fill_a_city(viewer)
        swipe_nearest(viewer, 3_000)

        query = _wide_deck(viewer, [])
        plain, stepping = _explain(deck_sql(query)), _explain(unseen_sql(query))

        assert plain["Actual Rows"] == stepping["Actual Rows"] == 20
        assert _buffers(plain) > 9_000
        # Two rows a tile, of about 500 nearer than the first card, and the versions that no vacuum has removed.
        assert _buffers(stepping) < _buffers(plain) / 2
        walk = next(node for node in _nodes(stepping) if node.get("Relation Name") == "geo_tile")
        assert (walk["Node Type"], walk["Index Name"]) == ("Index Scan", "tile_box")
        dealt = next(node for node in _nodes(stepping) if node.get("Relation Name") == "geo_pickup")
        assert (dealt["Node Type"], dealt["Index Name"]) == ("Index Scan", "pickup_in_tile")
        assert dealt["Actual Loops"] < 100

    def test_of_an_empty_sea_reads_next_to_nothing(self) -> None:
        make_pickup()

        query = DeckQuery(viewer_id=make_user().pk, lat=9.0, lon=100.5, radius_m=50_000, limit=20, now=NOW)

        assert _explain(deck_sql(query))["Actual Rows"] == 0
        assert max(_buffers(_explain(deck_sql(query))), _buffers(_explain(unseen_sql(query)))) < 50


def _wide_deck(viewer: User, codes: Sequence[str]) -> DeckQuery:
    return DeckQuery(
        viewer_id=viewer.pk,
        lat=MIDDLE.y,
        lon=MIDDLE.x,
        radius_m=50_000,
        material_ids=ids_of(codes) or None,
        limit=20,
        now=NOW,
    )


def _explain(asked: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    statement, params = asked
    [(found,)] = fetch_prepared(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", params)
    plan: dict[str, Any] = found[0]["Plan"]
    return plan


def _buffers(plan: dict[str, Any]) -> int:
    found: int = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return found


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from _nodes(inner)
