"""Money per line of a weigh-in and of a receipt: prices, amounts, grades, and sums to the satang."""

import json
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from geo.handover.selectors import Audit
from geo.models import Match, Receipt, ReceiptLine
from tests.factories.handovers import code_of, step
from tests.factories.matches import make_receipt
from tests.factories.people import client_of

pytestmark = pytest.mark.django_db

# 3.335 kg at 9.50 are 31.6825 baht; to the satang 31.68.
PET = {"material": "pet_clear", "gross_kg": 3.585, "tare_kg": 0.25, "grade": "a", "price_thb_per_kg": 9.5}
COPPER = {"material": "copper", "gross_kg": 0.5, "paid": 0.015}


def weigh_and_confirm(match: Match, collector: APIClient, **body: Any) -> Receipt:
    weighed = step(collector, match, "weigh-in", **body)
    assert weighed.status_code == 200, weighed.json()
    step(collector, match, "confirm", code=match.handover.code)
    return Receipt.objects.get(corrects=None)


def paid_by_line(match: Match) -> list[Decimal | None]:
    return list(ReceiptLine.objects.filter(receipt__match=match).order_by("pk").values_list("paid_thb", flat=True))


def test_lines_add_up_to_the_satang(match: Match, collector: APIClient) -> None:
    receipt = weigh_and_confirm(match, collector, lines=[PET, COPPER | {"paid": 150.25}])

    assert receipt.paid_thb == Decimal("181.93")
    assert paid_by_line(match) == [Decimal("31.68"), Decimal("150.25")]


@pytest.mark.parametrize(
    ("net_kg", "price", "worth"),
    [("0.001", "0.01", "0.00"), ("0.050", "0.10", "0.01"), ("0.015", "1.00", "0.02"), ("4999.999", "1.01", "5050.00")],
)
def test_a_line_is_rounded_half_up(match: Match, collector: APIClient, net_kg: str, price: str, worth: str) -> None:
    lines = [{"material": "pet_clear", "gross_kg": net_kg, "price_thb_per_kg": price}]

    receipt = weigh_and_confirm(match, collector, lines=lines, is_sure=True)

    assert receipt.paid_thb == Decimal(worth)


def test_shows_the_money_of_each_line(match: Match, collector: APIClient) -> None:
    handover = step(collector, match, "weigh-in", lines=[PET, {"material": "copper", "gross_kg": 1}]).json()["handover"]

    said = [(line["grade"], line["price_thb_per_kg"], line["paid"]) for line in handover["lines"]]
    assert said == [("a", 9.5, 31.68), (None, None, None)]
    assert [line["paid"] for line in handover["versions"][0]["lines"]] == [31.68, None]
    assert handover["paid"] == 31.68


def test_the_paper_and_the_hash_have_it(match: Match, collector: APIClient) -> None:
    receipt = weigh_and_confirm(match, collector, lines=[PET])

    content = json.loads(receipt.canonical_text(receipt.lines.all()))
    assert content["version"] == 4
    line = content["lines"][0]
    assert (line["grade"], line["paid_thb"], line["price_thb_per_kg"]) == ("a", "31.68", "9.50")
    page = client_of(match.collector).get(f"/r/{receipt.token}").content.decode()
    assert "9.50 THB per kg · 31.68 THB" in page


def test_old_receipts_keep_their_text() -> None:
    receipt = make_receipt(paid="20")

    assert json.loads(receipt.canonical_text(receipt.lines.all()))["version"] == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"lines": [PET], "paid": 31.67}, "money_differs"),
        ({"lines": [PET | {"paid": 31.68}]}, "price_or_amount"),
        ({"lines": [PET | {"price_thb_per_kg": 0}]}, "min_value"),
        ({"lines": [PET | {"price_thb_per_kg": 10_000_000}]}, "max_whole_digits"),
        ({"lines": [PET | {"price_thb_per_kg": 10_000.01}]}, "max_value"),
        ({"lines": [PET | {"price_thb_per_kg": 1.005}]}, "max_decimal_places"),
        ({"lines": [PET | {"gross_kg": 5000, "price_thb_per_kg": 10_000}]}, "amount_too_large"),
        ({"lines": [COPPER | {"paid": 1e6}, {"material": "hdpe", "gross_kg": 1, "paid": 0.01}]}, "amount_too_large"),
        ({"lines": [COPPER]}, "max_decimal_places"),
        ({"lines": [PET | {"grade": "d"}]}, "invalid_choice"),
    ],
)
def test_refuses(match: Match, collector: APIClient, body: dict[str, Any], code: str) -> None:
    assert code_of(step(collector, match, "weigh-in", **body)) == (400, code)


class TestCorrection:
    def correct(self, match: Match, **body: Any) -> None:
        path = f"/api/v1/matches/{match.pk}/receipt/corrections"
        proposed = client_of(match.pickup.resident).post(path, body)
        assert proposed.status_code == 200, proposed.json()
        number = proposed.json()["handover"]["versions"][-1]["number"]
        accepted = client_of(match.collector).post(f"{path}/accept", {"version": number})
        assert accepted.status_code == 200, accepted.json()

    def test_of_a_price_alone_holds_the_difference(self, match: Match, collector: APIClient) -> None:
        weigh_and_confirm(match, collector, lines=[PET])

        self.correct(match, lines=[PET | {"price_thb_per_kg": 10}])

        correction = Receipt.objects.exclude(corrects=None).get()
        assert correction.paid_thb == Decimal("1.67")
        assert paid_by_line(match) == [Decimal("31.68"), Decimal("1.67")]
        assert list(Audit().flaws()) == []

    def test_without_money_keeps_that_of_a_line_with_the_same_weight(self, match: Match, collector: APIClient) -> None:
        weigh_and_confirm(match, collector, lines=[PET, COPPER | {"paid": 150.25}])

        lines = [{"material": "pet_clear", "gross_kg": 3.585, "tare_kg": 0.25}, COPPER | {"paid": 100}]
        self.correct(match, lines=lines, paid=131.68)

        assert sum(filter(None, paid_by_line(match))) == Decimal("131.68")
        assert sum(Receipt.objects.values_list("paid_thb", flat=True)) == Decimal("131.68")
        assert list(Audit().flaws()) == []

    @pytest.mark.parametrize(
        ("line", "code"),
        [
            ({"material": "pet_clear", "gross_kg": 3.335}, "line_money_needed"),
            ({"material": "copper", "gross_kg": 1}, "line_money_needed"),
            ({"material": "pet_clear", "gross_kg": 3.585, "tare_kg": 0.25}, "money_differs"),
        ],
    )
    def test_without_money_cannot_contradict_the_lines(
        self, match: Match, collector: APIClient, line: dict[str, Any], code: str
    ) -> None:
        weigh_and_confirm(match, collector, lines=[PET])

        path = f"/api/v1/matches/{match.pk}/receipt/corrections"
        refused = client_of(match.pickup.resident).post(path, {"lines": [line], "paid": 30})

        assert code_of(refused) == (400, code)
