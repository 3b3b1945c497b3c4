"""After two people did everything and were erased, a scan finds nothing of them but what the registry says is kept."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from pytest_django import DjangoCaptureOnCommitCallbacks

from backend.accounts.models import Session
from backend.accounts.records import DAILY
from backend.accounts.registry import run_timers
from backend.core.clock import read_clock
from backend.core.redis.client import key, redis_client
from geo.models import Match, Pickup
from tests.factories.notifications import make_device
from tests.geo.bodies import pickup_body
from tests.journeys.clients import Client
from tests.pictures import from_a_phone, upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("erasure_at_once")]

# What their words begin with: long enough that no random token has it.
MARK = "zqxjv"
HOME = {"lat": 13.7309876, "lon": 100.5417654}
PHONES = {"nok": "+66812300017", "lek": "+66812300018"}
# Where words of an erased person may still stand, and the words; the registry gives the reasons.
KEPT = {
    ("accounts_report", "zqxjvreport"),
    ("geo_group", "zqxjvgroup"),
    *(("moderation_evidence", word) for word in ("zqxjvnok", "zqxjvlek", "zqxjvsurname", "zqxjvsurnames")),
    ("geo_pickup", "zqxjvarea"),
    ("moderation_evidence", "zqxjvlek"),
    ("moderation_evidence", "zqxjvnok"),
    ("notifications_event", "zqxjvtitle"),
}
# Columns of their places; the grid square is kept.
ROUNDED = {("geo_pickup", "cell")}
NAMES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
PLACES = "SELECT f_table_name, f_geometry_column FROM {}_columns WHERE f_table_schema = 'public'"


def rows_with(words: str) -> set[tuple[str, str]]:
    """The tables in which a word that begins so stands in any column, and the word."""
    found: set[tuple[str, str]] = set()
    with connection.cursor() as cursor:
        cursor.execute(NAMES)
        for (table,) in cursor.fetchall():
            pattern = f"{words}[a-z]*"
            cursor.execute(
                f"SELECT DISTINCT (regexp_matches(t::text, %s, 'gi'))[1] FROM {table} AS t",
                [f"({pattern})"],
            )
            found |= {(table, str(word).lower()) for (word,) in cursor.fetchall()}
    return found


def places_near_home() -> set[tuple[str, str]]:
    """The columns of places with a point within two metres of the home."""
    found: set[tuple[str, str]] = set()
    home = "ST_SetSRID(ST_MakePoint(%s, %s), 4326)::geography"
    with connection.cursor() as cursor:
        columns: list[tuple[str, str]] = []
        for kind in ("geography", "geometry"):
            cursor.execute(PLACES.format(kind).replace("geometry_column", f"{kind}_column"))
            columns += cursor.fetchall()
        for table, column in columns:
            as_degrees = f"ST_Transform({column}::geometry, 4326)::geography"
            cursor.execute(
                f"SELECT count(*) FROM {table} WHERE ST_DWithin({as_degrees}, {home}, 2)",
                [HOME["lon"], HOME["lat"]],
            )
            found |= {(table, column)} if cursor.fetchall()[0][0] else set()
    return found


def redis_text() -> str:
    """All keys and values of this test."""
    with redis_client() as client:
        names = list(client.scan_iter(key("*")))
        texts = [name.decode() for name in names]
        texts += [str(client.get(name)) for name in names if client.type(name) == b"string"]
    return "\n".join(texts).lower()


def files() -> set[Path]:
    roots = (Path(settings.MEDIA_ROOT), Path(settings.PRIVATE_ROOT))
    return {path for root in roots for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def people() -> tuple[Client, Client]:
    """A resident and a collector."""
    nok = Client(phone=PHONES["nok"], name="Zqxjvnok Zqxjvsurname")
    lek = Client(phone=PHONES["lek"], name="Zqxjvlek Zqxjvsurnames")
    Session.objects.update(device_name="zqxjvdevice", installation="zqxjvinstallation")
    lek.put("me/collector", service_point=HOME, radius_m=5000, materials=[], vehicle="zqxjvvehicle", available=True)
    lek.client.patch("/api/v1/me/collector", {"bio": "zqxjvbio"})
    return nok, lek


def do_everything(nok: Client, lek: Client) -> None:
    """Post, match, write, share a place, travel, weigh, dispute, agree, rate, report, join, and be mailed."""
    words = {
        "title": "zqxjvtitle",
        "note": "zqxjvnote",
        "address": "zqxjvaddress",
        "access_note": "zqxjvaccess",
        "area": "zqxjvarea",
    }
    pickup = nok.post("pickups", **pickup_body(location=HOME, **words))
    assert upload(nok.client, Pickup.objects.get(), from_a_phone()).status_code == 201
    match = lek.put(f"pickups/{pickup['id']}/swipe", direction="like")["match"]
    talk(nok, lek, match)
    hand_over(nok, lek, match["id"])
    for phone, other in ((nok, lek), (lek, nok)):
        phone.post(f"matches/{match['id']}/rating", stars=2, text="zqxjvrating")
        phone.post("reports", user=other.id, reason="rude", text="zqxjvreport")
        phone.put("me/email", address=f"zqxjvmail{phone.id[-4:]}@example.org")
    nok.post("groups", name="zqxjvgroup", kind="building")


def talk(nok: Client, lek: Client, match: Any) -> None:
    conversation = f"conversations/{match['conversation']}"
    for number, phone in enumerate((nok, lek)):
        client_id = f"0190d1c8-0000-7000-8000-00000000000{number}"
        phone.post(f"{conversation}/messages", client_id=client_id, kind="text", text="zqxjvmessage")
        photo = SimpleUploadedFile("zqxjvfile.jpg", from_a_phone(), "image/jpeg")
        body = {"client_id": client_id.replace("0190", "0191"), "photo": photo}
        assert phone.client.post(f"/api/v1/{conversation}/photos", body, format="multipart").status_code == 201
        place = {"client_id": client_id.replace("0190", "0192"), "kind": "location"}
        phone.post(f"{conversation}/messages", **place, location={**HOME, "consent": True})
    make_device(Match.objects.get().collector, value="zqxjvpushaddress", installation="zqxjvinstallation")


def hand_over(nok: Client, lek: Client, match_id: str) -> None:
    steps = f"matches/{match_id}/handover"
    at = (read_clock() + timedelta(minutes=5)).isoformat()
    Pickup.objects.update(window_from=read_clock())
    lek.post(f"{steps}/propose", at=at)
    nok.post(f"{steps}/agree")
    lek.post(f"{steps}/on-my-way", eta=at)
    for phone in (lek, nok):
        phone.post(f"{steps}/arrive", **HOME, accuracy_m=5)
    lek.post(f"{steps}/weigh-in", lines=[{"material": "pet_clear", "gross_kg": "3"}], paid="0")
    photo = {"photo": SimpleUploadedFile("zqxjvfile.jpg", from_a_phone(), "image/jpeg")}
    assert lek.client.post(f"/api/v1/{steps}/photos", photo, format="multipart").status_code == 201
    dispute = {"lines": [{"material": "pet_clear", "gross_kg": "2"}], "paid": "0", "note": "zqxjvdispute"}
    nok.post(f"{steps}/dispute", **dispute)
    lek.post(f"{steps}/accept", version=2)


def test_nothing_is_found(
    people: tuple[Client, Client],
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    before = files()
    nok, lek = people
    do_everything(nok, lek)
    assert len(rows_with(MARK)) > 20  # the scan sees what it looks for
    assert len(places_near_home()) > 2
    assert len(files() - before) == 8

    with django_capture_on_commit_callbacks(execute=True):
        for phone in people:
            assert phone.client.delete("/api/v1/me").status_code == 204

    assert rows_with(MARK) <= KEPT
    assert rows_with(r"\+668123000") == set()
    assert places_near_home() <= ROUNDED
    assert files() == before
    assert "zqxjv" not in redis_text()
    assert "zqxjv" not in caplog.text.lower()
    assert PHONES["nok"] not in caplog.text + redis_text()
    run_timers(job=DAILY, now=read_clock() + timedelta(days=1))
