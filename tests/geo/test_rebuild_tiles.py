"""The lists of tiles compared with pickups and swipes, and made anew."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from backend.accounts.models import User
from geo.models import Pickup
from geo.services.tiles import compare_tiles
from tests.makers_geo import make_pickup
from tests.makers_match import make_collecting_user, swipe

# Each hides the pickup that Malee has not swiped.
DAMAGE = {
    "not listed as open": "UPDATE geo_tile SET numbers = numbers - %(number)s",
    "in a square without a name": "UPDATE geo_tile SET newest = '{}'",
    "without a number": "UPDATE geo_tile SET is_full = true; UPDATE geo_pickup SET tile_number = NULL"
    " WHERE tile_number = %(number)s; UPDATE geo_tile SET is_full = false",
    "in a tile without a name": "UPDATE geo_sheet SET drawn = '{}'",
    "listed as swiped": "UPDATE geo_tile_swiped SET numbers = numbers | %(number)s",
    "in a square that is done": "UPDATE geo_tile_swiped SET done = newest FROM geo_tile",
    "in a tile that is done": "UPDATE geo_sheet_swiped SET done = drawn FROM geo_sheet",
}


@pytest.fixture(autouse=True)
def no_tiles_of_others(db: None) -> None:
    """Django's flush leaves the tiles of other tests, which no model knows."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE geo_tile, geo_tile_swiped, geo_sheet, geo_sheet_swiped")


@pytest.fixture
def malee() -> User:
    """Collects, and has swiped one of two pickups in a square."""
    return make_collecting_user()


@pytest.fixture
def unswiped(malee: User) -> Pickup:
    """The other one."""
    swipe(malee, make_pickup(), "pass")
    return make_pickup()


def damage(sql: str, pickup: Pickup) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tile_number FROM geo_pickup WHERE id = %s", [pickup.pk])
        (number,) = cursor.fetchone()
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, {"number": number})
        cursor.execute("SET LOCAL session_replication_role = origin")


def said_by(*arguments: str) -> str:
    said = StringIO()
    call_command("rebuild_tiles", *arguments, stdout=said)
    return said.getvalue()


class TestCheck:
    def test_finds_nothing_where_all_is_well(self, unswiped: Pickup) -> None:
        assert said_by("--check") == "The lists hide no pickup.\n"

    @pytest.mark.parametrize("why", DAMAGE)
    def test_finds_a_hidden_pickup(self, malee: User, unswiped: Pickup, why: str) -> None:
        damage(DAMAGE[why], unswiped)

        found = {(one.pickup_id, one.collector_id) for one in compare_tiles()}

        assert found & {(unswiped.pk, malee.pk), (unswiped.pk, None)}
        with pytest.raises(CommandError, match="hidden"):
            said_by("--check")


class TestRebuild:
    @pytest.mark.parametrize("why", DAMAGE)
    def test_makes_it_right(self, malee: User, unswiped: Pickup, why: str) -> None:
        damage(DAMAGE[why], unswiped)

        assert str(unswiped.pk) in said_by()
        assert compare_tiles() == []

    def test_lists_again_what_is_done(self, malee: User) -> None:
        pickup = make_pickup()
        swipe(malee, pickup, "pass")
        said_by()

        with connection.cursor() as cursor:
            cursor.execute("SELECT swiped.done = drawn FROM geo_sheet_swiped AS swiped JOIN geo_sheet USING (sheet)")
            assert cursor.fetchall() == [(True,)]
