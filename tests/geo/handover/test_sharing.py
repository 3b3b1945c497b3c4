"""A link by which somebody trusted follows a handover, without signing in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from backend.accounts.models import User
from backend.core.clock import read_clock
from geo.handover.services.sharing import remove_old_shares
from geo.models import Handover, HandoverShare, Match
from tests.factories.handovers import make_appointment
from tests.factories.matches import make_match
from tests.factories.people import client_of, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def match() -> Match:
    return make_appointment(at=read_clock())


def share(match: Match, person: User) -> str:
    """The path of a new link."""
    url: str = client_of(person).put(f"/api/v1/matches/{match.pk}/share").json()["url"]
    return url[url.index("/s/") :]


def follow(path: str, language: str = "en") -> Any:
    return Client().get(path, headers={"Accept-Language": language})


class TestPage:
    def test_of_a_resident_shows_where_they_live(self, match: Match) -> None:
        page = follow(share(match, match.pickup.resident))

        text = page.content.decode()
        assert page.status_code == 200
        assert match.pickup.address in text
        assert match.pickup.resident.first_name in text
        assert match.collector.first_name in text
        assert "A time is agreed." in text

    def test_of_a_collector_shows_only_the_neighbourhood(self, match: Match) -> None:
        text = follow(share(match, match.collector)).content.decode()

        assert match.pickup.area in text
        for secret in (match.pickup.address, match.pickup.access_note, f"{match.pickup.location.y:.4f}"):
            assert secret not in text

    @pytest.mark.parametrize(("language", "time"), [("en", "6 December 2026, 00:30"), ("th", "6 ธันวาคม 2569 00:30 น.")])
    def test_shows_the_time_of_the_city(self, match: Match, language: str, time: str) -> None:
        path = share(match, match.collector)
        Handover.objects.update(agreed_for=datetime(2026, 12, 5, 17, 30, tzinfo=UTC))
        HandoverShare.objects.update(created_at=read_clock())

        assert time in follow(path, language).content.decode()

    def test_shows_nothing_else(self, match: Match) -> None:
        text = follow(share(match, match.pickup.resident)).content.decode()

        for person in (match.pickup.resident, match.collector):
            assert str(person.phone).removeprefix("+66") not in text
            assert str(person.pk) not in text
        for secret in (match.handover.code, match.pickup.note, str(match.pk)):
            assert not secret or secret not in text

    def test_is_not_indexed_kept_or_scripted(self, match: Match) -> None:
        page = follow(share(match, match.collector), "th")

        assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert page.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert "<script" not in page.content.decode()
        assert "นัดเวลากันแล้ว" in page.content.decode()


class TestEnd:
    def test_a_new_link_replaces_the_old(self, match: Match) -> None:
        old, new = share(match, match.collector), share(match, match.collector)

        assert [follow(old).status_code, follow(new).status_code] == [404, 200]
        assert HandoverShare.objects.get().token_hash not in new

    def test_is_ended_by_who_made_it(self, match: Match) -> None:
        path = share(match, match.collector)
        other = client_of(match.pickup.resident)
        assert other.delete(f"/api/v1/matches/{match.pk}/share").status_code == 204
        assert follow(path).status_code == 200

        client = client_of(match.collector)
        assert client.get(f"/api/v1/matches/{match.pk}").json()["shared_at"]
        assert client.delete(f"/api/v1/matches/{match.pk}/share").status_code == 204

        assert follow(path).status_code == 404
        assert client.get(f"/api/v1/matches/{match.pk}").json()["shared_at"] is None

    def test_ends_with_the_match(self, match: Match) -> None:
        path, client = share(match, match.collector), client_of(match.collector)
        client.post(f"/api/v1/matches/{match.pk}/release", {"reason": "other"})

        page = follow(path)

        assert page.status_code == 410
        assert match.pickup.area not in page.content.decode()
        assert client.put(f"/api/v1/matches/{match.pk}/share").json()["code"] == "match_over"
        assert remove_old_shares(now=read_clock() + timedelta(days=2)) == 1

    def test_ends_hours_after_the_time_agreed(self) -> None:
        match = make_appointment(at=read_clock() - timedelta(hours=5))
        path = share(match, match.collector)
        assert follow(path).status_code == 200

        HandoverShare.objects.update(created_at=read_clock() - timedelta(hours=5))

        assert follow(path).status_code == 410

    def test_is_for_the_two_alone(self) -> None:
        match, stranger = make_match(), client_of(make_user())

        assert stranger.put(f"/api/v1/matches/{match.pk}/share").status_code == 404
        assert stranger.delete(f"/api/v1/matches/{match.pk}/share").status_code == 404
        assert follow("/s/unknown").status_code == 404
