"""A resident's own pickups: listing, reading, amending, extending, and their end."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.core.clock import read_clock
from chat.services.conversations import open_conversation
from geo.grid import cell_of
from geo.matching.services.expiry import expire_due_pickups, expire_pickup
from geo.models import Match, Pickup, Swipe
from geo.tasks import expire_pickups
from notifications.models import Event
from tests.factories.geo import make_pickup, material
from tests.factories.people import client_of, make_user
from tests.geo.bodies import in_hours, spelled

CLOSED = ["handed_over", "cancelled", "expired"]


@pytest.fixture
def pickup(user: User) -> Pickup:
    """An open pickup of `user`."""
    return make_pickup(resident=user)


def match_with(pickup: Pickup, collector: User, status: str = "active") -> None:
    people = {pickup.resident_id, collector.pk}
    conversation = open_conversation(user_ids=people, title=pickup.title, now=read_clock())
    Match.objects.create(
        pickup=pickup,
        collector=collector,
        conversation=conversation,
        status=status,
        no_show_by=collector if status == "no_show" else None,
        created_at=read_clock(),
    )


def url(pickup: Pickup, action: str = "") -> str:
    return f"/api/v1/pickups/{pickup.pk}{action}"


class TestList:
    def test_shows_ones_own_newest_first(self, client: APIClient, user: User) -> None:
        make_pickup()
        first, second = make_pickup(resident=user), make_pickup(resident=user, status="expired")

        page = client.get("/api/v1/pickups").json()

        assert [row["id"] for row in page["results"]] == [str(second.pk), str(first.pk)]
        assert page["next"] is None

    def test_filters_by_status(self, client: APIClient, user: User, pickup: Pickup) -> None:
        make_pickup(resident=user, status="expired")

        page = client.get("/api/v1/pickups", {"status": "open"}).json()

        assert [row["id"] for row in page["results"]] == [str(pickup.pk)]
        assert client.get("/api/v1/pickups", {"status": "lost"}).status_code == 400

    def test_turns_pages(self, client: APIClient, user: User) -> None:
        made = {str(make_pickup(resident=user).pk) for _ in range(3)}

        first = client.get("/api/v1/pickups", {"limit": 2}).json()
        second = client.get(first["next"]).json()

        assert {row["id"] for row in first["results"] + second["results"]} == made
        assert second["next"] is None


class TestRead:
    def test_shows_the_resident_everything(self, client: APIClient, pickup: Pickup) -> None:
        Swipe.objects.create(
            pickup=pickup, collector=make_user(), direction="like", like_state="waiting", queue_number=1,
            pickup_revision=1, swiped_at=read_clock(),
        )  # fmt: skip

        shown = client.get(url(pickup)).json()

        assert shown["location"] == {"lat": 13.7307, "lon": 100.5418}
        assert (shown["address"], shown["access_note"]) == ("99/1 Rama IV Road", "Ring twice")
        assert shown["likes_waiting"] == 1

    @pytest.mark.parametrize("status", ["active", "completed"])
    def test_shows_the_matched_collector_all_but_the_place(self, pickup: Pickup, status: str) -> None:
        collector = make_user()
        match_with(pickup, collector, status)

        answer = client_of(collector).get(url(pickup))

        assert answer.status_code == 200
        shown = answer.json()
        assert (shown["location"], shown["address"], shown["access_note"]) == (None, None, None)
        assert b"13.7307" not in answer.content

    @pytest.mark.parametrize("status", ["released", "no_show"])
    def test_hides_it_from_a_collector_who_gave_it_back(self, pickup: Pickup, status: str) -> None:
        collector = make_user()
        match_with(pickup, collector, status)

        assert client_of(collector).get(url(pickup)).status_code == 404

    @pytest.mark.parametrize("name", ["01a20629-d35b-720a-bfba-ab81809f07f1", "1", "x" * 100, "%00"])
    def test_does_not_find_what_is_not_there(self, client: APIClient, name: str) -> None:
        answer = client.get(f"/api/v1/pickups/{name}")

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


class TestAmend:
    def test_changes_what_was_sent_and_nothing_else(self, client: APIClient, pickup: Pickup) -> None:
        before = client.get(url(pickup)).json()

        after = client.patch(url(pickup), {"title": "Newspapers", "note": ""}).json()

        changed = {name for name, value in after.items() if value != before[name]}
        assert changed == {"title", "updated_at"}

    def test_replaces_the_items(self, client: APIClient, pickup: Pickup) -> None:
        shown = client.patch(url(pickup), {"items": [{"material": "copper", "quantity": 1.5}]}).json()

        assert shown["items"] == [{"material": "copper", "quantity": 1.5, "unit": "kg", "kg_estimate": 1.5}]
        pickup.refresh_from_db()
        assert pickup.material_ids == [material("copper").pk]
        assert pickup.kg_estimate == 1.5

    def test_moves_the_cell_with_the_place(self, client: APIClient, pickup: Pickup) -> None:
        client.patch(url(pickup), {"location": {"lat": 13.8, "lon": 100.6}})

        pickup.refresh_from_db()
        assert pickup.cell.coords == pytest.approx(cell_of(pickup.location).coords)

    @pytest.mark.parametrize(
        ("changes", "grows"),
        [
            ({"note": "Third floor"}, False),
            ({"title": "Other bottles"}, False),
            ({"items": [{"material": "pet_clear", "quantity": 2}]}, False),
            ({"items": [{"material": "pet_clear", "quantity": 4}]}, True),
            ({"items": [{"material": "copper", "quantity": 2}]}, True),
            ({"price": {"mode": "pays", "amount": 50}}, True),
            ({"window": {"from": spelled(in_hours(40)), "until": spelled(in_hours(44))}}, True),
            ({"location": {"lat": 13.9, "lon": 100.6}}, True),
        ],
    )
    def test_grows_the_revision_when_it_matters(
        self, client: APIClient, pickup: Pickup, changes: dict[str, Any], grows: bool
    ) -> None:
        assert client.patch(url(pickup), changes).json()["revision"] == (2 if grows else 1)

    def test_lets_note_and_window_change_while_matched(self, client: APIClient, user: User) -> None:
        pickup = make_pickup(resident=user, status="matched")
        window = {"from": spelled(in_hours(30)), "until": spelled(in_hours(31))}

        assert client.patch(url(pickup), {"note": "Come to the back door", "window": window}).status_code == 200

    @pytest.mark.parametrize(
        "changes",
        [
            {"title": "Other"},
            {"price": {"mode": "free"}},
            {"items": [{"material": "copper", "quantity": 1}]},
            {"location": {"lat": 13.8, "lon": 100.6}},
            {"address": "Elsewhere", "note": "x"},
        ],
    )
    def test_refuses_the_rest_while_matched(self, client: APIClient, user: User, changes: dict[str, Any]) -> None:
        pickup = make_pickup(resident=user, status="matched")

        answer = client.patch(url(pickup), changes)

        assert (answer.status_code, answer.json()["code"]) == (409, "pickup_not_open")

    @pytest.mark.parametrize("status", CLOSED)
    def test_refuses_once_closed(self, client: APIClient, user: User, status: str) -> None:
        pickup = make_pickup(resident=user, status=status)

        assert client.patch(url(pickup), {"note": "x"}).status_code == 409

    def test_refuses_once_expired_though_no_job_has_run(self, client: APIClient, user: User) -> None:
        pickup = make_pickup(resident=user, expires_at=read_clock())

        assert client.patch(url(pickup), {"title": "x"}).status_code == 409

    def test_refuses_the_matched_collector(self, pickup: Pickup) -> None:
        collector = make_user()
        match_with(pickup, collector)

        assert client_of(collector).patch(url(pickup), {"note": "x"}).status_code == 404

    @pytest.mark.parametrize(
        "changes",
        [
            {"title": ""},
            {"title": None},
            {"note": None},
            {"items": []},
            {"items": [{"material": "pet_clear"}]},
            {"window": {"from": "2030-01-01T00:00:00Z"}},
            {"window": {"from": "2030-01-02T00:00:00Z", "until": "2030-01-01T00:00:00Z"}},
            {"window": {"from": spelled(in_hours(24 * 8)), "until": spelled(in_hours(24 * 9))}},
            {"location": {"lat": 13.7}},
            {"location": {"lat": 100.5, "lon": 13.7}},
            {"price": {"mode": "asks"}},
            {"price": {"amount": 5}},
        ],
    )
    def test_refuses_what_posting_would_refuse_and_changes_nothing(
        self, client: APIClient, pickup: Pickup, changes: dict[str, Any]
    ) -> None:
        before = Pickup.objects.values().get()

        assert client.patch(url(pickup), {"note": "new"} | changes).status_code == 400
        assert Pickup.objects.values().get() == before
        assert pickup.items.count() == 1


class TestExtend:
    def test_adds_the_usual_time(self, client: APIClient, pickup: Pickup) -> None:
        answer = client.post(url(pickup, "/extend"))

        assert answer.status_code == 200
        before, pickup.expires_at = pickup.expires_at, None  # type: ignore[assignment]
        pickup.refresh_from_db()
        assert pickup.expires_at - before == timedelta(days=7)

    def test_adds_no_more_than_the_limit(self, client: APIClient, pickup: Pickup) -> None:
        for _ in range(5):
            assert client.post(url(pickup, "/extend"), {}).status_code == 200

        pickup.refresh_from_db()
        assert pickup.expires_at - read_clock() <= timedelta(days=30)

    def test_takes_a_time(self, client: APIClient, pickup: Pickup) -> None:
        at = spelled(in_hours(24 * 20))

        assert client.post(url(pickup, "/extend"), {"expires_at": at}).json()["expires_at"] == at

    @pytest.mark.parametrize(("hours", "code"), [(-1, "expiry_in_the_past"), (24 * 31, "expiry_too_far")])
    def test_refuses(self, client: APIClient, pickup: Pickup, hours: float, code: str) -> None:
        answer = client.post(url(pickup, "/extend"), {"expires_at": spelled(in_hours(hours))})

        assert (answer.status_code, answer.json()["code"]) == (400, code)

    def test_refuses_an_end_before_the_windows(self, client: APIClient, pickup: Pickup) -> None:
        before = spelled(pickup.window_until - timedelta(seconds=1))

        answer = client.post(url(pickup, "/extend"), {"expires_at": before})

        assert (answer.status_code, answer.json()["code"]) == (400, "window_beyond_expiry")
        assert client.post(url(pickup, "/extend"), {"expires_at": spelled(pickup.window_until)}).status_code == 200

    @pytest.mark.parametrize("at", ["later", "2126-12-01", "2126-12-01T18:00:00"])
    def test_refuses_what_is_no_time(self, client: APIClient, pickup: Pickup, at: str) -> None:
        answer = client.post(url(pickup, "/extend"), {"expires_at": at})

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")

    @pytest.mark.parametrize("status", ["matched", *CLOSED])
    def test_refuses_what_is_not_open(self, client: APIClient, user: User, status: str) -> None:
        pickup = make_pickup(resident=user, status=status)

        answer = client.post(url(pickup, "/extend"))

        assert (answer.status_code, answer.json()["code"]) == (409, "pickup_not_open")


class TestExpiry:
    def test_closes_what_is_due_and_nothing_else(self, db: None) -> None:
        now = read_clock()
        due, held = make_pickup(expires_at=now), make_pickup(expires_at=now, status="on_hold", hidden_at=now)
        make_pickup(expires_at=now + timedelta(seconds=1))
        make_pickup(expires_at=now, status="matched")

        assert expire_due_pickups(now=now) == 2
        assert expire_due_pickups(now=now) == 0
        for pickup in (due, held):
            pickup.refresh_from_db()
            assert (pickup.status, pickup.closed_at) == ("expired", now)

    def test_notifies_the_resident_and_the_queue(self, db: None) -> None:
        now = read_clock()
        pickup, collector = make_pickup(expires_at=now), make_user()
        like = Swipe.objects.create(
            pickup=pickup, collector=collector, direction="like", like_state="waiting", queue_number=1,
            pickup_revision=1, swiped_at=now,
        )  # fmt: skip

        expire_due_pickups(now=now)

        told = {(event.user_id, event.name) for event in Event.objects.all()}
        assert told == {(pickup.resident_id, "pickup.expired"), (collector.pk, "pickup.closed")}
        like.refresh_from_db()
        assert like.like_state == "closed"

    def test_takes_no_more_than_a_batch_the_longest_due_first(self, db: None) -> None:
        now = read_clock()
        later, sooner = (make_pickup(expires_at=now - timedelta(hours=hours)) for hours in (1, 2))

        assert expire_due_pickups(now=now, limit=1) == 1
        sooner.refresh_from_db()
        assert sooner.status == "expired"
        assert expire_pickup(pickup_id=later.pk, now=now)

    def test_the_job_closes_everything(self, db: None) -> None:
        make_pickup(expires_at=read_clock())

        expire_pickups(timestamp=0)

        assert Pickup.objects.get().status == "expired"
