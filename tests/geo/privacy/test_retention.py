"""What agreements needed is removed once they are long over, by the daily job and not before."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import ADDITION, LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile

from backend.accounts.models import Report
from backend.accounts.records import DAILY
from backend.accounts.registry import run_timers
from backend.core.clock import read_clock
from chat.models import Message, MessagePhoto
from geo.grid import cell_of
from geo.handover_errors import NothingLeft
from geo.models import Handover, LeftItem, Match, Pickup, PickupPhoto, ScalePhoto
from geo.pickups.services.leftovers import post_leftovers
from notifications.models import DeadLetter
from tests.factories.chat import make_message
from tests.factories.geo import make_pickup, material
from tests.factories.matches import make_match, make_receipt
from tests.factories.people import client_of, make_user
from tests.pictures import from_a_phone, upload

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def ended() -> Match:
    """A pickup with an address and photos that was handed over."""
    match = make_match(make_pickup(address="99/1 Rama IV Road", access_note="Ring twice", note="In two bags"))
    Handover.objects.update(set_off_at=read_clock(), collector_arrived_at=read_clock(), collector_evidence="gps")
    resident = client_of(match.pickup.resident)
    Pickup.objects.update(status="open")
    assert upload(resident, match.pickup, from_a_phone()).status_code == 201
    Pickup.objects.update(status="matched")
    photo = {"photo": SimpleUploadedFile("scale.jpg", from_a_phone(), "image/jpeg")}
    assert resident.post(f"/api/v1/matches/{match.pk}/handover/photos", photo, format="multipart").status_code == 201
    make_receipt(match)
    return Match.objects.select_related("pickup").get(pk=match.pk)


def retain(days: float) -> datetime:
    """Run the daily job as if so many days had passed."""
    now = read_clock() + days * DAY
    run_timers(job=DAILY, now=now)
    return now


def test_the_exact_place_is_removed_after_thirty_days(ended: Match) -> None:
    place = ended.pickup.location

    retain(29.9)
    before = Pickup.objects.get()
    retain(30.1)
    after = Pickup.objects.get()

    assert (before.address, before.location) == ("99/1 Rama IV Road", place)
    assert (after.address, after.access_note, after.note) == ("", "", "In two bags")
    assert after.location.equals_exact(after.cell.transform(4326, clone=True), 1e-6)
    assert cell_of(after.location) == after.cell


@pytest.mark.parametrize("status", ["open", "matched", "on_hold"])
def test_the_place_of_a_live_pickup_stays(status: str) -> None:
    make_pickup(address="99/1 Rama IV Road", status=status)

    retain(400)

    assert Pickup.objects.get().address == "99/1 Rama IV Road"


def test_leftovers_cannot_be_posted_from_a_place_that_is_gone(ended: Match) -> None:
    LeftItem.objects.create(handover_id=ended.pk, material=material(), quantity=1)
    now = retain(31)

    with pytest.raises(NothingLeft):
        post_leftovers(resident_id=ended.pickup.resident_id, match_id=ended.pk, now=now)


def test_evidence_is_removed_after_a_year(ended: Match) -> None:
    retain(364)
    assert (PickupPhoto.objects.count(), ScalePhoto.objects.count()) == (1, 1)
    assert Handover.objects.get().collector_evidence == "gps"

    retain(366)

    assert (PickupPhoto.objects.count(), ScalePhoto.objects.count()) == (0, 0)
    left = Handover.objects.get()
    assert (left.set_off_at, left.collector_arrived_at, left.collector_evidence) == (None, None, "")
    assert left.weighed_at is not None


@pytest.mark.parametrize("field", ["proposed_place", "agreed_place", "resident_check_in", "collector_check_in"])
def test_where_they_met_and_how_they_were_is_removed_after_a_year(field: str) -> None:
    match = make_match()
    Handover.objects.update(**{field: "ok"}, agreed_lat=13.73, agreed_lon=100.56)
    make_receipt(match)

    retain(366)

    left = Handover.objects.get()
    assert (getattr(left, field), left.agreed_point) == ("", None)


def test_messages_are_removed_after_a_year() -> None:
    match = make_match()
    message = make_message(match.conversation, match.collector, "At the blue gate")

    retain(364)
    assert Message.objects.get(pk=message.pk).text == "At the blue gate"
    now = retain(366)

    left = Message.objects.get(pk=message.pk)
    assert (left.text, left.data, left.deleted_at, left.seq) == ("", {}, now, message.seq)
    assert not MessagePhoto.objects.exists()


class TestStaff:
    def test_a_handled_report_loses_its_words_after_two_years(self) -> None:
        staff = make_user(is_staff=True)
        words: dict[str, Any] = {"reporter": make_user(), "reported": make_user(), "reason": "rude", "text": "Rude."}
        handled = Report.objects.create(**words, handled_by=staff, handled_at=read_clock(), outcome="warned")
        pending = Report.objects.create(**words)

        retain(729)
        assert Report.objects.exclude(text="").count() == 2
        retain(731)

        assert Report.objects.get(pk=handled.pk).text == ""
        assert Report.objects.get(pk=pending.pk).text == "Rude."

    def test_the_log_of_the_admin_and_dead_letters_end(self) -> None:
        user = make_user(is_staff=True)
        LogEntry.objects.create(user=user, action_time=read_clock(), object_repr="x", action_flag=ADDITION)
        DeadLetter.objects.create(user=user, events=[1], reason="x", created_at=read_clock())

        retain(29)
        assert (LogEntry.objects.count(), DeadLetter.objects.count()) == (1, 1)
        retain(731)

        assert (LogEntry.objects.count(), DeadLetter.objects.count()) == (0, 0)
