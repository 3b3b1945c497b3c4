"""The tools behind bin/bench: rows, the load generator, and the generated city."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat
from threading import Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from backend.accounts.models import User
from backend.core.db.definitions import wrong_definitions
from geo.grid import cell_of
from geo.models import Collector, Material, Pickup, PickupItem, Swipe
from tests.factories.chat import make_conversation, make_message
from tests.factories.people import client_of, make_user
from tools.bench.city import City
from tools.bench.load import request_bytes, run_load
from tools.bench.operations import make_account, reads
from tools.bench.postgres import script_of, statements_taken
from tools.bench.rows import Row, json_of, text_of
from tools.demo_city.generated_city import STEPS, Crowd, draw_crowd


def make_row(*, value: float, floor: float, target: float | None, at_most: bool) -> Row:
    return Row(
        row="deck_sql_plain",
        value=value,
        unit="ms",
        floor=floor,
        target=target,
        at_most=at_most,
        floor_is="the bare query",
        repeat="bin/bench deck",
    )


class TestRow:
    @pytest.mark.parametrize(
        ("value", "at_most", "ok"), [(2.0, True, True), (2.1, True, False), (2.0, False, True), (1.9, False, False)]
    )
    def test_is_ok_up_to_its_target(self, value: float, at_most: bool, ok: bool) -> None:
        assert make_row(value=value, floor=1, target=2, at_most=at_most).ok is ok

    def test_has_a_stable_json_form(self) -> None:
        row = make_row(value=1, floor=3, target=2, at_most=True)

        assert json.loads(json_of([row])) == [
            {"row": "deck_sql_plain", "value": 1, "unit": "ms", "floor": 3, "ratio": 0.333, "target": 2, "ok": True}
        ]

    def test_without_a_target_only_reports(self) -> None:
        row = make_row(value=9, floor=1, target=None, at_most=True)

        assert row.ok
        assert row.as_json()["target"] is None
        assert "reported" in text_of(row)

    def test_takes_one_line_when_it_is_brief(self) -> None:
        row = replace(make_row(value=9, floor=1, target=None, at_most=True), is_brief=True)

        assert text_of(row).count("\n") == 0

    def test_names_the_missed_target_and_the_command(self) -> None:
        text = text_of(make_row(value=9, floor=1, target=2, at_most=True))

        assert "MISSED" in text
        assert "again: bin/bench deck" in text


class _Echo(BaseHTTPRequestHandler):
    """Responds 200 to requests with the right token, else 401."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200 if self.headers.get("Authorization") == "Bearer good" else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing."""


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a running server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server.server_port
        server.shutdown()


class TestLoad:
    def test_sends_every_request_once_and_counts_the_responses(self, echo: int) -> None:
        good = [request_bytes("PUT", "/", "good", b"{}")] * 20
        bad = [request_bytes("PUT", "/", None, b"{}")] * 5

        load = run_load(echo, [good, bad], seconds=5, warm_up=0)

        assert load.statuses == {200: 20, 401: 5}
        assert len(load.latencies_s) == 25
        assert load.rate > 0

    def test_stops_after_its_time(self, echo: int) -> None:
        load = run_load(echo, [repeat(request_bytes("PUT", "/", "good"))], seconds=0.2, warm_up=0.1)

        assert load.statuses.keys() == {200}
        assert 0 < load.seconds <= 0.2


@pytest.fixture
def city(db: None) -> Crowd:
    """A small generated city."""
    crowd = Crowd(pickups=400, open=300, collectors=20, swipes=600, seed=7)
    assert list(draw_crowd(crowd)) == list(STEPS)
    return crowd


class TestGeneratedCity:
    def test_has_the_requested_size(self, city: Crowd) -> None:
        assert Pickup.objects.count() == city.pickups
        assert Pickup.objects.filter(status=Pickup.Status.OPEN).count() == city.open
        assert Collector.objects.count() == city.collectors
        assert 0 < Swipe.objects.count() <= city.swipes

    def test_leaves_every_trigger_at_work(self, city: Crowd) -> None:
        assert wrong_definitions() == []

    def test_hides_homes_as_the_service_does(self, city: Crowd) -> None:
        for pickup in Pickup.objects.all():
            assert pickup.cell.distance(cell_of(pickup.location)) < 0.001

    def test_keeps_derived_columns_consistent(self, city: Crowd) -> None:
        for pickup in Pickup.objects.prefetch_related("items", "swipes"):
            items: list[PickupItem] = list(pickup.items.all())
            likes = [swipe for swipe in pickup.swipes.all() if swipe.direction == Swipe.Direction.LIKE]
            assert pickup.material_ids == sorted(item.material_id for item in items)
            assert pickup.kg_estimate == sum(item.kg_estimate for item in items)
            assert sorted(like.queue_number or 0 for like in likes) == list(range(1, pickup.likes_counted + 1))

    def test_has_decks_with_cards(self, city: Crowd) -> None:
        decks = [client_of(user).get("/api/v1/deck") for user in User.objects.filter(collector__isnull=False)]

        assert {deck.status_code for deck in decks} == {200}
        assert any(deck.json()["cards"] for deck in decks)

    def test_draws_cards_as_the_service_does(self, city: Crowd) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*), count(*) FILTER (WHERE card::jsonb = draw_card(geo_pickup)::jsonb) FROM geo_pickup"
                " WHERE status = 'open'"
            )
            assert cursor.fetchone() == (city.open, city.open)

    def test_is_the_same_for_the_same_seed(self, city: Crowd) -> None:
        def places() -> list[tuple[float, float]]:
            return sorted((pickup.location.x, pickup.location.y) for pickup in Pickup.objects.all())

        before = places()
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE accounts_user CASCADE; DISCARD TEMP")
        list(draw_crowd(city))

        assert places() == before

    def test_needs_the_catalogue(self, db: None) -> None:
        Material.objects.all().delete()

        with pytest.raises(CommandError, match="load_materials"):
            call_command("generate_city", pickups=1)

    def test_refuses_a_database_in_use(self, city: Crowd) -> None:
        with pytest.raises(CommandError, match="empty"):
            call_command("generate_city", pickups=1)

    def test_refuses_production(self, db: None, settings: Settings) -> None:
        settings.IS_PRODUCTION = True

        with pytest.raises(CommandError, match="production"):
            call_command("generate_city", pickups=1)

    @pytest.mark.parametrize("counts", [{"pickups": 0}, {"pickups": 5, "open": 6}, {"pickups": 5, "swipes": -1}])
    def test_refuses_invalid_counts(self, db: None, counts: dict[str, int]) -> None:
        with pytest.raises(CommandError, match="Counts"):
            call_command("generate_city", **counts)


class TestTemplate:
    def test_has_a_name_for_each_size_and_seed(self) -> None:
        names = {
            City(pickups=size, open=size, collectors=10, swipes=10, seed=seed).template
            for size in (5, 6)
            for seed in (1, 2)
        }

        assert len(names) == 4
        assert all(len(name) < 63 for name in names)


class TestOperations:
    def test_every_read_of_the_schema_succeeds_for_a_measured_person(self, db: None) -> None:
        operations = list(reads(make_account(3)))

        for operation in operations:
            for request in operation.requests:
                request.run()
        names = {operation.name for operation in operations}
        assert {"GET /me", "GET /deck", "GET /matches", "GET /conversations", "GET /me/export"} <= names
        assert [operation.name for operation in operations if operation.is_public] == [
            "GET /config",
            "GET /drop-off-points",
            "GET /materials",
            "GET /phrases",
            "GET /prices",
        ]


class TestStatementsTaken:
    def test_become_scripts_with_parameters(self, db: None) -> None:
        user = make_user(display_name="100 %")

        with statements_taken() as taken:
            User.objects.filter(pk=user.pk, display_name="100 %", erased_at__isnull=True).exists()
            with connection.cursor() as cursor:
                cursor.execute("SELECT %(one)s::int, %(none)s::text", {"one": 1, "none": None})

        first, second = [part.for_pgbench("v") for part in taken]
        assert "--define=v_p1=100 %" in first[1]
        assert "%" not in first[0]
        assert second == ("SELECT :v_one::int, NULL::text", ["--define=v_one=1"])


class TestSameStatements:
    def test_replace_what_must_be_new(self, db: None) -> None:
        ann, bob = make_user(), make_user()
        conversation = make_conversation(ann, bob)

        script = script_of(lambda: make_message(conversation, ann, "It's 2 o'clock"), number=1)

        assert script.startswith("\\set n :n + 1\nWITH ")
        assert "BEGIN" not in script
        assert "gen_random_uuid()" in script
        assert "now()" in script
        assert str(conversation.pk) in script
        assert "It''s 2 o''clock" in script

    def test_are_one_transaction(self, db: None) -> None:
        script = script_of(lambda: [User.objects.count(), User.objects.exists()], number=1)

        assert script.startswith("\\set n :n + 1\nBEGIN;\n")
        assert script.endswith("COMMIT;\n")

    def test_must_be_the_same_twice(self, db: None) -> None:
        calls: Iterator[Callable[[], object]] = iter([User.objects.count, User.objects.exists])

        def call() -> None:
            next(calls)()

        with pytest.raises(RuntimeError, match="different statements"):
            script_of(call, number=1)
