"""The SQL that draws a generated city: whole sets at a time, so that millions of rows take minutes.

Everything is drawn into temporary tables first and inserted once, finished: a row that is updated leaves a dead
copy behind in its table and its indexes, and what is measured afterwards would be the copies too.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

from backend.core.clock import read_clock
from geo.grid import WORLD_M, band_at

TOWNS = Path(__file__).with_name("towns.csv")
TABLES = (
    "accounts_user",
    "geo_collector",
    "geo_pickup",
    "geo_pickupitem",
    "geo_pickupphoto",
    "geo_swipe",
)


@dataclass(frozen=True)
class Crowd:
    """How many rows of each kind; the same seed draws the same city, seen from the moment it is drawn."""

    pickups: int
    open: int
    collectors: int
    swipes: int
    seed: int

    @property
    def residents(self) -> int:
        """One for every five pickups."""
        return self.pickups // 5 + 1


# Every reference drawn here is right by construction; checking each one by one, which only a superuser can leave out,
# would double the time. The cards are inserted finished, so that nobody needs the triggers that draw them.
_WITHOUT_CHECKS = """
SELECT set_config('session_replication_role', 'replica', true) FROM pg_roles WHERE rolname = current_user AND rolsuper;
ALTER TABLE geo_pickup DISABLE TRIGGER USER;
ALTER TABLE geo_pickupitem DISABLE TRIGGER USER;
ALTER TABLE geo_pickupphoto DISABLE TRIGGER USER
"""
_WITH_CHECKS = """
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE geo_pickup ENABLE TRIGGER USER;
ALTER TABLE geo_pickupitem ENABLE TRIGGER USER;
ALTER TABLE geo_pickupphoto ENABLE TRIGGER USER
"""

_FUNCTIONS = """
-- A UUID of version 7 that follows from its kind, its number and a time. One expression, so that it is inlined.
CREATE FUNCTION pg_temp.id_of(kind text, number bigint, at timestamptz) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT overlay(overlay(md5(%(seed)s || kind || number)
        PLACING lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' FROM 1)
        PLACING '8' FROM 17)::uuid
$$;
CREATE FUNCTION pg_temp.person(kind text, number bigint) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT pg_temp.id_of(kind, number, '2026-01-01T00:00:00Z')
$$;
-- Around a town: six in seven in its core, the others in the country about it, in two normal directions.
CREATE FUNCTION pg_temp.near(lat float, lon float, spread_m float) RETURNS geometry LANGUAGE sql VOLATILE AS $$
    SELECT ST_SetSRID(ST_MakePoint(lon + far * sin(angle) / (111320 * cos(radians(lat))),
                                   lat + far * cos(angle) / 111320), 4326)
    FROM (SELECT 2 * pi() * random() AS angle,
                 spread_m * CASE WHEN random() < 1 / 7.0 THEN 6 ELSE 1 END * sqrt(-2 * ln(1 - random())) AS far) AS d
$$;
-- The square's centre as in geo.grid, for a whole set.
CREATE FUNCTION pg_temp.cell_of(lon float, lat float, bottom float, side_x float, side_y float, width float)
RETURNS geometry LANGUAGE sql IMMUTABLE AS $$
    SELECT ST_SetSRID(ST_MakePoint(
        (floor((6378137 * radians(lon) + width / 2) / side_x) + 0.5) * side_x - width / 2,
        bottom + (floor((6378137 * asinh(tan(radians(lat))) - bottom) / side_y) + 0.5) * side_y), 3857)
$$;
"""

_TOWNS = """
CREATE TEMP TABLE band ON COMMIT DROP AS
SELECT * FROM unnest(%(degrees)s::int[], %(bottoms)s::float[], %(sides_x)s::float[], %(sides_y)s::float[])
     AS given (degree, bottom, side_x, side_y);
CREATE TEMP TABLE town ON COMMIT DROP AS
SELECT number, lat, lon, spread_m,
       sum(people) OVER (ORDER BY number) / sum(people) OVER () AS up_to
FROM unnest(%(lats)s::float[], %(lons)s::float[], %(people)s::float[], %(spreads)s::float[])
     WITH ORDINALITY AS given (lat, lon, people, spread_m, number);
-- How often a material is given away falls with its place in the catalogue: the last is in about 1 of 50 pickups.
CREATE TEMP TABLE kind ON COMMIT DROP AS
SELECT id, name_th, unit, kg_per_unit, number,
       sum(1.0 / number) OVER (ORDER BY number) / sum(1.0 / number) OVER () AS up_to
FROM (SELECT *, row_number() OVER (ORDER BY position, id) AS number FROM geo_material
      WHERE is_active AND NOT is_hazardous) AS material;
ANALYZE town; ANALYZE kind
"""

_DRAW_PLACES = """
CREATE TEMP TABLE place ON COMMIT DROP AS
SELECT drawn.number, town.number AS town, pg_temp.near(town.lat, town.lon, town.spread_m) AS point,
       is_open, choose, %(now)s::timestamptz - age AS created_at,
       row_number() OVER (PARTITION BY town.number ORDER BY drawn.number) AS number_in_town
FROM (SELECT number, random() AS share,
             number * %(open)s / %(pickups)s > (number - 1) * %(open)s / %(pickups)s AS is_open,
             CASE WHEN random() < 0.5 THEN 'first' ELSE 'resident' END AS choose,
             random() * interval '6 days' AS age
      FROM generate_series(1, %(pickups)s::bigint) AS number OFFSET 0) AS drawn
JOIN town ON town.number = 1 + width_bucket(share, (SELECT array_agg(up_to ORDER BY number) FROM town));
CREATE UNIQUE INDEX ON place (town, number_in_town);
ANALYZE place
"""

_DRAW_ITEMS = """
CREATE TEMP TABLE thing ON COMMIT DROP AS
SELECT place, kind.id AS material_id, kind.name_th, max(amount) AS quantity,
       round(max(amount) * kind.kg_per_unit, 3) AS kg
FROM (SELECT number AS place, random() AS share,
             round((1 + 14 * random() * random())::numeric, 1) AS amount
      FROM place, generate_series(1, 1 + floor(random() * 3)::int + number::int * 0) OFFSET 0) AS drawn
JOIN kind ON kind.number = 1 + width_bucket(share::numeric, (SELECT array_agg(up_to ORDER BY number) FROM kind))
GROUP BY place, kind.id, kind.name_th, kind.kg_per_unit;
ANALYZE thing
"""

_DRAW_COLLECTORS = """
CREATE TEMP TABLE collector ON COMMIT DROP AS
SELECT drawn.number, town.number AS town, pg_temp.near(town.lat, town.lon, town.spread_m) AS point
FROM (SELECT number, random() AS share FROM generate_series(1, %(collectors)s::bigint) AS number OFFSET 0) AS drawn
JOIN town ON town.number = 1 + width_bucket(share, (SELECT array_agg(up_to ORDER BY number) FROM town));
ANALYZE collector
"""

# The cell as in geo.grid.
_DRAW_SPOTS = """
CREATE TEMP TABLE spot ON COMMIT DROP AS
SELECT number, cell
FROM place JOIN band ON degree = floor(ST_Y(point)),
     LATERAL (SELECT pg_temp.cell_of(ST_X(point), ST_Y(point), bottom, side_x, side_y, %(map_width)s) AS cell
              OFFSET 0) AS snapped;
ANALYZE spot
"""

# A like on an open pickup that takes the first collector would have been a match, so only passes fall there.
_DRAW_SWIPES = """
CREATE TEMP TABLE swipe ON COMMIT DROP AS
SELECT drawn.number, collector, place.number AS place, place.is_open,
       liking AND NOT (is_open AND choose = 'first') AS is_like
FROM (SELECT DISTINCT ON (collector, town, number_in_town) *
      FROM (SELECT row_number() OVER () AS number, collector.number AS collector, collector.town,
                   random() < 0.1 AS liking, 1 + floor(random() * size)::bigint AS number_in_town
            FROM collector JOIN (SELECT town, count(*) AS size FROM place GROUP BY town) AS counted USING (town),
                 generate_series(1, %(swipes)s / %(collectors)s) OFFSET 0) AS any_drawn) AS drawn
JOIN place USING (town, number_in_town);
ANALYZE swipe
"""

_INSERT_PEOPLE = """
INSERT INTO accounts_user (id, password, is_superuser, display_name, shown_name, locale, avatar_colour, is_active,
                           is_staff, created_at)
SELECT pg_temp.person(kind, number), '!', false, initcap(kind) || ' ' || number, initcap(kind),
       CASE WHEN number %% 5 = 0 THEN 'en' ELSE 'th' END, '#15803d', true, false, %(now)s
FROM (SELECT 'resident' AS kind, number FROM generate_series(1, %(residents)s::bigint) AS number
      UNION ALL SELECT 'collector', number FROM collector) AS somebody
"""

_INSERT_COLLECTORS = """
INSERT INTO geo_collector (user_id, service_point, radius_m, material_ids, vehicle, bio, is_available,
                           has_hazard_badge, updated_at)
SELECT pg_temp.person('collector', number), point::geography, 3000 + 1000 * (number %% 8), materials, 'pickup', '',
       true, false, %(now)s
FROM collector CROSS JOIN LATERAL (
    SELECT CASE WHEN collector.number %% 2 = 0 THEN '{}'::int[] ELSE array_agg(kind.id) END AS materials
    FROM kind WHERE (kind.number * 7 + collector.number) %% 3 < 2) AS chosen
"""

_INSERT_PICKUPS = """
INSERT INTO geo_pickup (id, resident_id, title, note, location, cell, area, address, access_note, window_from,
                        window_until, price_mode, price_thb, choose, status, expires_at, closed_at, kg_estimate,
                        material_ids, likes_counted, revision, created_at, updated_at, card)
SELECT pg_temp.id_of('pickup', number, created_at), pg_temp.person('resident', 1 + number %% %(residents)s),
       left(title, 80), '', point::geography, cell, '', '', '', window_from, window_until, price_mode, price_thb,
       choose, CASE WHEN is_open THEN 'open' WHEN number / 2 %% 4 = 0 THEN 'expired' ELSE 'handed_over' END,
       expires_at, CASE WHEN NOT is_open THEN %(now)s END, kg, materials, coalesce(likes, 0), 1, created_at, created_at,
       -- As draw_card() would; of closed ones nobody sees a card.
       CASE WHEN is_open THEN jsonb_build_object(
           'id', pg_temp.id_of('pickup', number, created_at), 'title', left(title, 80), 'items', items,
           'photos', jsonb_build_array(jsonb_build_object(
               'id', pg_temp.id_of('photo', number, created_at), 'large', 'pickups/generated.jpg',
               'thumb', 'pickups/generated-small.jpg', 'width', 1600, 'height', 1200)),
           'kg_estimate', kg, 'price', jsonb_build_object('mode', price_mode, 'amount', price_thb),
           'window', jsonb_build_object('from', card_moment(window_from), 'until', card_moment(window_until)),
           'choose', choose, 'area', '',
           'cell', jsonb_build_object('lat', round(degrees(atan(sinh(ST_Y(cell) / 6378137)))::numeric, 6),
                                      'lon', round(degrees(ST_X(cell) / 6378137)::numeric, 6)),
           'resident', jsonb_build_object('first_name', 'Resident', 'rating', null),
           'expires_at', card_moment(expires_at), 'created_at', card_moment(created_at))::text ELSE '' END
FROM place
JOIN spot USING (number)
JOIN (SELECT place AS number, array_agg(material_id ORDER BY material_id) AS materials, sum(kg) AS kg,
             string_agg(thing.name_th, ', ' ORDER BY material_id) AS title,
             jsonb_agg(jsonb_build_object('material', code, 'quantity', quantity::numeric(9, 3), 'unit', unit,
                                          'kg_estimate', kg) ORDER BY material_id) AS items
      FROM thing JOIN geo_material ON geo_material.id = material_id GROUP BY place) AS contents USING (number)
LEFT JOIN (SELECT place AS number, count(*) AS likes FROM swipe WHERE is_like GROUP BY place) AS liked USING (number)
CROSS JOIN LATERAL (
    SELECT %(now)s + (number %% 96) * interval '1 hour' AS window_from,
           %(now)s + (number %% 96 + 3) * interval '1 hour' AS window_until,
           CASE WHEN number %% 4 = 0 THEN 'asks' ELSE 'free' END AS price_mode,
           CASE WHEN number %% 4 = 0 THEN 20 + number %% 200 END::numeric(9, 2) AS price_thb,
           %(now)s + interval '7 days' + (number %% 480) * interval '1 hour' AS expires_at OFFSET 0) AS offer
"""

_INSERT_ITEMS = """
INSERT INTO geo_pickupitem (pickup_id, material_id, quantity, kg_estimate)
SELECT pg_temp.id_of('pickup', place.number, place.created_at), material_id, quantity, kg
FROM thing JOIN place ON place.number = thing.place ORDER BY place.number, material_id
"""

_INSERT_PHOTOS = """
INSERT INTO geo_pickupphoto (id, pickup_id, position, large, thumb, width, height, created_at)
SELECT pg_temp.id_of('photo', number, created_at), pg_temp.id_of('pickup', number, created_at), 0,
       'pickups/generated.jpg', 'pickups/generated-small.jpg', 1600, 1200, created_at
FROM place
"""

_INSERT_SWIPES = """
INSERT INTO geo_swipe (id, pickup_id, collector_id, direction, reason, like_state, queue_number, pickup_revision,
                       swiped_at)
SELECT pg_temp.id_of('swipe', swipe.number, %(now)s), pg_temp.id_of('pickup', place.number, created_at),
       pg_temp.person('collector', collector), CASE WHEN is_like THEN 'like' ELSE 'pass' END, '',
       CASE WHEN NOT is_like THEN '' WHEN place.is_open THEN 'waiting' ELSE 'closed' END,
       CASE WHEN is_like THEN row_number() OVER (PARTITION BY place, is_like ORDER BY swipe.number) END,
       1, %(now)s
FROM swipe JOIN place ON place.number = swipe.place
"""

STEPS = {
    "towns": _TOWNS,
    "places drawn": _DRAW_PLACES,
    "spots drawn": _DRAW_SPOTS,
    "contents drawn": _DRAW_ITEMS,
    "collectors drawn": _DRAW_COLLECTORS,
    "swipes drawn": _DRAW_SWIPES,
    "people": _INSERT_PEOPLE,
    "collectors": _INSERT_COLLECTORS,
    "pickups": _INSERT_PICKUPS,
    "items": _INSERT_ITEMS,
    "photos": _INSERT_PHOTOS,
    "swipes": _INSERT_SWIPES,
}


def draw_crowd(crowd: Crowd) -> Iterator[str]:
    """Insert the whole city in the caller's transaction; yields the name of each step once it is done."""
    values = vars(crowd) | {"residents": crowd.residents, "now": read_clock()} | _town_columns() | _band_columns()
    with connection.cursor() as cursor:
        cursor.execute(_WITHOUT_CHECKS)
        cursor.execute("SELECT setseed(1.0 / (1 + %(seed)s))", values)
        cursor.execute(_FUNCTIONS, values)
        for name, sql in STEPS.items():
            cursor.execute(sql, values)
            yield name
        cursor.execute(_WITH_CHECKS)


def _town_columns() -> dict[str, list[float]]:
    with TOWNS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = {"lats": "lat", "lons": "lon", "people": "people", "spreads": "spread_m"}
    return {name: [float(row[column]) for row in rows] for name, column in names.items()}


def _band_columns() -> dict[str, object]:
    """The grid's bands wherever a Thai pickup can fall, and far beyond."""
    degrees = range(-5, 35)
    bands = [band_at(degree, settings.GRID_SIZE_M) for degree in degrees]
    return {
        "degrees": list(degrees),
        "bottoms": [band.bottom for band in bands],
        "sides_x": [band.side_x for band in bands],
        "sides_y": [band.side_y for band in bands],
        "map_width": WORLD_M,
    }
