"""A block ends what the two have with each other, at nobody's expense."""

import uuid
from datetime import timedelta

import pytest
from pytest_django import Settings

from backend.accounts.models import User
from backend.core.clock import read_clock
from backend.core.redis import nudges
from chat.models import MessageLocation
from geo.matching.services.matches import pass_on_due_pickups, release_match
from geo.models import Match, Pickup, Swipe
from geo.trust.selectors import reliability_of, strikes_since
from tests.factories.geo import make_pickup
from tests.factories.handovers import come, fresh, make_appointment, make_waiting, step
from tests.factories.matches import make_collecting_user, make_like, make_match, names_of_events, pushed_to, weigh
from tests.factories.people import client_of, make_user

pytestmark = pytest.mark.django_db


def block(blocker: User, blocked: User) -> None:
    assert client_of(blocker).put(f"/api/v1/blocks/{blocked.pk}").status_code == 200


class TestTheMatch:
    @pytest.mark.parametrize("by_resident", [True, False])
    def test_the_collector_no_longer_reads_where_the_resident_lives(self, by_resident: bool) -> None:
        match = make_appointment()
        resident, collector = match.pickup.resident, match.collector
        reader = client_of(collector)

        block(*((resident, collector) if by_resident else (collector, resident)))

        shown = reader.get(f"/api/v1/matches/{match.pk}").json()
        assert (shown["status"], shown["release_reason"]) == ("released", "other")
        assert (shown["location"], shown["address"], shown["access_note"]) == (None, None, None)
        calendar = reader.get(f"/api/v1/matches/{match.pk}/handover/calendar").content.decode()
        assert "Rama IV" not in calendar
        assert "GEO:" not in calendar
        assert reader.get(f"/api/v1/pickups/{match.pickup_id}").status_code == 404

    def test_nobody_can_take_a_further_step(self) -> None:
        match = make_waiting()

        block(match.pickup.resident, match.collector)

        for person in (match.pickup.resident, match.collector):
            for name in ("no-show", "confirm", "agree"):
                answer = step(client_of(person), match, name)
                assert (answer.status_code, answer.json()["code"]) == (409, "match_over")
        assert fresh(match).no_show_by is None

    @pytest.mark.parametrize("by_resident", [True, False])
    def test_counts_against_nobody(self, by_resident: bool) -> None:
        match = make_waiting()
        people = [match.pickup.resident, match.collector]

        block(*(people if by_resident else people[::-1]))

        now = read_clock()
        for person in people:
            record = reliability_of(person.pk, now=now)
            assert (record.released_late, record.no_shows) == (0, 0)
        assert not strikes_since(now - timedelta(days=1)).exists()

    def test_ends_even_a_weighed_handover(self) -> None:
        match = make_match()
        weigh(match)

        block(match.collector, match.pickup.resident)

        assert fresh(match).status == "released"

    def test_the_next_in_line_moves_up(self) -> None:
        match = make_match()
        runner_up = make_like(match.pickup).collector

        block(match.pickup.resident, match.collector)

        assert Match.objects.get(pickup=match.pickup, status="active").collector == runner_up

    def test_the_pickup_opens_again_for_others_alone(self) -> None:
        match = make_match()

        block(match.collector, match.pickup.resident)

        assert Pickup.objects.get().status == "open"
        deck = client_of(match.collector).get("/api/v1/deck").json()
        assert deck["cards"] == []

    def test_both_learn_it_and_the_blocked_one_gets_a_push(self) -> None:
        match = make_match()

        block(match.pickup.resident, match.collector)

        assert names_of_events(match.collector)[-1] == names_of_events(match.pickup.resident)[-1] == "match.released"
        assert pushed_to(match.collector)[-1] == "match.released"
        assert pushed_to(match.pickup.resident)[-1:] != ["match.released"]

    @pytest.mark.django_db(transaction=True)
    def test_open_sockets_learn_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        match = make_match()
        told: list[uuid.UUID] = []
        monkeypatch.setattr(nudges, "publish", lambda frames: told.extend(user_id for user_id, _ in frames))

        block(match.pickup.resident, match.collector)

        assert {match.pickup.resident_id, match.collector_id} <= set(told)

    def test_ends_all_of_them_in_both_roles(self) -> None:
        one, other = make_collecting_user(), make_collecting_user()
        made = [make_match(make_pickup(resident=one), other), make_match(make_pickup(resident=one), other)]
        made.append(make_match(make_pickup(resident=other), one))

        block(one, other)

        assert {fresh(match).status for match in made} == {"released"}

    def test_leaves_the_matches_with_others(self) -> None:
        match = make_match()

        block(match.pickup.resident, make_user())

        assert fresh(match).status == "active"

    def test_a_receipt_stays(self) -> None:
        match = make_match()
        Match.objects.filter(pk=match.pk).update(status="completed")
        Pickup.objects.update(status="handed_over")

        block(match.pickup.resident, match.collector)

        assert fresh(match).status == "completed"

    def test_a_location_shared_in_the_chat_goes(self) -> None:
        match = make_match()
        body = {"kind": "location", "client_id": str(uuid.uuid4()), "location": {"consent": True, "minutes": 60}}
        body["location"] |= {"lat": 13.73, "lon": 100.54, "accuracy_m": 5}  # type: ignore[operator]
        messages = f"/api/v1/conversations/{match.conversation_id}/messages"
        assert client_of(match.pickup.resident).post(messages, body).status_code == 201
        Match.objects.filter(pk=match.pk).update(status="completed")
        Pickup.objects.update(status="handed_over")

        block(match.pickup.resident, match.collector)

        assert not MessageLocation.objects.exists()


class TestTheQueue:
    def test_a_runner_up_who_is_asked_gives_way(self, settings: Settings) -> None:
        settings.CONSENT_AFTER_H = 0
        match = make_match()
        first, second = make_like(match.pickup), make_like(match.pickup)
        release_match(user_id=match.collector_id, match_id=match.pk, reason="cannot_come", now=read_clock())
        assert Swipe.objects.get(pk=first.pk).like_state == "asked"

        block(match.pickup.resident, first.collector)

        assert Swipe.objects.get(pk=first.pk).like_state == "waiting"
        assert Swipe.objects.get(pk=second.pk).like_state == "asked"
        assert pass_on_due_pickups(now=read_clock()) == 0

    def test_the_resident_no_longer_hears_of_the_like(self) -> None:
        pickup = make_pickup(choose="resident")
        like = make_like(pickup)

        block(pickup.resident, like.collector)

        assert str(like.pk) not in client_of(pickup.resident).get("/api/v1/inbox").content.decode()


def test_arriving_and_blocking_leave_no_mark_on_the_one_who_was_late() -> None:
    match = make_appointment(at=read_clock() - timedelta(minutes=20))
    come(match, match.pickup.resident, now=read_clock() - timedelta(minutes=10))

    block(match.collector, match.pickup.resident)

    assert reliability_of(match.collector_id, now=read_clock()).released_late == 0
    assert not fresh(match).left_waiting
