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
from django.db.models import F

from backend.accounts.models import Block, User
from backend.shared.clock import read_clock
from backend.shared.prepared import Question, fetch_prepared
from geo.grid import cell_of, in_degrees, stretch_at, x_of, y_of
from geo.models import Pickup, Swipe
from geo.selectors.deck import deal_deck
from geo.selectors.deck_plain import asking_plain_decks
from geo.selectors.deck_sql import DeckQuery, deck_sql, point_on_map
from geo.selectors.deck_unseen import reaches, unseen_sql
from geo.services.tiles import compare_tiles
from tests.makers import make_session, make_user
from tests.makers_geo import LUMPHINI, make_collector, make_pickup, material

NOW = read_clock()
CODES = ("pet_clear", "cardboard", "copper", "glass_bottles", "newspaper")
RESIDENTS = 12

pytestmark = pytest.mark.django_db


# A corner of four sheets near Bangkok.
SHEETS_MEET = in_degrees(Point(683 * 16384, 94 * 16384, srid=3857))


def around(random: Random, degrees: float, middle: Point = LUMPHINI) -> Point:
    east, north = random.uniform(-degrees, degrees), random.uniform(-degrees, degrees)
    return Point(middle.x + east, middle.y + north, srid=4326)


def ids_of(codes: Sequence[str]) -> list[int]:
    return sorted(material(code).pk for code in codes)


def post_many(
    random: Random, count: int, degrees: float, residents: list[User], around_point: Point = LUMPHINI
) -> list[Pickup]:
    """Many pickups in one statement, in squares that several share."""
    places = [around(random, degrees, around_point) for _ in range(1 + count * 2 // 3)]
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


class TestExactInALivingCity:
    """Whole squares, tiles and sheets are swiped, and then something opens there, or is rewound."""

    @pytest.mark.parametrize("seed", range(6))
    def test_is_what_looking_at_everything_finds(self, seed: int) -> None:
        random, viewer = Random(seed), make_user()
        residents = [make_user() for _ in range(RESIDENTS)]
        # Squares of the grid that touch and cross the edges of tiles, in four sheets that meet here.
        corner = Random(seed).choice([SHEETS_MEET, in_degrees(Point(683 * 16384 + 2048, 96 * 16384, srid=3857))])
        post_many(random, 150, 0.03, residents, around_point=corner)
        differences, stepped = 0, 0

        for _ in range(12):
            _live_on(random, viewer, residents, corner)
            world = world_of(viewer, hidden=set(), hazardous=set())
            for _ in range(12):
                query = _plain_query(random, viewer, corner)
                stepped += _holds_by_itself(query)
                differences += list(deal_deck(query).ids) != world.deck(query)

        assert differences == 0
        assert stepped > 100
        assert compare_tiles() == []


def _live_on(random: Random, viewer: User, residents: list[User], corner: Point) -> None:
    """One thing after the other, as services and the desk do them."""
    place = around(random, 0.03, corner)
    nearest = Pickup.objects.extra(order_by=["distance"], select={"distance": "cell <-> %s"}, select_params=[
        point_on_map(place.y, place.x)])  # fmt: skip
    few = list(nearest.filter(status="open")[: random.choice([1, 5, 40])])
    happens = random.choice(["swipes", "swipes", "swipes", "rewinds", "closes", "opens", "changes", "posts"])
    if happens == "swipes":
        _pass_on(viewer, few)
    elif happens == "rewinds":
        Swipe.objects.filter(collector=viewer, pickup__in=[pickup.pk for pickup in few]).delete()
    elif happens == "closes":
        Pickup.objects.filter(pk__in=[pickup.pk for pickup in few]).update(status="matched")
    elif happens == "opens":
        Pickup.objects.filter(status="matched").update(status="open")
    elif happens == "changes":
        Pickup.objects.filter(pk__in=[pickup.pk for pickup in few[:3]]).update(revision=F("revision") + 1)
    else:
        post_many(random, random.choice([1, 20]), 0.03, residents, around_point=corner)


def _pass_on(viewer: User, pickups: list[Pickup]) -> None:
    known = set(Swipe.objects.filter(collector=viewer).values_list("pickup_id", flat=True))
    passes = [
        Swipe(pickup=pickup, collector=viewer, direction="pass", pickup_revision=pickup.revision, swiped_at=NOW)
        for pickup in pickups
    ]
    Swipe.objects.bulk_create([one for one in passes if one.pickup_id not in known])
    for one in passes:
        if one.pickup_id in known:
            Swipe.objects.filter(collector=viewer, pickup=one.pickup_id).update(pickup_revision=one.pickup_revision)


def _plain_query(random: Random, viewer: User, corner: Point) -> DeckQuery:
    place = around(random, 0.04, corner)
    return DeckQuery(
        viewer_id=viewer.pk, lat=place.y, lon=place.x, radius_m=random.choice([700, 2_000, 20_000]),
        with_hazardous=True, has_swiped_much=True, limit=random.choice([1, 7, 20]), now=NOW,
    )  # fmt: skip


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
# Triggers planned while their tables were empty would read them whole for each of these rows.
CITY = """
DISCARD PLANS;
SET LOCAL enable_seqscan = off;
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
SET LOCAL enable_seqscan = on;
DISCARD PLANS;
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
        cursor.execute("ANALYZE geo_swipe, geo_tile, geo_tile_swiped, geo_sheet, geo_sheet_swiped")


class TestPlan:
    def test_walks_the_index_and_stops_early(self) -> None:
        viewer = make_user()
        fill_a_city(viewer)

        collector = make_collector(user=viewer, service_point=MIDDLE, radius_m=50_000)
        plain = asking_plain_decks([make_session(collector.user)[1]], now=NOW)
        for asked in (plain, *(deck_sql(_wide_deck(viewer, codes)) for codes in ([], ["copper"], CODES))):
            plan = _explain(asked)

            nodes = list(_nodes(plan))
            walk = next(node for node in nodes if node.get("Relation Name") == "geo_pickup")
            assert (walk["Node Type"], walk["Index Name"]) == ("Index Scan", "pickup_deck")
            assert "<->" in walk["Order By"]
            assert walk["Actual Rows"] + walk.get("Rows Removed by Filter", 0) < 100
            scanned = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
            assert scanned <= {"geo_material", "accounts_block", "accounts_user", "accounts_session"}
            assert _buffers(plan) / 20 < 25

    def test_steps_over_what_was_swiped(self) -> None:
        viewer = make_user()
        fill_a_city(viewer)
        swipe_nearest(viewer, 3_000)

        query = _wide_deck(viewer, [])
        plain, stepping = _explain(deck_sql(query)), _explain(unseen_sql(query))

        assert plain["Actual Rows"] == stepping["Actual Rows"] == 20
        assert _buffers(plain) > 9_000
        assert _buffers(stepping) < 100 * stepping["Actual Rows"]
        walks = {node["Relation Name"]: node for node in _nodes(stepping) if node["Node Type"] == "Index Scan"}
        # Of 500 tiles that he has swiped whole, none is looked at.
        assert walks["geo_tile"]["Index Name"] == "geo_tile_pkey"
        assert sum(node["Actual Loops"] for node in _nodes(stepping) if node.get("Relation Name") == "geo_tile") <= 168
        assert walks["geo_pickup"]["Index Name"] == "pickup_in_tile"
        assert walks["geo_pickup"]["Actual Loops"] < 100

    def test_of_an_empty_sea_reads_next_to_nothing(self) -> None:
        make_pickup()

        query = DeckQuery(viewer_id=make_user().pk, lat=9.0, lon=100.5, radius_m=50_000, limit=20, now=NOW)

        assert _explain(deck_sql(query))["Actual Rows"] == 0
        assert _buffers(_explain(deck_sql(query))) < 50
        # Each of the 64 sheets around is asked for by its number.
        assert _buffers(_explain(unseen_sql(query))) < 3 * 64


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


def _explain(asked: Question) -> dict[str, Any]:
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
