"""The grid that hides homes."""

import math

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from geo.grid import LATITUDE_MAX, WORLD_M, OffTheGrid, band_at, cell_of, in_degrees, on_map, stretch_at

SIZE_M = 300
longitudes = st.floats(-180, 180)
latitudes = st.floats(-LATITUDE_MAX, LATITUDE_MAX)
inhabited = st.floats(-65, 65)


def place(longitude: float, latitude: float) -> Point:
    return Point(longitude, latitude, srid=4326)


class TestCell:
    @given(longitudes, latitudes)
    def test_of_a_cell_is_itself(self, longitude: float, latitude: float) -> None:
        cell = cell_of(place(longitude, latitude))

        assert cell_of(in_degrees(cell)).coords == cell.coords

    @given(longitudes, inhabited)
    def test_is_no_further_than_half_a_diagonal(self, longitude: float, latitude: float) -> None:
        point = place(longitude, latitude)
        cell, there = cell_of(point), on_map(point)

        east = abs(cell.x - there.x)
        metres = math.hypot(min(east, WORLD_M - east), cell.y - there.y) / stretch_at(latitude)

        assert metres <= SIZE_M * math.sqrt(0.5) * 1.03

    @given(longitudes, inhabited, st.floats(0.01, 0.99), st.floats(0.01, 0.99))
    def test_is_the_same_all_over_its_square(self, longitude: float, latitude: float, across: float, up: float) -> None:
        cell = cell_of(place(longitude, latitude))
        band = band_at(math.floor(in_degrees(cell).y), SIZE_M)
        elsewhere = Point(cell.x + (across - 0.5) * band.side_x, cell.y + (up - 0.5) * band.side_y, srid=3857)

        assert cell_of(in_degrees(elsewhere)).coords == cell.coords

    @given(latitudes)
    def test_meets_itself_behind_the_antimeridian(self, latitude: float) -> None:
        assert cell_of(place(180, latitude)).coords == cell_of(place(-180, latitude)).coords

    @pytest.mark.parametrize("latitude", [85.01, 90, -90, -85.5, math.nan, math.inf])
    def test_is_refused_at_the_poles(self, latitude: float) -> None:
        with pytest.raises(OffTheGrid):
            cell_of(place(100, latitude))

    @pytest.mark.parametrize("latitude", [-85, 85, 0, 14, 13.999999])
    def test_exists_on_the_edge_of_a_band(self, latitude: float) -> None:
        cell = cell_of(place(100.5, latitude))

        assert cell_of(in_degrees(cell)).coords == cell.coords

    @pytest.mark.parametrize("degree", [-65, 0, 5, 13, 20, 51, 64])
    def test_is_a_square_of_the_size_set(self, degree: int) -> None:
        band = band_at(degree, SIZE_M)

        for side in (band.side_x, band.side_y):
            for latitude in (degree, degree + 1):
                assert side / stretch_at(latitude) == pytest.approx(SIZE_M, rel=0.02)


@pytest.mark.django_db
class TestMap:
    @pytest.mark.parametrize(("longitude", "latitude"), [(100.5418, 13.7307), (-70.6, -33.4), (0, 0), (25.5, 64.9)])
    def test_is_the_one_of_postgis(self, longitude: float, latitude: float) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT ST_X(p), ST_Y(p) FROM ST_Transform(ST_Point(%s, %s, 4326), 3857) AS p", [longitude, latitude]
            )
            expected = cursor.fetchone()

        there = on_map(place(longitude, latitude))

        assert there.coords == pytest.approx(expected, abs=1e-3)
        assert in_degrees(there).coords == pytest.approx((longitude, latitude))
