"""The notices of an amended pickup: their receivers and their content."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.core.clock import read_clock
from geo.matching.services.matches import release_match
from geo.models import Match, Pickup, Swipe
from notifications.texts import text_of
from tests.factories.geo import LUMPHINI, make_pickup
from tests.factories.matches import (
    events_of,
    make_collecting_user,
    make_like,
    make_match,
    names_of_events,
    pushed_to,
    swipe,
)
from tests.factories.people import client_of

pytestmark = pytest.mark.django_db


def amend(client: APIClient, pickup: Pickup, **changes: Any) -> Any:
    return client.patch(f"/api/v1/pickups/{pickup.pk}", changes)


def window(hours: int = 2) -> dict[str, str]:
    begins = read_clock() + timedelta(hours=hours)
    return {"from": begins.isoformat(), "until": (begins + timedelta(hours=3)).isoformat()}


@pytest.fixture
def pickup(user: User) -> Pickup:
    """A pickup of `user`, who chooses."""
    return make_pickup(resident=user, choose="resident")


class TestAmendment:
    def test_goes_to_all_who_like_it(self, client: APIClient, pickup: Pickup) -> None:
        likes = [make_like(pickup), make_like(pickup)]

        answer = amend(client, pickup, title="Cans", price={"mode": "asks", "amount": 20}, window=window())

        assert answer.status_code == 200
        for like in likes:
            told = {"pickup": str(pickup.pk), "title": "Cans", "changed": ["title", "window", "price"]}
            assert events_of(like.collector) == [("pickup.amended", told)]
            assert pushed_to(like.collector) == ["pickup.amended"]

    @pytest.mark.parametrize(
        ("changes", "changed"),
        [
            ({"note": "Ring twice"}, ["note"]),
            ({"items": [{"material": "pet_clear", "quantity": 9}]}, ["items"]),
            ({"location": {"lat": LUMPHINI.y + 0.02, "lon": LUMPHINI.x}}, ["location"]),
            ({"area": "Silom"}, ["area"]),
            ({"choose": "first"}, ["choose"]),
        ],
    )
    def test_names_what_changed(
        self, client: APIClient, pickup: Pickup, changes: dict[str, Any], changed: list[str]
    ) -> None:
        like = make_like(pickup)

        amend(client, pickup, **changes)

        assert events_of(like.collector)[0][1]["changed"] == changed

    @pytest.mark.parametrize(
        "changes",
        [
            {"title": "Bottles"},
            {"address": "100 Rama IV"},
            {"access_note": "Gate 3"},
            {"items": [{"material": "pet_clear", "quantity": 3}]},
            {"location": {"lat": LUMPHINI.y, "lon": LUMPHINI.x}},
        ],
    )
    def test_is_silent_where_nothing_shown_changed(
        self, client: APIClient, pickup: Pickup, changes: dict[str, Any]
    ) -> None:
        like = make_like(pickup)

        assert amend(client, pickup, **changes).status_code == 200

        assert events_of(like.collector) == []

    def test_does_not_go_to_those_who_passed_or_withdrew(self, client: APIClient, pickup: Pickup) -> None:
        passed, withdrew = make_like(pickup), make_like(pickup)
        swipe(passed.collector, pickup, "pass")
        client_of(withdrew.collector).delete(f"/api/v1/pickups/{pickup.pk}/swipe")

        amend(client, pickup, title="Cans")

        assert names_of_events(passed.collector) == names_of_events(withdrew.collector) == []

    def test_of_a_matched_pickup_goes_to_the_collector_and_the_runners_up(self, client: APIClient) -> None:
        match = make_match()
        runner_up = make_like(match.pickup)

        answer = amend(client_of(match.pickup.resident), match.pickup, window=window(), note="Second floor")

        assert answer.status_code == 200
        for collector in (match.collector, runner_up.collector):
            assert events_of(collector)[-1][1]["changed"] == ["note", "window"]

    @pytest.mark.parametrize("changes", [{"title": "Cans"}, {"price": {"mode": "asks", "amount": 9}}])
    def test_of_a_matched_pickup_is_refused_beyond_note_and_window(self, changes: dict[str, Any]) -> None:
        match = make_match()

        answer = amend(client_of(match.pickup.resident), match.pickup, note="New", **changes)

        assert (answer.status_code, answer.json()["code"]) == (409, "pickup_not_open")
        assert names_of_events(match.collector) == ["match.made"]


class TestText:
    def test_names_the_changes_in_both_languages(self) -> None:
        data = {"title": "Bottles", "changed": ["window", "price", "moon"]}

        english, thai = (text_of(event="pickup.amended", data=data, locale=locale).body for locale in ("en", "th"))

        assert english == "“Bottles” has changed: time, price."
        assert thai == "“Bottles” มีการเปลี่ยนแปลง: เวลา, ราคา"


class TestChoosingNoMore:
    def test_gives_it_to_the_first_who_waits(self, client: APIClient, pickup: Pickup) -> None:
        first, second = make_like(pickup), make_like(pickup)

        answer = amend(client, pickup, choose="first", title="Cans")

        assert answer.json()["status"] == "matched"
        assert Match.objects.get().collector_id == first.collector_id
        assert names_of_events(first.collector) == ["pickup.amended", "match.made"]
        assert names_of_events(second.collector) == ["pickup.amended"]
        assert pushed_to(first.collector) == ["pickup.amended", "match.made"]

    def test_asks_the_first_after_a_long_wait(self, client: APIClient, pickup: Pickup) -> None:
        collector = make_collecting_user()
        swipe(collector, pickup, now=read_clock() - timedelta(hours=3))

        answer = amend(client, pickup, choose="first")

        assert (answer.json()["status"], Match.objects.count()) == ("open", 0)
        assert answer.json()["reserved_until"]
        assert names_of_events(collector) == ["pickup.amended", "like.asked"]

    def test_passes_over_who_has_no_room(self, client: APIClient, pickup: Pickup, settings: Settings) -> None:
        make_like(pickup)
        settings.MATCHES_ACTIVE_MAX = 0

        assert amend(client, pickup, choose="first").json()["status"] == "open"

    def test_leaves_the_asked_collector_the_time_to_answer(self, client: APIClient, user: User) -> None:
        match = make_match(make_pickup(resident=user))
        asked = make_collecting_user()
        swipe(asked, match.pickup, now=read_clock() - timedelta(hours=3))
        release_match(user_id=user.pk, match_id=match.pk, reason="other", now=read_clock())
        make_like(match.pickup)

        amend(client, match.pickup, choose="resident")
        amend(client, match.pickup, choose="first")

        assert Swipe.objects.get(collector=asked).like_state == "asked"
        assert Match.objects.filter(status="active").count() == 0

    def test_changes_nothing_where_it_was_first_come_before(self, client: APIClient, user: User) -> None:
        pickup = make_pickup(resident=user)

        assert amend(client, pickup, choose="first").json()["status"] == "open"
