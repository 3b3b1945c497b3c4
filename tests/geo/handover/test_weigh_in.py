"""Weigh-ins: pieces, leftovers, versions, disputes and photos."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.core.clock import read_clock
from chat.models import Message
from geo.matching.services.matches import release_match
from geo.models import Collector, Handover, LeftItem, Match, Pickup, Receipt, ReceiptLine, ScalePhoto, WeighInVersion
from tests.factories.geo import make_pickup
from tests.factories.handovers import code_of, fresh, step
from tests.factories.matches import events_of, make_match, make_receipt, names_of_events, pushed_to, weigh
from tests.factories.people import client_of, make_user, staff_who_may
from tests.pictures import from_a_phone

pytestmark = pytest.mark.django_db

KILOS = {"material": "pet_clear", "gross_kg": 3.25, "tare_kg": 0.25}
BOTTLES = {"material": "glass_bottles", "pieces": 12}
WITHOUT_MONEY = {"grade": None, "price_thb_per_kg": None, "paid": None}


def dispute(match: Match, **body: Any) -> Any:
    """The resident disputes with 3 kg and 30 baht."""
    figures = {"lines": [{"material": "pet_clear", "gross_kg": 3}], "paid": 30}
    return step(client_of(match.pickup.resident), match, "dispute", **figures | body)


def disputed() -> Match:
    """A dispute: 2 kg unpaid by the collector, 3 kg and 30 baht by the resident."""
    match = weigh(make_match())
    dispute(match)
    return fresh(match)


class TestPieces:
    def test_weigh_as_in_the_catalogue(self, match: Match, collector: APIClient) -> None:
        line = step(collector, match, "weigh-in", lines=[BOTTLES]).json()["handover"]["lines"][0]

        assert line == BOTTLES | WITHOUT_MONEY | {"gross_kg": 4.2, "tare_kg": 0.0, "net_kg": 4.2}

    def test_weigh_as_given_with_a_weight(self, match: Match, collector: APIClient) -> None:
        line = step(collector, match, "weigh-in", lines=[BOTTLES | {"gross_kg": 5}]).json()["handover"]["lines"][0]

        assert (line["pieces"], line["net_kg"]) == (12, 5.0)

    @pytest.mark.parametrize(
        ("line", "code"),
        [
            ({"material": "pet_clear", "pieces": 3}, "unit_mismatch"),
            ({"material": "pet_clear"}, "pieces_or_weight_needed"),
            ({"material": "glass_bottles", "pieces": 0}, "min_value"),
            ({"material": "glass_bottles", "pieces": 1.5}, "invalid"),
            ({"material": "glass_bottles", "pieces": 100_001}, "max_value"),
            ({"material": "glass_bottles", "pieces": 90_000}, "quantity_too_large"),
        ],
    )
    def test_refuses_a_line(self, match: Match, collector: APIClient, line: dict[str, Any], code: str) -> None:
        assert code_of(step(collector, match, "weigh-in", lines=[line])) == (400, code)


class TestMoneyAndMaterials:
    @pytest.mark.parametrize("paid", [42.5, 0, -20.25])
    def test_paid_amounts_may_be_negative_and_have_satang(
        self, match: Match, collector: APIClient, paid: float
    ) -> None:
        step(collector, match, "weigh-in", lines=[KILOS], paid=paid)
        step(collector, match, "confirm", code=match.handover.code)

        assert Receipt.objects.get().paid_thb == Decimal(str(paid))

    def test_materials_that_were_not_posted_are_added(self, match: Match, collector: APIClient) -> None:
        step(collector, match, "weigh-in", lines=[KILOS, {"material": "copper", "gross_kg": "0.125"}])
        step(collector, match, "confirm", code=match.handover.code)

        lines = dict(ReceiptLine.objects.values_list("material__code", "net_kg"))
        assert lines == {"pet_clear": Decimal("3.000"), "copper": Decimal("0.125")}

    @pytest.mark.parametrize("has_badge", [True, False])
    def test_hazardous_waste_needs_the_badge(self, match: Match, collector: APIClient, has_badge: bool) -> None:
        Collector.objects.update(has_hazard_badge=has_badge)

        answer = step(collector, match, "weigh-in", lines=[{"material": "lead_acid_battery", "gross_kg": 9}])

        assert answer.status_code == 200 if has_badge else code_of(answer) == (400, "material_hazardous")


class TestLeft:
    def test_is_stored_with_the_weigh_in(self, match: Match, collector: APIClient) -> None:
        left = [{"material": "cardboard", "quantity": 2}]

        handover = step(collector, match, "weigh-in", lines=[KILOS], left=left).json()["handover"]

        assert handover["left"] == [{"material": "cardboard", "quantity": 2.0, "unit": "kg"}]

    def test_is_replaced_by_the_next_weigh_in(self, match: Match, collector: APIClient) -> None:
        step(collector, match, "weigh-in", lines=[KILOS], left=[{"material": "cardboard", "quantity": 2}])

        assert step(collector, match, "weigh-in", lines=[KILOS]).json()["handover"]["left"] == []

    @pytest.mark.parametrize(
        ("item", "code"),
        [
            ({"material": "moon_dust", "quantity": 1}, "material_unknown"),
            ({"material": "cardboard", "quantity": 0}, "min_value"),
            ({"material": "glass_bottles", "quantity": 1.5}, "quantity_not_whole"),
            ({"material": "cardboard", "quantity": 1, "unit": "piece"}, "unit_mismatch"),
        ],
    )
    def test_refuses_an_item(self, match: Match, collector: APIClient, item: dict[str, Any], code: str) -> None:
        assert code_of(step(collector, match, "weigh-in", lines=[KILOS], left=[item])) == (400, code)
        assert not LeftItem.objects.exists()


class TestVersions:
    def test_every_version_is_kept_and_clears_the_confirmations(self, match: Match, collector: APIClient) -> None:
        weigh(match, {"pet_clear": "2"})
        step(client_of(match.pickup.resident), match, "confirm")

        handover = step(collector, match, "weigh-in", lines=[KILOS], paid=5).json()["handover"]

        assert handover["resident_confirmed_at"] is None
        assert [(row["number"], row["net_kg"], row["paid"]) for row in handover["versions"]] == [(1, 2, 0), (2, 3, 5)]
        assert handover["versions"][1]["lines"] == [KILOS | WITHOUT_MONEY | {"net_kg": 3.0, "pieces": None}]

    def test_a_refused_weigh_in_stores_nothing(self, match: Match, collector: APIClient) -> None:
        step(collector, match, "weigh-in", lines=[KILOS, KILOS])

        assert not WeighInVersion.objects.exists()

    def test_are_limited_per_party(self, match: Match, collector: APIClient) -> None:
        """All are returned with the match, so their number is bounded."""
        weigh(match)
        first = WeighInVersion.objects.get()
        WeighInVersion.objects.bulk_create(
            WeighInVersion(handover_id=match.pk, number=number, by_id=first.by_id, at=first.at, paid_thb=0, net_kg=2,
                           lines=first.lines)
            for number in range(2, 51)
        )  # fmt: skip

        assert code_of(step(collector, match, "weigh-in", lines=[KILOS])) == (409, "too_many_versions")
        assert fresh(match).handover.weighed_at == first.at
        assert dispute(match).json()["handover"]["versions"][-1]["number"] == 51


class TestDispute:
    def test_keeps_both_versions_and_blocks_confirmation(self) -> None:
        match = weigh(make_match())

        shown = dispute(match, note="The sack was weighed too").json()["handover"]

        assert shown["state"] == "disputed"
        assert [line["net_kg"] for line in shown["lines"]] == [2.0]
        first, second = shown["versions"]
        assert (first["net_kg"], second["net_kg"], second["paid"]) == (2.0, 3.0, 30.0)
        assert (second["by"], second["note"]) == (str(match.pickup.resident_id), "The sack was weighed too")
        for person in (match.collector, match.pickup.resident):
            assert code_of(step(client_of(person), match, "confirm")) == (409, "weigh_in_disputed")
        by_code = step(client_of(match.collector), match, "confirm", code=match.handover.code)
        assert code_of(by_code) == (409, "weigh_in_disputed")

    def test_notifies_the_collector(self) -> None:
        match = disputed()

        name, data = events_of(match.collector)[-1]
        assert (name, data["net_kg"], data["paid_thb"]) == ("handover.disputed", 3.0, 30.0)
        assert pushed_to(match.collector)[-1] == "handover.disputed"
        assert Message.objects.filter(conversation=match.conversation).latest("seq").data["code"] == "dispute"

    def test_is_for_the_resident_only(self) -> None:
        match = weigh(make_match())

        answer = step(client_of(match.collector), match, "dispute", lines=[KILOS])

        assert code_of(answer) == (403, "only_the_resident")

    def test_needs_the_weigh_in_the_client_saw(self) -> None:
        match = make_match()
        assert code_of(dispute(match)) == (409, "not_weighed")

        weigh(match)
        assert code_of(dispute(match, weighed_at="2026-11-24T06:00:00Z")) == (409, "weigh_in_changed")

    @pytest.mark.parametrize("body", [{"lines": []}, {"lines": None}, {"paid": "much"}, {"note": "n" * 301}])
    def test_refuses_invalid_figures(self, body: dict[str, Any]) -> None:
        match = weigh(make_match())

        assert dispute(match, **body).status_code == 400
        assert fresh(match).handover.state == "weighed"

    def test_ends_with_a_new_weigh_in_that_both_confirm(self) -> None:
        match = disputed()
        weigh(match, {"pet_clear": "2.5"}, paid="25")

        for person in (match.collector, match.pickup.resident):
            step(client_of(person), match, "confirm")

        receipt = Receipt.objects.get()
        assert (receipt.paid_thb, receipt.lines.get().net_kg) == (Decimal(25), Decimal("2.5"))
        assert WeighInVersion.objects.count() == 3

    def test_can_be_ended_by_a_release(self) -> None:
        match = disputed()

        release_match(user_id=match.collector_id, match_id=match.pk, reason="no_agreement", now=read_clock())

        assert Pickup.objects.get().status == "open"


class TestAccept:
    @pytest.mark.parametrize(("who", "version", "kg", "paid"), [("collector", 2, 3, 30), ("resident", 1, 2, 0)])
    def test_issues_a_receipt_with_the_accepted_figures(self, who: str, version: int, kg: int, paid: int) -> None:
        match = disputed()
        person = match.collector if who == "collector" else match.pickup.resident

        answer = step(client_of(person), match, "accept", version=version)

        assert (answer.status_code, answer.json()["status"]) == (200, "completed")
        receipt = Receipt.objects.get()
        assert (receipt.paid_thb, receipt.lines.get().net_kg) == (Decimal(paid), Decimal(kg))
        assert names_of_events(match.collector)[-1] == "receipt.issued"

    def test_again_changes_nothing(self) -> None:
        match = disputed()
        collector = client_of(match.collector)

        answers = [step(collector, match, "accept", version=2) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[1].json()["receipt"] == answers[0].json()["receipt"]
        assert Receipt.objects.count() == 1

    def test_refuses_own_and_outdated_versions(self) -> None:
        match = disputed()
        collector = client_of(match.collector)
        assert code_of(step(collector, match, "accept", version=1)) == (409, "weigh_in_changed")

        dispute(match, paid=31)

        assert code_of(step(collector, match, "accept", version=2)) == (409, "weigh_in_changed")
        assert step(collector, match, "accept", version=3).status_code == 200

    def test_refuses_without_a_dispute(self) -> None:
        match = make_match()
        assert code_of(step(client_of(match.collector), match, "accept", version=1)) == (409, "not_weighed")

        weigh(match)
        assert code_of(step(client_of(match.collector), match, "accept", version=1)) == (409, "not_disputed")

    def test_keeps_what_the_collector_left(self) -> None:
        match = make_match(make_pickup(items={"pet_clear": 5, "cardboard": 2}))
        left = [{"material": "cardboard", "quantity": 2}]
        step(client_of(match.collector), match, "weigh-in", lines=[KILOS], left=left)
        dispute(match)

        step(client_of(match.collector), match, "accept", version=2)

        assert LeftItem.objects.get().material.code == "cardboard"


def send_photo(client: APIClient, match: Match, content: bytes | None = None) -> Any:
    """Upload a photo of the scale."""
    file = SimpleUploadedFile("scale.jpg", from_a_phone() if content is None else content, "image/jpeg")
    return client.post(f"/api/v1/matches/{match.pk}/handover/photos", {"photo": file}, format="multipart")


class TestPhotos:
    def test_are_cleaned_and_shown_to_both(self, match: Match, collector: APIClient, resident: APIClient) -> None:
        photo = send_photo(collector, match).json()

        shown = resident.get(f"/api/v1/matches/{match.pk}").json()["handover"]["photos"]
        assert shown == [photo]
        with ScalePhoto.objects.get().large.open() as file:
            assert b"Exif" not in file.read()

    @pytest.mark.parametrize("size", ["large", "thumb"])
    def test_are_read_by_the_two_parties_alone(
        self, match: Match, collector: APIClient, resident: APIClient, anonymous: APIClient, size: str
    ) -> None:
        path = urlsplit(send_photo(collector, match).json()[size]).path

        answers: list[Any] = [client.get(path) for client in (collector, resident, client_of(make_user()), anonymous)]

        assert [answer.status_code for answer in answers] == [200, 200, 404, 401]
        assert answers[0]["Cache-Control"] == "private, no-cache"
        assert all(b"".join(answer).startswith(b"\xff\xd8") for answer in answers[:2])
        name = ScalePhoto.objects.get().large.name
        assert anonymous.get(f"/media/{name}").status_code == 404

    def test_are_shown_to_staff_with_the_permission(self, match: Match, collector: APIClient) -> None:
        send_photo(collector, match)
        photo = ScalePhoto.objects.get()
        page, file = f"/admin/geo/handover/{match.pk}/change/", f"/admin/geo/handover/scale-photo/{photo.pk}/thumb"
        may, may_not = staff_who_may("view_handover", "view_scalephoto"), staff_who_may("view_handover")

        assert file in may.get(page).content.decode()
        assert file not in may_not.get(page).content.decode()
        shown: Any = may.get(file)
        assert b"".join(shown).startswith(b"\xff\xd8")
        assert [client.get(file).status_code for client in (may_not, Client())] == [403, 302]

    def test_are_exported_with_addresses_that_need_the_token(self, match: Match, collector: APIClient) -> None:
        photo = send_photo(collector, match).json()

        [exported] = collector.get("/api/v1/me/export").json()["geo"]["scale_photos"]

        assert (exported["large"], exported["thumb"]) == (photo["large"], photo["thumb"])

    def test_are_limited(self, match: Match, collector: APIClient, settings: Settings) -> None:
        settings.SCALE_PHOTOS_MAX = 1
        send_photo(collector, match)

        assert code_of(send_photo(collector, match)) == (409, "scale_photos_full")

    def test_are_removed_only_by_their_author(self, match: Match, collector: APIClient, resident: APIClient) -> None:
        photo = send_photo(collector, match).json()
        url = f"/api/v1/matches/{match.pk}/handover/photos/{photo['id']}"

        assert [client.delete(url).status_code for client in (resident, collector, collector)] == [404, 204, 404]

    def test_cannot_change_after_both_have_confirmed(self, match: Match, collector: APIClient) -> None:
        photo = send_photo(collector, match).json()
        make_receipt(match)

        assert code_of(send_photo(collector, match)) == (409, "match_over")
        url = f"/api/v1/matches/{match.pk}/handover/photos/{photo['id']}"
        assert collector.delete(url).status_code == 409

    def test_must_be_pictures(self, match: Match, collector: APIClient) -> None:
        assert code_of(send_photo(collector, match, b"no picture")) == (400, "photo_unreadable")


@pytest.mark.parametrize(("name", "body"), [("dispute", {"lines": [KILOS]}), ("accept", {"version": 1})])
class TestEveryView:
    def test_is_shut_after_the_end(self, name: str, body: dict[str, Any]) -> None:
        match = make_match()
        release_match(user_id=match.collector_id, match_id=match.pk, reason="other", now=read_clock())

        assert code_of(step(client_of(match.pickup.resident), match, name, **body)) == (409, "match_over")
        assert Handover.objects.get().state == "ended"
