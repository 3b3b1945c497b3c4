"""The deck against brute force, and the plan that finds it."""

import json
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import connection

from backend.accounts.models import User
from backend.shared.clock import read_clock
from geo.grid import cell_of, on_map, stretch_at
from geo.models import Pickup, Swipe
from geo.selectors.deck import deal_deck
from geo.selectors.deck_sql import DeckQuery, deck_sql
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
    """Many pickups in two statements, in squares that several share."""
    places = [around(random, degrees) for _ in range(count * 2 // 3)]
    known = ids_of(CODES)
    pickups = []
    for number in range(count):
        place = random.choice(places)
        pickups.append(
            Pickup(
                resident=random.choice(residents),
                title=f"Pickup {number}",
                location=place,
                cell=cell_of(place),
                window_from=NOW,
                window_until=NOW.replace(year=NOW.year + 1),
                expires_at=NOW.replace(year=NOW.year + 1),
                kg_estimate=1,
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


def by_hand(pickups: list[Pickup], swipes: dict[Any, Swipe], query: DeckQuery) -> list[Pickup]:
    """The deck, by looking at everything."""

    def is_seen(pickup: Pickup) -> bool:
        swipe = swipes.get(pickup.pk)
        return swipe is not None and (swipe.direction == "like" or swipe.pickup_revision >= pickup.revision)

    centre, reach = on_map(query.point), query.radius_m * stretch_at(query.point.y)
    wanted = None if query.material_ids is None else set(query.material_ids)
    fits = [
        pickup
        for pickup in pickups
        if pickup.status == "open"
        and pickup.resident_id != query.viewer_id
        and not is_seen(pickup)
        and pickup.cell.distance(centre) <= reach
        and (wanted is None or wanted & set(pickup.material_ids))
    ]
    fits.sort(key=lambda pickup: (pickup.created_at, pickup.pk), reverse=True)
    return sorted(fits, key=lambda pickup: pickup.cell.distance(centre))[: query.limit]


class TestExact:
    @pytest.mark.parametrize("seed", range(3))
    def test_is_what_looking_at_everything_finds(self, seed: int) -> None:
        random = Random(seed)
        viewer = make_user()
        residents = [viewer, *(make_user() for _ in range(RESIDENTS))]
        pickups = post_many(random, 400, 0.05, residents)
        swipes = swipe_some(random, pickups, viewer)
        differences = 0

        for query in _queries(random, viewer, count=40):
            dealt = [card["id"] for card in deal_deck(query, media_url="").cards]
            differences += dealt != [pickup.pk for pickup in by_hand(pickups, swipes, query)]

        assert differences == 0


def _queries(random: Random, viewer: User, count: int) -> Iterator[DeckQuery]:
    known = ids_of(CODES)
    for _ in range(count):
        yield DeckQuery(
            viewer_id=viewer.pk,
            point=around(random, 0.06),
            radius_m=random.choice([700, 2_000, 5_000, 20_000]),
            material_ids=random.sample(known, random.randint(0, 3)) or None,
            limit=random.choice([1, 7, 20, 50]),
            now=NOW,
        )


CITY = """
SELECT setseed(0.5);
INSERT INTO geo_pickup (id, resident_id, title, note, location, cell, area, address, access_note, window_from,
                        window_until, price_mode, choose, status, expires_at, kg_estimate, material_ids,
                        likes_counted, revision, created_at, updated_at)
SELECT gen_random_uuid(), (%(residents)s::uuid[])[1 + n %% 50], 'Bottles', '', ST_Point(100.5, 13.7, 4326)::geography,
       ST_Point(11190000 + 66000 * random(), 1540000 + 66000 * random(), 3857), '', '', '', now(),
       now() + interval '1 day', 'free', 'first', 'open', now() + n * interval '1 hour', 3,
       ARRAY[(%(materials)s::int[])[1 + n %% 5]], 0, 1, now(), now()
FROM generate_series(1, 6000) AS n;
INSERT INTO geo_pickupitem (pickup_id, material_id, quantity, kg_estimate)
SELECT id, material_ids[1], 3, 3 FROM geo_pickup;
INSERT INTO geo_pickupphoto (id, pickup_id, position, large, thumb, width, height, created_at)
SELECT gen_random_uuid(), id, 0, 'a.jpg', 'b.jpg', 1, 1, now() FROM geo_pickup;
INSERT INTO geo_swipe (id, pickup_id, collector_id, direction, reason, like_state, pickup_revision, swiped_at)
SELECT gen_random_uuid(), id, collector, 'pass', '', '', 1, now()
FROM geo_pickup, unnest(%(residents)s::uuid[]) AS collector WHERE random() < 0.02;
ANALYZE geo_pickup, geo_pickupitem, geo_pickupphoto, geo_swipe, accounts_user
"""


def fill_a_city(viewer: User) -> None:
    """Enough rows in every table that reading one whole would be a mistake, and statistics to know it by."""
    residents = [viewer.pk, *(make_user().pk for _ in range(49))]
    with connection.cursor() as cursor:
        cursor.execute(CITY, {"residents": residents, "materials": ids_of(CODES)})


class TestPlan:
    def test_walks_the_index_and_stops_early(self) -> None:
        viewer = make_user()
        fill_a_city(viewer)

        for codes in ([], ["copper"], CODES):
            plan = _explain(_wide_deck(viewer, codes))

            nodes = list(_nodes(plan))
            walk = next(node for node in nodes if node.get("Relation Name") == "geo_pickup")
            assert (walk["Node Type"], walk["Index Name"]) == ("Index Scan", "pickup_deck")
            assert "<->" in walk["Order By"]
            assert walk["Actual Rows"] + walk.get("Rows Removed by Filter", 0) < 100
            scanned = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
            assert scanned <= {"geo_material", "accounts_block", "accounts_user"}
            assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 60 * 20

    def test_of_an_empty_sea_reads_next_to_nothing(self) -> None:
        make_pickup()

        plan = _explain(
            DeckQuery(
                viewer_id=make_user().pk,
                point=Point(100.5, 9.0, srid=4326),
                radius_m=50_000,
                material_ids=None,
                limit=20,
                now=NOW,
            )
        )

        assert plan["Actual Rows"] == 0
        assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 50


def _wide_deck(viewer: User, codes: Sequence[str]) -> DeckQuery:
    return DeckQuery(
        viewer_id=viewer.pk,
        point=LUMPHINI,
        radius_m=50_000,
        material_ids=ids_of(codes) or None,
        limit=20,
        now=NOW,
    )


def _explain(query: DeckQuery) -> dict[str, Any]:
    statement, params = deck_sql(query)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", params)
        (found,) = cursor.fetchone()
    plan: dict[str, Any] = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return plan


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from _nodes(inner)
