"""Hazardous waste: shown to those with the badge alone, with a safety card, and with another way to go."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from backend.accounts.models import User
from backend.core.clock import read_clock
from chat.models import Message
from geo.collectors.services import set_hazard_badge
from geo.matching.selectors import collectors_near
from geo.matching.services.matches import release_match
from geo.materials.safety import hazard_of
from geo.models import Collector, Match, Material, Pickup, Swipe
from tests.factories.geo import make_collector, make_pickup, material
from tests.factories.matches import events_of, make_like, make_match, names_of_events, swipe
from tests.factories.people import client_of, make_user
from tests.geo.bodies import pickup_body

pytestmark = pytest.mark.django_db

BATTERY = {"material": "lead_acid_battery", "quantity": 9}


def badged() -> User:
    """A collector with the badge."""
    user: User = make_collector(has_hazard_badge=True).user
    return user


def withdraw(user: User) -> None:
    """In the admin."""
    set_hazard_badge(user_ids=[user.pk], has_badge=False, now=read_clock())


@pytest.fixture
def battery() -> Pickup:
    """A car battery in Lumphini."""
    return make_pickup(items={"lead_acid_battery": 9, "cardboard": 1})


class TestPosting:
    @pytest.fixture
    def answer(self) -> Any:
        """What the server says to who posts a car battery."""
        return client_of(make_user()).post("/api/v1/pickups", pickup_body(items=[BATTERY]))

    def test_tells_why_and_where_else_to_go(self, answer: Any) -> None:
        hazard = answer.json()["hazard"]

        assert answer.status_code == 201
        assert "Lead-acid batteries" in hazard["why"]
        assert "badge" in hazard["why"]
        assert "district office" in hazard["drop_off"][0]["name"]
        assert hazard["drop_off"][0]["source"]
        assert hazard["drop_off"][0]["checked"] == "2026-11-24"

    def test_says_nothing_of_what_is_harmless(self) -> None:
        assert client_of(make_user()).post("/api/v1/pickups", pickup_body()).json()["hazard"] is None

    def test_speaks_thai(self) -> None:
        answer = client_of(make_user(locale="th")).post("/api/v1/pickups", pickup_body(items=[BATTERY])).json()

        hazard = answer["hazard"]
        assert "อันตราย" in hazard["why"]
        assert "แบตเตอรี่" in hazard["safety"][0]["title"]
        assert "สำนักงานเขต" in hazard["drop_off"][0]["name"]

    def test_takes_the_places_of_another_city(self, settings: Settings, tmp_path: Any) -> None:
        file = tmp_path / "places.toml"
        file.write_text(
            '[[place]]\nname_en="Yard"\nname_th="ลาน"\nhow_en=""\nhow_th=""\nsource="x"\nchecked=2026-01-01\n'
        )
        settings.DROP_OFF_FILE = str(file)

        hazard = hazard_of([material("lead_acid_battery")])

        assert hazard
        assert hazard.drop_off[0].name in ("Yard", "ลาน")

    def test_every_hazardous_material_has_a_card_of_its_own_in_both_languages(self) -> None:
        for row in Material.objects.filter(is_hazardous=True):
            hazard = hazard_of([row])
            assert hazard
            assert hazard.safety[0].source, row.code
            assert hazard.safety[0].do
            assert hazard.safety[0].dont


class TestGate:
    def test_no_deck_and_no_ring_without_the_badge(self, battery: Pickup) -> None:
        other, able = make_collector().user, badged()

        decks = [client_of(one).get("/api/v1/deck").json()["cards"] for one in (other, able)]
        near = collectors_near(battery, radius_m=5_000, notified=[], now=read_clock())

        assert [len(cards) for cards in decks] == [0, 1]
        assert [one.user_id for one in near] == [able.pk]

    def test_no_like_without_the_badge(self, battery: Pickup) -> None:
        client = client_of(make_collector().user)

        answer = client.put(f"/api/v1/pickups/{battery.pk}/swipe", {"direction": "like"})

        assert (answer.status_code, answer.json()["code"]) == (403, "hazard_badge_needed")
        assert not Match.objects.exists()

    def test_a_pass_is_free_to_all(self, battery: Pickup) -> None:
        client = client_of(make_collector().user)

        assert client.put(f"/api/v1/pickups/{battery.pk}/swipe", {"direction": "pass"}).status_code == 200

    def test_no_acceptance_once_the_badge_is_withdrawn(self) -> None:
        pickup = make_pickup(items={"lead_acid_battery": 9}, choose="resident")
        like = make_like(pickup, badged())
        withdraw(like.collector)

        answer = client_of(pickup.resident).post(f"/api/v1/pickups/{pickup.pk}/likes/{like.pk}/accept")

        assert (answer.status_code, answer.json()["code"]) == (403, "hazard_badge_needed")

    def test_no_promotion_once_the_badge_is_withdrawn(self, battery: Pickup) -> None:
        match = make_match(battery, badged())
        first, second = make_like(battery, badged()), make_like(battery, badged())
        withdraw(first.collector)

        release_match(user_id=match.collector_id, match_id=match.pk, reason="other", now=read_clock())

        assert Match.objects.get(status="active").collector_id == second.collector_id


class TestWhatBecomesHazardous:
    @pytest.fixture
    def pickup(self) -> Pickup:
        """Clear bottles, as yet."""
        return make_pickup(choose="resident")

    def amend(self, pickup: Pickup) -> Any:
        """A battery was found among them."""
        return client_of(pickup.resident).patch(f"/api/v1/pickups/{pickup.pk}", {"items": [BATTERY]})

    def test_keeps_the_likes_of_those_with_the_badge_alone(self, pickup: Pickup) -> None:
        other, able = make_like(pickup), make_like(pickup, badged())

        assert self.amend(pickup).status_code == 200

        payload = {"pickup": str(pickup.pk), "title": pickup.title, "reason": "hazardous"}
        assert events_of(other.collector) == [("pickup.closed", payload)]
        assert names_of_events(able.collector) == ["pickup.amended"]
        client = client_of(pickup.resident)
        assert [one["id"] for one in client.get(f"/api/v1/pickups/{pickup.pk}/likes").json()["results"]] == [
            str(able.pk)
        ]
        answer = client.post(f"/api/v1/pickups/{pickup.pk}/likes/{other.pk}/accept")
        assert (answer.status_code, answer.json()["code"]) == (409, "like_not_waiting")

    def test_may_be_liked_again_once_the_battery_is_gone(self, pickup: Pickup) -> None:
        like = make_like(pickup)
        self.amend(pickup)
        bottles = {"items": [{"material": "pet_clear", "quantity": 5}]}
        client_of(pickup.resident).patch(f"/api/v1/pickups/{pickup.pk}", bottles)

        answer = client_of(like.collector).put(f"/api/v1/pickups/{pickup.pk}/swipe", {"direction": "like"})

        assert answer.json()["queue_position"] == 1

    def test_passes_on_from_a_runner_up_without_the_badge(self) -> None:
        match = make_match()
        pickup, candidate, able = match.pickup, make_collector().user, badged()
        swipe(candidate, pickup, now=read_clock() - timedelta(hours=3))
        release_match(user_id=match.collector_id, match_id=match.pk, reason="other", now=read_clock())
        swipe(able, pickup)

        self.amend(pickup)

        assert names_of_events(candidate)[-1] == "pickup.closed"
        assert Match.objects.get(status="active").collector_id == able.pk
        assert "pickup.amended" in names_of_events(able)

    def test_is_open_to_all_with_the_badge_where_nobody_else_waits(self) -> None:
        match = make_match()
        pickup, candidate = match.pickup, make_collector().user
        swipe(candidate, pickup, now=read_clock() - timedelta(hours=3))
        release_match(user_id=match.collector_id, match_id=match.pk, reason="other", now=read_clock())

        self.amend(pickup)

        pickup.refresh_from_db()
        assert (pickup.status, pickup.reserved_until) == ("open", None)
        assert client_of(badged()).get("/api/v1/deck").json()["cards"][0]["id"] == str(pickup.pk)

    def test_is_hazardous_already_and_changes_nothing_for_those_who_wait(self) -> None:
        pickup = make_pickup(items={"lead_acid_battery": 9}, choose="resident")
        like = make_like(pickup, badged())
        withdraw(like.collector)

        self.amend(pickup)

        assert Swipe.objects.get(pk=like.pk).like_state == "waiting"


class TestMatch:
    def test_shows_both_what_to_mind(self, battery: Pickup) -> None:
        match = make_match(battery, badged())

        for person in (match.collector, match.pickup.resident):
            hazard = client_of(person).get(f"/api/v1/matches/{match.pk}").json()["pickup"]["hazard"]
            assert [card["material"] for card in hazard["safety"]] == ["lead_acid_battery"]

    def test_begins_the_chat_with_the_card(self, battery: Pickup) -> None:
        match = make_match(battery, badged())

        card = Message.objects.get(conversation=match.conversation)
        assert card.data == {"code": "safety", "data": {"match": str(match.pk), "materials": ["lead_acid_battery"]}}

    def test_of_what_is_harmless_has_no_card(self) -> None:
        match = make_match()

        assert not Message.objects.filter(conversation=match.conversation).exists()
        assert client_of(match.collector).get(f"/api/v1/matches/{match.pk}").json()["pickup"]["hazard"] is None

    def test_stays_with_a_collector_who_loses_the_badge_on_the_way(self, battery: Pickup) -> None:
        """Staff talk to the collector; the resident keeps the appointment."""
        user = badged()
        swipe(user, battery)
        withdraw(user)

        assert Match.objects.get().status == "active"
        assert Collector.objects.filter(pk=user.pk, has_hazard_badge=False).exists()
