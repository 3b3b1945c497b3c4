"""Correcting receipts."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from backend.accounts.models import User
from geo.impact.services import compare_impact, fold_impact
from geo.models import ImpactSum, Receipt, ReceiptLine
from tests.factories.geo import make_pickup
from tests.factories.matches import events_of, make_match, make_receipt, names_of_events, pushed_to
from tests.factories.people import client_of, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def receipt() -> Receipt:
    """50 kg of clear PET for 100 baht, though it was 5 kg for 10 baht."""
    return make_receipt(make_match(make_pickup(items={"pet_clear": 5})), {"pet_clear": "50"}, "100")


def resident_of(receipt: Receipt) -> APIClient:
    return client_of(receipt.resident)


def collector_of(receipt: Receipt) -> APIClient:
    return client_of(receipt.collector)


def propose(client: APIClient, receipt: Receipt, **body: Any) -> Any:
    figures = {"lines": [{"material": "pet_clear", "gross_kg": 5}], "paid": 10}
    return client.post(f"/api/v1/matches/{receipt.match_id}/receipt/corrections", figures | body)


def accept(client: APIClient, receipt: Receipt, version: int) -> Any:
    return client.post(f"/api/v1/matches/{receipt.match_id}/receipt/corrections/accept", {"version": version})


def decline(client: APIClient, receipt: Receipt, version: int) -> Any:
    return client.post(f"/api/v1/matches/{receipt.match_id}/receipt/corrections/decline", {"version": version})


def correct(receipt: Receipt, **body: Any) -> Any:
    """Proposed by the resident, accepted by the collector; returns the match."""
    version = propose(resident_of(receipt), receipt, **body).json()["handover"]["versions"][-1]["number"]
    answer = accept(collector_of(receipt), receipt, version)
    assert answer.status_code == 200
    return answer.json()


def kilograms() -> dict[tuple[str, str], Decimal]:
    fold_impact()
    sums = ImpactSum.objects.exclude(kg=0).values_list("scope", "material__code", "kg")
    return {(scope, code): kg for scope, code, kg in sums}


class TestCorrection:
    def test_is_a_second_receipt_with_the_difference(self, receipt: Receipt) -> None:
        match = correct(receipt)

        (correction,) = match["corrections"]
        assert (correction["corrects"], match["receipt"]["id"]) == (str(receipt.pk), str(receipt.pk))
        assert (correction["net_kg"], correction["paid"], correction["number"]) == (-45.0, -90.0, receipt.number + 1)
        assert correction["handed_over_at"] == match["receipt"]["handed_over_at"]
        assert match["receipt"]["net_kg"] == 50.0
        assert match["receipt"]["corrects"] is None

    def test_is_followed_by_all_totals(self, receipt: Receipt) -> None:
        correct(receipt)

        assert set(kilograms().values()) == {Decimal(5)}
        assert not list(compare_impact())
        me = resident_of(receipt).get("/api/v1/impact/me").json()
        assert me["kg"] == 5.0

    def test_moves_a_weight_to_another_material(self, receipt: Receipt) -> None:
        correct(receipt, lines=[{"material": "hdpe", "gross_kg": 50}], paid=100, is_sure=True)

        assert {code for _, code in kilograms()} == {"hdpe"}
        factors = set(ReceiptLine.objects.filter(material__code="pet_clear").values_list("kg_co2e_per_kg", flat=True))
        assert len(factors) == 1

    def test_corrects_pieces(self) -> None:
        receipt = make_receipt(
            make_match(make_pickup(items={"glass_bottles": 12})), {"pet_clear": "1"}, pieces={"glass_bottles": 12}
        )

        lines = [{"material": "glass_bottles", "pieces": 10}, {"material": "pet_clear", "gross_kg": 1}]
        (correction,) = correct(receipt, lines=lines, paid=0)["corrections"]

        assert [(line["material"], line["pieces"]) for line in correction["lines"]] == [("glass_bottles", -2)]

    def test_can_be_corrected_again(self, receipt: Receipt) -> None:
        correct(receipt)
        match = correct(receipt, lines=[{"material": "pet_clear", "gross_kg": 6}], paid=12)

        assert [row["net_kg"] for row in match["corrections"]] == [-45.0, 1.0]
        assert set(kilograms().values()) == {Decimal(6)}

    def test_keeps_the_chain(self, receipt: Receipt) -> None:
        correct(receipt)
        make_receipt(make_match(collector=receipt.collector))

        call_command("verify_receipts")

    def test_can_correct_the_money_alone(self, receipt: Receipt) -> None:
        (correction,) = correct(receipt, lines=[{"material": "pet_clear", "gross_kg": 50}], is_sure=True)["corrections"]

        assert (correction["lines"], correction["paid"]) == ([], -90.0)

    def test_is_read_like_any_receipt(self, receipt: Receipt, anonymous: APIClient) -> None:
        (correction,) = correct(receipt)["corrections"]

        assert resident_of(receipt).get(f"/api/v1/receipts/{correction['id']}").json()["net_kg"] == -45.0
        page = anonymous.get(f"/r/{Receipt.objects.get(pk=correction['id']).token}?lang=en").content.decode()
        assert f"Correction of receipt {receipt.number}" in page
        first = anonymous.get(f"/r/{receipt.token}?lang=en").content.decode()
        assert f"Corrected by receipt {correction['number']}" in first

    def test_tells_the_other_party(self, receipt: Receipt) -> None:
        propose(resident_of(receipt), receipt)
        assert events_of(receipt.collector)[-1][0] == "receipt.correction_proposed"
        assert "receipt.correction_proposed" in pushed_to(receipt.collector)

        accept(collector_of(receipt), receipt, 2)
        name, data = events_of(receipt.resident)[-1]
        assert (name, data["corrects"], data["net_kg"]) == ("receipt.issued", str(receipt.pk), 5.0)


class TestDecline:
    def test_tells_the_other_party_once_and_changes_no_receipt(self, receipt: Receipt) -> None:
        propose(resident_of(receipt), receipt)

        answers = [decline(collector_of(receipt), receipt, 2) for _ in range(2)]

        assert [answer.json()["handover"]["versions"][-1]["declined_at"] is None for answer in answers] == [False] * 2
        assert Receipt.objects.count() == 1
        assert names_of_events(receipt.resident).count("receipt.correction_declined") == 1
        assert "receipt.correction_declined" in pushed_to(receipt.resident)

    def test_leaves_room_for_another_mind(self, receipt: Receipt) -> None:
        propose(resident_of(receipt), receipt)
        decline(collector_of(receipt), receipt, 2)

        assert len(accept(collector_of(receipt), receipt, 2).json()["corrections"]) == 1
        assert decline(collector_of(receipt), receipt, 2).json()["code"] == "weigh_in_changed"

    def test_is_for_the_other_party_and_the_newest_proposal(self, receipt: Receipt) -> None:
        assert decline(collector_of(receipt), receipt, 1).json()["code"] == "weigh_in_changed"
        propose(resident_of(receipt), receipt)

        assert decline(resident_of(receipt), receipt, 2).json()["code"] == "weigh_in_changed"
        assert decline(client_of(make_user()), receipt, 2).status_code == 404


class TestProposal:
    def test_changes_nothing_yet(self, receipt: Receipt) -> None:
        match = propose(collector_of(receipt), receipt).json()

        assert (match["corrections"], match["handover"]["versions"][-1]["is_correction"]) == ([], True)
        assert set(kilograms().values()) == {Decimal(50)}

    def test_is_not_accepted_by_its_author(self, receipt: Receipt) -> None:
        propose(resident_of(receipt), receipt)

        assert accept(resident_of(receipt), receipt, 2).json()["code"] == "weigh_in_changed"

    def test_is_accepted_once(self, receipt: Receipt) -> None:
        correct(receipt)

        assert accept(collector_of(receipt), receipt, 2).status_code == 200
        assert Receipt.objects.count() == 2

    def test_is_accepted_as_it_was_seen(self, receipt: Receipt) -> None:
        propose(resident_of(receipt), receipt)
        propose(resident_of(receipt), receipt, paid=11)

        assert accept(collector_of(receipt), receipt, 2).json()["code"] == "weigh_in_changed"

    def test_ends_with_the_next_correction(self, receipt: Receipt) -> None:
        correct(receipt)
        propose(collector_of(receipt), receipt, paid=8)
        accept(resident_of(receipt), receipt, 3)

        answer = accept(collector_of(receipt), receipt, 2)

        assert (answer.status_code, answer.json()["code"]) == (409, "weigh_in_changed")
        assert [row.paid_thb for row in Receipt.objects.order_by("number")] == [100, -90, -2]

    def test_needs_a_receipt(self) -> None:
        match = make_match()
        body = {"lines": [{"material": "pet_clear", "gross_kg": 3}], "paid": 0}

        answer = client_of(match.collector).post(f"/api/v1/matches/{match.pk}/receipt/corrections", body)

        assert (answer.status_code, answer.json()["code"]) == (409, "no_receipt")

    def test_needs_a_difference(self, receipt: Receipt) -> None:
        answer = propose(
            resident_of(receipt), receipt, lines=[{"material": "pet_clear", "gross_kg": 50}], paid=100, is_sure=True
        )

        assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_correct")

    def test_asks_again_about_unusual_weights(self, receipt: Receipt) -> None:
        answer = propose(resident_of(receipt), receipt, lines=[{"material": "pet_clear", "gross_kg": 500}])

        assert answer.json()["code"] == "weight_unusual"

    def test_comes_in_time(self, receipt: Receipt, settings: Any) -> None:
        settings.RECEIPT_CORRECTION_DAYS = 0

        assert propose(resident_of(receipt), receipt).json()["code"] == "correction_too_late"

    @pytest.mark.parametrize("body", [{"lines": []}, {"lines": [{"material": "x", "gross_kg": 1}]}, {"paid": "x"}])
    def test_refuses_a_bad_shape(self, receipt: Receipt, body: dict[str, Any]) -> None:
        assert propose(resident_of(receipt), receipt, **body).status_code == 400


def browser_of(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def fill_in(
    *lines: dict[str, Any], paid_thb: str = "10", reason: str = "The scale was read wrongly."
) -> dict[str, Any]:
    """The form of staff, as a browser posts it."""
    body = {"paid_thb": paid_thb, "reason": reason, "form-TOTAL_FORMS": len(lines), "form-INITIAL_FORMS": 1}
    return body | {f"form-{index}-{name}": value for index, line in enumerate(lines) for name, value in line.items()}


class TestStaffCorrection:
    @pytest.fixture
    def officer(self) -> User:
        officer = make_user(is_staff=True)
        rights = Permission.objects.filter(codename__in=["view_receipt", "change_receipt"])
        officer.user_permissions.set(rights)
        return officer

    def correct(self, officer: User, receipt: Receipt, *lines: dict[str, Any], **form: str) -> str:
        body = fill_in(*(lines or [{"material": "pet_clear", "gross_kg": "5"}]), **form)
        address = f"/admin/geo/receipt/{receipt.pk}/correct/"
        return browser_of(officer).post(address, body, follow=True).content.decode()

    def test_is_issued_without_a_proposal(self, officer: User, receipt: Receipt) -> None:
        page = self.correct(officer, receipt)

        assert "The correcting receipt is issued" in page
        assert Receipt.objects.get(corrects=receipt).paid_thb == -90
        assert set(kilograms().values()) == {Decimal(5)}
        call_command("verify_receipts")

    def test_is_read_by_both_parties_with_its_reason(self, officer: User, receipt: Receipt) -> None:
        self.correct(officer, receipt)

        for party in (receipt.resident, receipt.collector):
            assert events_of(party)[-1][0] == "receipt.issued"
            assert "receipt.issued" in pushed_to(party)
            match = client_of(party).get(f"/api/v1/matches/{receipt.match_id}").json()
            assert match["handover"]["versions"][-1]["note"] == "The scale was read wrongly."
            assert match["corrections"][0]["corrects"] == str(receipt.pk)

    def test_stays_in_the_history(self, officer: User, receipt: Receipt) -> None:
        self.correct(officer, receipt)

        history = browser_of(officer).get(f"/admin/geo/receipt/{receipt.pk}/history/").content.decode()
        assert "The scale was read wrongly." in history

    def test_shows_the_figures_in_force(self, officer: User, receipt: Receipt) -> None:
        correct(receipt)

        page = browser_of(officer).get(f"/admin/geo/receipt/{receipt.pk}/correct/").content.decode()
        assert ('value="5.000"' in page, 'value="10.00"' in page) == (True, True)
        shown = browser_of(officer).get(f"/admin/geo/receipt/{receipt.pk}/change/").content.decode()
        assert f"/admin/geo/receipt/{receipt.pk}/correct/" in shown

    def test_takes_a_material_away_and_adds_another(self, officer: User, receipt: Receipt) -> None:
        self.correct(
            officer, receipt, {"material": "pet_clear", "gross_kg": ""}, {"material": "hdpe", "gross_kg": "50"}
        )

        assert {code for _, code in kilograms()} == {"hdpe"}

    @pytest.mark.parametrize(
        ("lines", "form"),
        [
            ([], {"reason": ""}),
            ([], {"paid_thb": "x"}),
            ([{"material": "pet_clear", "gross_kg": "5", "tare_kg": "6"}], {}),
            ([{"material": "pet_clear", "gross_kg": "50"}], {"paid_thb": "100"}),
        ],
    )
    def test_needs_a_reason_and_a_difference(
        self, officer: User, receipt: Receipt, lines: list[dict[str, Any]], form: dict[str, str]
    ) -> None:
        assert "errorlist" in self.correct(officer, receipt, *lines, **form)
        assert Receipt.objects.count() == 1

    def test_needs_the_right(self, receipt: Receipt) -> None:
        clerk = make_user(is_staff=True)
        clerk.user_permissions.set(Permission.objects.filter(codename="view_receipt"))
        address = f"/admin/geo/receipt/{receipt.pk}/correct/"

        assert browser_of(clerk).get(address).status_code == 403
        assert browser_of(clerk).post(address, fill_in({})).status_code == 403
        assert "/correct/" not in browser_of(clerk).get(f"/admin/geo/receipt/{receipt.pk}/change/").content.decode()
        assert Receipt.objects.count() == 1


class TestStaff:
    def act(self, receipt: Receipt) -> None:
        browser = browser_of(make_user(is_staff=True, is_superuser=True))
        body = {"action": "issue_proposed", "_selected_action": [str(receipt.pk)]}
        assert browser.post("/admin/geo/receipt/", body, follow=True).status_code == 200

    def test_issue_what_one_party_has_proposed(self, receipt: Receipt) -> None:
        propose(resident_of(receipt), receipt)

        for _ in range(2):
            self.act(receipt)

        assert Receipt.objects.get(corrects=receipt).paid_thb == -90

    def test_issue_no_proposal_that_a_correction_has_ended(self, receipt: Receipt) -> None:
        propose(resident_of(receipt), receipt)
        propose(collector_of(receipt), receipt, paid=8)
        accept(collector_of(receipt), receipt, 2)

        self.act(receipt)

        assert [row.paid_thb for row in Receipt.objects.order_by("number")] == [100, -90]

    def test_issue_nothing_that_nobody_proposed(self, receipt: Receipt) -> None:
        self.act(receipt)

        assert Receipt.objects.count() == 1
