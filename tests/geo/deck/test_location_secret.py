"""The exact point of a home is not written where other people can read it."""

import logging
from dataclasses import asdict
from datetime import timedelta
from importlib import import_module

import pytest
from django.contrib.gis.geos import Point
from django.db import IntegrityError, connection, transaction

from backend.accounts.models import User
from backend.core.clock import read_clock
from backend.core.logs import json_formatter
from notifications.models import Event
from notifications.push.backends import outbox, reset_memory
from tests.factories.geo import make_collector, make_pickup
from tests.factories.notifications import deliver_to, make_device
from tests.factories.people import client_of, make_user
from tests.geo.bodies import pickup_body

HOME = {"lat": 13.7306543, "lon": 100.5417891}
DIGITS = ("13.7306", "100.5417", "7306543", "5417891")


@pytest.fixture
def resident(db: None) -> User:
    """A user with a device that receives pushes."""
    return make_device(make_user()).user


class TestMistake:
    def test_leaves_no_row_in_the_log(self, db: None) -> None:
        """What no rule of ours let through, a constraint refuses, and names the row with all its values."""
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            make_pickup(
                location=Point(HOME["lon"], HOME["lat"], srid=4326), kg_estimate=0, address="99/1 Rama IV\n\nRoad"
            )
        record = logging.LogRecord("x", logging.ERROR, "", 0, "failed", (), refused._excinfo)
        line = json_formatter().format(record)

        assert "Rama IV" in str(refused.value)
        assert "pickup_weighs_something" in line
        assert [word for word in ("Rama IV", "Road", "0101000020E6100000") if word in line] == []

    def test_leaves_no_query_in_the_line_about_a_request(self) -> None:
        """As uvicorn writes it."""
        import_module("backend.asgi")
        request = ("127.0.0.1:1", "GET", f"/api/v1/deck?lat={HOME['lat']}&lon={HOME['lon']}", "1.1", 200)
        record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, '%s - "%s %s HTTP/%s" %d', request, None)

        assert logging.getLogger("uvicorn.access").filter(record)
        assert record.getMessage() == '127.0.0.1:1 - "GET /api/v1/deck HTTP/1.1" 200'

    def test_leaves_no_statement_in_postgresqls_own(self, db: None) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('log_min_error_statement'), current_setting('log_error_verbosity')")
            assert cursor.fetchone() == ("panic", "terse")


class TestExactPoint:
    def test_is_in_no_log_push_url_event_or_stranger_s_answer(
        self, resident: User, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        caplog.set_level(logging.DEBUG)
        reset_memory()
        collector = make_device(make_collector().user).user
        phone, stranger = client_of(resident), client_of(collector)

        posted = phone.post("/api/v1/pickups", pickup_body(location=HOME, choose="resident"))
        pickup = f"/api/v1/pickups/{posted.json()['id']}"
        answers = [
            stranger.get("/api/v1/deck"),
            stranger.get(pickup),
            stranger.put(f"{pickup}/swipe", {"direction": "like"}),
            stranger.patch(pickup, {"location": HOME}),
            phone.get(f"{pickup}/likes"),
            phone.post("/api/v1/pickups", pickup_body(location={"lat": HOME["lon"], "lon": HOME["lat"]})),
        ]
        like = answers[4].json()["results"][0]["id"]
        phone.post(f"{pickup}/likes/{like}/accept")
        noon = read_clock().replace(hour=5) + timedelta(days=1)  # in Bangkok: no quiet hours
        for person in (resident, collector):
            deliver_to(person, now=noon)

        written = [str((answer.content, answer.headers, answer.request["PATH_INFO"])) for answer in answers]
        written += [str(event.data) for event in Event.objects.all()] + [str(asdict(push)) for push in outbox]
        written += [caplog.text, *capfd.readouterr(), posted.headers.get("Location", "")]
        assert Event.objects.count() >= 3
        assert outbox
        assert [text for text in written if any(digits in text for digits in DIGITS)] == []
