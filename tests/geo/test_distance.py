"""The distance on a card, against PostGIS."""

from random import Random

from django.db import connection

from geo.distance import metres_between
from geo.grid import x_of, y_of

_GEODESIC = "SELECT ST_Distance(ST_Point(%s, %s, 4326)::geography, ST_Point(%s, %s, 4326)::geography)"


def test_is_the_geodesic_s_to_a_centimetre(db: None) -> None:
    random = Random(1)
    worst = 0.0
    with connection.cursor() as cursor:
        for reach in [0.0, 0.001, 0.1, 0.4] * 50:
            latitude, longitude = random.uniform(-65, 65), random.uniform(-179, 179)
            there = latitude + random.uniform(-reach, reach), longitude + random.uniform(-reach, reach)
            cursor.execute(_GEODESIC, [longitude, latitude, there[1], there[0]])
            (metres,) = cursor.fetchone()
            worst = max(worst, abs(metres_between(latitude, longitude, x_of(there[1]), y_of(there[0])) - metres))

    assert worst < 0.01
