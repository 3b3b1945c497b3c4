"""Erasing an account and signing in again with the same number: pauses, limits and pending reports stay."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.models import CarriedStanding, Report, User
from backend.accounts.services.account import erase_account
from backend.accounts.services.standing import forget_ended_standings
from backend.core.clock import read_clock
from geo.matching.services.matches import release_match
from geo.models import Match, Penalty
from geo.trust.selectors import strike_moments_of
from geo.trust.services import lift_pause
from tests.factories.geo import make_collector, make_pickup
from tests.factories.matches import make_collecting_user, make_match
from tests.factories.people import client_of, make_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def return_as_new(user: User) -> User:
    """Erase the account and sign in again with its number."""
    phone = user.phone
    erase_account(user=user, now=read_clock())
    answer = sign_in(phone)
    assert answer.json()["created"] is True
    return User.objects.get(pk=answer.json()["user"]["id"])


def sign_in(phone: str | None) -> Any:
    return APIClient().post("/api/v1/auth/sign-in", {"provider": "demo", "phone": phone})


class TestPauses:
    def test_a_pause_goes_on(self) -> None:
        until = read_clock() + 3 * DAY
        user = make_user(paused_until=until)
        Penalty.objects.create(user=user, kind="pause", strikes=3, created_at=read_clock(), until=until)

        returned = return_as_new(user)

        assert returned.paused_until == until
        penalty = Penalty.objects.get(user=returned)
        assert (penalty.strikes, penalty.until) == (3, until)
        assert lift_pause(penalty_id=penalty.pk, now=read_clock())

    def test_a_pause_that_has_ended_does_not(self) -> None:
        returned = return_as_new(make_user(paused_until=read_clock() - DAY))

        assert returned.paused_until is None
        assert not CarriedStanding.objects.exists()

    def test_a_pause_survives_another_secret_key(self, settings: Settings) -> None:
        user = make_user(paused_until=read_clock() + DAY)
        phone = user.phone
        erase_account(user=user, now=read_clock())
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new key", [settings.SECRET_KEY]

        sign_in(phone)

        assert User.objects.get(phone=phone).paused_until == user.paused_until

    def test_survives_a_second_erasure(self) -> None:
        until = read_clock() + 3 * DAY

        returned = return_as_new(return_as_new(make_user(paused_until=until)))

        assert returned.paused_until == until

    def test_a_warning_and_its_strikes_stay(self) -> None:
        match = make_match()
        collector, at = match.collector, read_clock() - 2 * DAY
        Match.objects.filter(pk=match.pk).update(status="no_show", no_show_by=collector, ended_at=at)
        User.objects.filter(pk=collector.pk).update(warned_at=at)
        collector.refresh_from_db()

        returned = return_as_new(collector)

        assert returned.warned_at == at
        assert strike_moments_of(returned.pk, since=at - DAY) == [at]


class TestLimits:
    def test_matches_given_back_count_on(self, settings: Settings) -> None:
        settings.GIVEN_BACK_A_DAY_MAX = 1
        collector = make_collecting_user()
        match = make_match(collector=collector)
        release_match(user_id=collector.pk, match_id=match.pk, reason="cannot_come", now=read_clock())

        returned = return_as_new(collector)
        make_collector(user=returned)

        like = client_of(returned).put(f"/api/v1/pickups/{make_pickup().pk}/swipe", {"direction": "like"})
        assert (like.status_code, like.json()["code"]) == (409, "too_many_given_back")

    def test_requests_count_on(self) -> None:
        user = make_user()
        client = client_of(user)
        tries = [client.post("/api/v1/groups/join", {"code": "AAAAAAAA"}).status_code for _ in range(20)]
        assert tries == [400] * 20

        answer = client_of(return_as_new(user)).post("/api/v1/groups/join", {"code": "AAAAAAAA"})
        assert answer.status_code == 429


class TestReports:
    def test_a_pending_report_follows(self) -> None:
        user = make_user()
        pending, handled = (
            Report.objects.create(reporter=make_user(), reported=user, reason="rude", handled_at=handled_at)
            for handled_at in (None, read_clock())
        )

        returned = return_as_new(user)

        pending.refresh_from_db()
        handled.refresh_from_db()
        assert (pending.reported, handled.reported) == (returned, user)


class TestNothingElse:
    def test_without_anything_pending_nothing_is_kept(self) -> None:
        returned = return_as_new(make_user())

        assert not CarriedStanding.objects.exists()
        assert (returned.paused_until, returned.warned_at) == (None, None)

    def test_holds_no_number_and_no_account(self) -> None:
        user = make_user(paused_until=read_clock() + DAY)
        phone = user.phone or ""

        erase_account(user=user, now=read_clock())

        kept = str(CarriedStanding.objects.values().get())
        assert phone.removeprefix("+") not in kept
        assert str(user.pk) not in kept

    def test_another_number_takes_up_nothing(self) -> None:
        erase_account(user=make_user(paused_until=read_clock() + DAY), now=read_clock())

        other = User.objects.get(pk=sign_in("+66899999999").json()["user"]["id"])

        assert other.paused_until is None

    def test_is_forgotten_when_it_has_ended(self) -> None:
        paused = make_user(paused_until=read_clock() + DAY)
        report = Report.objects.create(reporter=make_user(), reported=make_user(), reason="rude")
        erase_account(user=paused, now=read_clock())
        erase_account(user=report.reported, now=read_clock())

        assert forget_ended_standings(now=read_clock()) == 0
        assert forget_ended_standings(now=read_clock() + 2 * DAY) == 1
        Report.objects.update(handled_at=read_clock())
        assert forget_ended_standings(now=read_clock()) == 1
