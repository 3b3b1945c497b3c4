"""An account that its user erases is hidden for some days, in which signing in can take that back."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from backend.accounts.errors import AccountErasing
from backend.accounts.identity import Identity
from backend.accounts.models import Session, User
from backend.accounts.records import HOURLY
from backend.accounts.registry import run_timers
from backend.accounts.services.sign_in import sign_in
from backend.core.clock import read_clock
from geo.models import Collector, Pickup
from tests.factories.geo import make_pickup
from tests.factories.matches import make_collecting_user, make_match, names_of_events
from tests.factories.moderation import decide, make_case
from tests.factories.people import client_of, make_user, staff_with

pytestmark = pytest.mark.django_db

ME = "/api/v1/me"
PHONE = "+66812345678"
REFUSE_ERASURE = """
CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$;
CREATE TRIGGER refuse BEFORE UPDATE ON accounts_user FOR EACH ROW
WHEN (NEW.id = '{}' AND NEW.erased_at IS NOT NULL) EXECUTE FUNCTION pg_temp.refuse();
"""


def sign_in_again(**fields: Any) -> Any:
    return APIClient(HTTP_ACCEPT_LANGUAGE="en").post(
        "/api/v1/auth/sign-in", {"provider": "demo", "phone": PHONE, **fields}
    )


def in_days(days: float) -> datetime:
    return read_clock() + timedelta(days=days)


@pytest.fixture
def leaving() -> User:
    """A collector with a match and a pickup of their own, who asks for erasure."""
    user = make_collecting_user(user=make_user(phone=PHONE, display_name="Lek Thongdee"))
    make_match(collector=user)
    make_pickup(resident=user)
    assert client_of(user).delete(ME).status_code == 204
    user.refresh_from_db()
    return user


def test_hides_the_account_and_ends_what_it_had_open(leaving: User) -> None:
    other = Pickup.objects.exclude(resident=leaving).get()

    assert (leaving.is_active, leaving.erased_at, leaving.phone) == (False, None, PHONE)
    assert not Session.objects.filter(user=leaving).exists()
    assert (Pickup.objects.get(resident=leaving).status, other.status) == ("cancelled", "open")
    assert "match.released" in names_of_events(other.resident)


def test_says_how_long_it_can_be_taken_back(leaving: User) -> None:
    refused = sign_in_again()

    assert (refused.status_code, refused.json()["code"]) == (403, "account_erasing")
    assert "Within 14 days" in refused.json()["detail"]


def test_is_taken_back_by_signing_in_for_it(leaving: User) -> None:
    kept = sign_in_again(keep_account=True)

    run_timers(job=HOURLY, now=in_days(15))
    leaving.refresh_from_db()
    assert (kept.status_code, kept.json()["user"]["id"], kept.json()["created"]) == (200, str(leaving.pk), False)
    assert (leaving.is_active, leaving.erasing_at, leaving.erased_at) == (True, None, None)
    assert Collector.objects.filter(user=leaving).exists()


def test_is_carried_out_after_the_grace(leaving: User) -> None:
    run_timers(job=HOURLY, now=in_days(13.9))
    assert User.objects.get(pk=leaving.pk).phone == PHONE

    run_timers(job=HOURLY, now=in_days(14.1))

    leaving.refresh_from_db()
    assert (leaving.phone, leaving.erasing_at, leaving.first_name) == (None, None, "Former member")
    assert not Collector.objects.filter(user=leaving).exists()
    assert sign_in_again(keep_account=True).json()["created"] is True


def test_a_day_is_left_until_the_job_has_run(leaving: User) -> None:
    with pytest.raises(AccountErasing) as refused:
        sign_in(identity=Identity(phone=PHONE), installation="", device_name="", now=in_days(14.1))
    assert refused.value.params == {"days": 1}


def test_gives_no_way_back_to_suspended_people() -> None:
    make_user(phone=PHONE, is_active=False)

    assert sign_in_again(keep_account=True).json()["code"] == "account_disabled"


@pytest.mark.parametrize("is_banned_first", [True, False])
def test_is_no_way_out_of_a_ban(is_banned_first: bool) -> None:
    user = make_user(phone=PHONE)
    case, client = make_case(user), client_of(user)
    if is_banned_first:
        decide(case, "ban")
    assert client.delete(ME).status_code == 204
    if not is_banned_first:
        decide(case, "ban")

    run_timers(job=HOURLY, now=in_days(15))

    assert sign_in_again().json()["created"] is True
    again = User.objects.get(phone=PHONE)
    assert (again.pk != user.pk, again.is_suspended) == (True, True)


def test_goes_on_when_a_moderator_takes_a_ban_back() -> None:
    user = make_user(phone=PHONE)
    case = make_case(user)
    decide(case, "ban")
    assert client_of(user).delete(ME).status_code == 204

    decide(case, "restore")

    user.refresh_from_db()
    assert (user.is_active, user.suspended_at) == (False, None)
    run_timers(job=HOURLY, now=in_days(15))
    assert sign_in_again().json()["created"] is True
    assert User.objects.get(phone=PHONE).is_active


def test_goes_on_whatever_an_officer_ticks(leaving: User) -> None:
    form = {"display_name": "Lek", "locale": "th", "is_active": "on"}
    assert staff_with("officer").post(f"/admin/accounts/user/{leaving.pk}/change/", form).status_code == 302

    leaving.refresh_from_db()
    assert (leaving.display_name, leaving.is_active) == ("Lek", False)
    run_timers(job=HOURLY, now=in_days(15))
    assert not User.objects.filter(phone=PHONE).exists()


def test_one_failure_does_not_stop_the_others(leaving: User) -> None:
    other = make_user()
    assert client_of(other).delete(ME).status_code == 204
    with connection.cursor() as cursor:
        cursor.execute(REFUSE_ERASURE.format(leaving.pk))

    run_timers(job=HOURLY, now=in_days(15))

    phones = User.objects.filter(pk__in=[leaving.pk, other.pk]).values_list("phone", flat=True)
    assert set(phones) == {PHONE, None}
