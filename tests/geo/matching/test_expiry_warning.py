"""The warning before a pickup expires."""

from datetime import timedelta

import pytest

from backend.core.clock import read_clock
from geo.matching.services.expiry import expire_due_pickups, warn_of_due_expiries
from geo.models import Pickup
from geo.tasks import EXPIRE, expire_pickups
from notifications.models import PeriodicRun
from tests.factories.geo import make_pickup
from tests.factories.matches import events_of, names_of_events, pushed_to
from tests.factories.people import client_of
from tests.geo.bodies import in_hours, pickup_body, spelled

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def make_expiring(**fields: object) -> Pickup:
    """A pickup that expires in a day; the warning is due now."""
    now = read_clock()
    return make_pickup(**{"expires_at": now + DAY, "warn_at": now} | fields)  # type: ignore[arg-type]


class TestPosting:
    def test_plans_the_warning_a_day_before(self) -> None:
        pickup = make_pickup()
        client_of(pickup.resident).post("/api/v1/pickups", pickup_body())

        posted = Pickup.objects.latest("created_at")

        assert posted.warn_at == posted.expires_at - DAY

    def test_plans_none_where_it_would_come_at_once(self) -> None:
        pickup = make_pickup()
        window = {"from": spelled(in_hours(1)), "until": spelled(in_hours(19))}
        client_of(pickup.resident).post("/api/v1/pickups", pickup_body(window=window, expires_at=spelled(in_hours(20))))

        assert Pickup.objects.latest("created_at").warn_at is None


class TestWarning:
    def test_notifies_the_resident_once(self) -> None:
        pickup = make_expiring()

        assert [warn_of_due_expiries(now=read_clock()) for _ in range(2)] == [1, 0]

        expires_at = pickup.expires_at.isoformat().replace("+00:00", "Z")
        told = {"pickup": str(pickup.pk), "title": "Bottles", "expires_at": expires_at}
        assert events_of(pickup.resident) == [("pickup.expiring", told)]
        assert pushed_to(pickup.resident) == ["pickup.expiring"]

    def test_waits_for_its_time(self) -> None:
        make_expiring(warn_at=read_clock() + timedelta(minutes=1))

        assert warn_of_due_expiries(now=read_clock()) == 0

    @pytest.mark.parametrize("status", ["matched", "cancelled", "expired", "handed_over"])
    def test_is_for_open_pickups(self, status: str) -> None:
        pickup = make_expiring(status=status)

        assert warn_of_due_expiries(now=read_clock()) == 0
        assert names_of_events(pickup.resident) == []

    def test_is_not_sent_after_the_expiry(self) -> None:
        pickup = make_expiring()

        warn_of_due_expiries(now=pickup.expires_at)
        expire_due_pickups(now=pickup.expires_at)

        assert names_of_events(pickup.resident) == ["pickup.expired"]

    def test_comes_again_after_an_extension(self) -> None:
        pickup = make_expiring()
        warn_of_due_expiries(now=read_clock())

        client_of(pickup.resident).post(f"/api/v1/pickups/{pickup.pk}/extend", {})

        pickup.refresh_from_db()
        assert pickup.warn_at == pickup.expires_at - DAY
        assert warn_of_due_expiries(now=pickup.warn_at) == 1
        assert names_of_events(pickup.resident) == ["pickup.expiring"] * 2

    def test_is_sent_by_the_periodic_task(self) -> None:
        pickup = make_expiring()

        expire_pickups(timestamp=0)

        assert names_of_events(pickup.resident) == ["pickup.expiring"]
        assert PeriodicRun.objects.filter(name=EXPIRE).exists()
