"""The exact point of a home is written nowhere that somebody else reads."""

import logging
from dataclasses import asdict
from datetime import timedelta

import pytest

from backend.accounts.models import User
from backend.shared.clock import read_clock
from notifications.models import Event
from notifications.push.memory import forget, outbox
from tests.geo.bodies import pickup_body
from tests.makers import client_of, make_user
from tests.makers_geo import make_collector, material
from tests.makers_notifications import deliver_to, make_device

HOME = {"lat": 13.7306543, "lon": 100.5417891}
DIGITS = ("13.7306", "100.5417", "7306543", "5417891")


@pytest.fixture
def resident(db: None) -> User:
    """Somebody with a phone that takes pushes."""
    return make_device(make_user()).user


class TestExactPoint:
    def test_is_in_no_log_push_url_event_or_stranger_s_answer(
        self, resident: User, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        caplog.set_level(logging.DEBUG)
        forget()
        material()
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
