"""Deleting an account: others are not left waiting, and only the recycled kilograms remain."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from backend.accounts.models import User
from backend.core.clock import read_clock
from chat.models import Conversation, Message
from geo.grid import cell_of
from geo.models import Collector, Handover, Match, Pickup, PickupPhoto, ScalePhoto, Swipe
from tests.factories.matches import make_receipt
from tests.geo.bodies import pickup_body
from tests.journeys.clients import Client
from tests.pictures import from_a_phone, upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("erasure_at_once")]


@pytest.fixture
def matched(nok: Client, lek: Client) -> Any:
    """Nok's pickup with a photo, matched by Lek, and a message from each."""
    pickup = nok.post("pickups", **pickup_body())
    assert upload(nok.client, Pickup.objects.get(), from_a_phone()).status_code == 201
    match = lek.put(f"pickups/{pickup['id']}/swipe", direction="like")["match"]
    return lek.get(f"matches/{match['id']}")


def test_a_resident_deletes_the_account(nok: Client, lek: Client, matched: Any) -> None:
    said = {"client_id": "0190d1c8-0000-7000-8000-000000000001", "kind": "text", "text": "Gate code 1234"}
    nok.post(f"conversations/{matched['conversation']}/messages", **said)

    assert nok.client.delete("/api/v1/me").status_code == 204

    pickup = Pickup.objects.get()
    assert (pickup.status, pickup.title, pickup.note, pickup.address, pickup.access_note) == ("cancelled", *[""] * 4)
    assert cell_of(pickup.location) == pickup.cell
    assert pickup.location.equals_exact(pickup.cell.transform(4326, clone=True), 1e-6)
    assert not PickupPhoto.objects.exists()
    assert Message.objects.get(kind="text").text == ""
    assert Conversation.objects.get().title == ""
    assert "match.released" in lek.events()
    assert User.objects.get(pk=nok.id).phone is None


def test_a_collector_deletes_the_account(nok: Client, lek: Client, matched: Any) -> None:
    assert lek.client.delete("/api/v1/me").status_code == 204

    assert Pickup.objects.get().status == "open"
    assert Conversation.objects.get().title == Pickup.objects.get().title != ""
    assert "match.released" in nok.events()
    assert not Collector.objects.filter(user_id=lek.id).exists()


def test_a_waiting_like_leaves_the_queue(nok: Client, lek: Client) -> None:
    pickup = nok.post("pickups", **pickup_body(choose="resident"))
    lek.put(f"pickups/{pickup['id']}/swipe", direction="like")

    assert lek.client.delete("/api/v1/me").status_code == 204

    assert not Swipe.objects.exists()
    assert nok.get(f"pickups/{pickup['id']}/likes")["results"] == []


def test_the_export_has_everything(nok: Client, lek: Client, matched: Any) -> None:
    copy = nok.get("me/export")

    assert copy["geo"]["pickups"][0]["address"] == pickup_body()["address"]
    assert copy["geo"]["pickups"][0]["location"] == pytest.approx(pickup_body()["location"])
    assert copy["chat"]["conversations"][0]["conversation_id"] == matched["conversation"]
    assert lek.get("me/export")["geo"]["collector"]["radius_m"] > 0


def test_the_export_has_complete_receipts(nok: Client, matched: Any) -> None:
    receipt = make_receipt(Match.objects.get(pk=matched["id"]), pieces={"glass_bottles": 12})

    [copy] = nok.get("me/export")["geo"]["receipts"]

    assert (copy["number"], copy["content_hash"]) == (receipt.number, receipt.content_hash)
    lines = [(line["material__code"], line["net_kg"], line["pieces"]) for line in copy["lines"]]
    assert lines == [("pet_clear", 2.0, None), ("glass_bottles", 4.2, 12)]


def test_the_export_has_the_own_side_of_a_handover(nok: Client, lek: Client, matched: Any) -> None:
    weigh_on_the_way(nok, lek, matched)
    dispute = {"lines": [{"material": "pet_clear", "gross_kg": "2"}], "paid": "0", "note": "Two bags were wet."}
    nok.post(f"matches/{matched['id']}/handover/dispute", **dispute)

    collectors, residents = (phone.get("me/export")["geo"] for phone in (lek, nok))

    [collecting], [giving] = collectors["handovers"], residents["handovers"]
    assert (collecting["role"], collecting["state"], collecting["proposed_by_you"]) == ("collector", "disputed", True)
    assert None not in [collecting[name] for name in ("agreed_for", "set_off_at", "eta", "arrived_at", "weighed_at")]
    assert (collecting["evidence"], giving["role"], giving["proposed_by_you"]) == ("gps", "resident", False)
    assert giving["arrived_at"] > collecting["arrived_at"]
    assert "set_off_at" not in giving
    assert [(one["number"], one["net_kg"]) for one in collectors["weigh_ins"]] == [(1, 3.0)]
    assert [(one["number"], one["note"]) for one in residents["weigh_ins"]] == [(2, "Two bags were wet.")]
    [photo] = collectors["scale_photos"]
    assert is_there(lek, photo["large"])
    assert is_there(lek, photo["thumb"])
    assert residents["scale_photos"] == []
    [pickup] = residents["pickups"]
    assert is_there(nok, pickup["photos"][0]["large"])
    assert pickup["items"][0]["material__code"] == pickup_body()["items"][0]["material"]


@pytest.mark.parametrize("deleted", ["nok", "lek"])
def test_the_times_of_travel_are_erased(nok: Client, lek: Client, matched: Any, deleted: str) -> None:
    weigh_on_the_way(nok, lek, matched)

    assert {"nok": nok, "lek": lek}[deleted].client.delete("/api/v1/me").status_code == 204

    left = Handover.objects.get()
    ways = [left.set_off_at, left.eta, left.collector_arrived_at, left.resident_arrived_at]
    assert [way is None for way in ways] == ([True, True, True, False] if deleted == "lek" else [False] * 3 + [True])
    assert left.agreed_for is not None


def is_there(phone: Client, url: str) -> bool:
    """Whether the picture exists."""
    answer: Any = phone.client.get(url)
    return bool(answer.status_code == 200) and b"".join(answer.streaming_content).startswith(b"\xff\xd8")


def weigh_on_the_way(nok: Client, lek: Client, matched: Any) -> None:
    """Agree on a time, set off, arrive, and weigh in with a photo."""
    steps = f"matches/{matched['id']}/handover"
    at = (read_clock() + timedelta(minutes=5)).isoformat()
    Pickup.objects.update(window_from=read_clock())
    lek.post(f"{steps}/propose", at=at)
    nok.post(f"{steps}/agree")
    lek.post(f"{steps}/on-my-way", eta=at)
    for phone in (lek, nok):
        phone.post(f"{steps}/arrive", **pickup_body()["location"], accuracy_m=5)
    lek.post(f"{steps}/weigh-in", lines=[{"material": "pet_clear", "gross_kg": "3"}], paid="0")
    photo = {"photo": SimpleUploadedFile("scale.jpg", from_a_phone(), "image/jpeg")}
    assert lek.client.post(f"/api/v1/{steps}/photos", photo, format="multipart").status_code == 201


def test_photos_of_the_scale_are_erased_with_their_author(nok: Client, lek: Client, matched: Any) -> None:
    photo = {"photo": SimpleUploadedFile("scale.jpg", from_a_phone(), "image/jpeg")}
    url = f"/api/v1/matches/{matched['id']}/handover/photos"
    assert lek.client.post(url, photo, format="multipart").status_code == 201

    assert lek.client.delete("/api/v1/me").status_code == 204

    assert not ScalePhoto.objects.exists()
