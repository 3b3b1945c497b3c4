"""Receipts: `GET /receipts/{id}`, their numbers, and that they never change."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from pytest_django import Settings

from geo.models import EmissionFactor, Receipt, ReceiptLine
from tests.factories.geo import make_material, material
from tests.factories.matches import make_collecting_user, make_match, make_receipt, weigh
from tests.factories.people import client_of

pytestmark = pytest.mark.django_db


class TestRead:
    def test_is_the_same_for_both_parties(self) -> None:
        receipt = make_receipt(lines={"pet_clear": "2.5", "aluminium_cans": "0.123"}, paid="8.25")
        path = f"/api/v1/receipts/{receipt.pk}"

        shown = client_of(receipt.resident).get(path).json()

        assert shown == client_of(receipt.collector).get(path).json()
        assert shown["number"] == receipt.number
        assert shown["match"] == str(receipt.match_id)
        assert shown["paid"] == 8.25
        assert shown["net_kg"] == 2.623
        assert shown["resident"]["id"] == str(receipt.resident_id)
        assert shown["collector"]["first_name"] == "Somchai"
        assert [line["material"] for line in shown["lines"]] == ["pet_clear", "aluminium_cans"]

    def test_shows_no_place(self) -> None:
        receipt = make_receipt()

        text = client_of(receipt.collector).get(f"/api/v1/receipts/{receipt.pk}").content.decode()

        assert "Rama" not in text
        assert "location" not in text


class TestLines:
    def test_hold_gross_tare_and_net(self) -> None:
        match = make_match()
        client_of(match.collector).post(
            f"/api/v1/matches/{match.pk}/handover/weigh-in",
            {"lines": [{"material": "pet_clear", "gross_kg": "2.001", "tare_kg": "0.5"}]},
        )
        path = f"/api/v1/matches/{match.pk}/handover/confirm"
        client_of(match.collector).post(path, {"code": match.handover.code})

        line = ReceiptLine.objects.get()
        assert (line.gross_kg, line.tare_kg, line.net_kg) == (Decimal("2.001"), Decimal("0.5"), Decimal("1.501"))

    @pytest.mark.parametrize("factor_set", ["less", "warm"])
    def test_hold_the_factor_of_the_set_in_force(self, settings: Settings, factor_set: str) -> None:
        settings.CO2E_FACTOR_SET = factor_set
        factor = EmissionFactor.objects.get(material=material("aluminium_cans"), factor_set=factor_set)

        make_receipt(lines={"aluminium_cans": "1"})

        line = ReceiptLine.objects.get()
        assert line.kg_co2e_per_kg == factor.kg_co2e_per_kg
        assert (line.factor_set, line.factor_version) == (factor_set, factor.version)
        assert line.factor_source == factor.source

    def test_take_the_version_last_loaded(self, settings: Settings) -> None:
        settings.CO2E_FACTOR_SET = "ours"
        for version, factor in (("2", "3.5"), ("10", "4.5")):
            EmissionFactor.objects.create(
                material=material(), factor_set="ours", version=version, kg_co2e_per_kg=factor, source="City"
            )

        make_receipt()

        assert ReceiptLine.objects.get().kg_co2e_per_kg == Decimal("4.5")

    def test_keep_their_factor_when_the_catalogue_changes(self) -> None:
        make_receipt()
        before = ReceiptLine.objects.get().kg_co2e_per_kg

        EmissionFactor.objects.all().delete()

        assert ReceiptLine.objects.get().kg_co2e_per_kg == before is not None

    def test_hold_counted_pieces(self) -> None:
        receipt = make_receipt(pieces={"glass_bottles": 12})

        shown = client_of(receipt.resident).get(f"/api/v1/receipts/{receipt.pk}").json()["lines"]

        assert [(line["material"], line["pieces"]) for line in shown] == [("pet_clear", None), ("glass_bottles", 12)]

    def test_have_no_factor_for_an_unmodelled_material(self) -> None:
        make_material("mystery")

        receipt = make_receipt(lines={"mystery": "1"})

        shown = client_of(receipt.resident).get(f"/api/v1/receipts/{receipt.pk}").json()["lines"][0]
        assert (shown["kg_co2e"], shown["kg_co2e_per_kg"], shown["factor_set"]) == (None, None, "")


class TestNumber:
    def test_rises_and_the_place_in_the_chain_has_no_gap_after_a_rollback(self) -> None:
        collector = make_collecting_user()
        issued = [make_receipt(make_match(collector=collector))]
        with transaction.atomic():
            make_receipt(make_match(collector=collector))
            transaction.set_rollback(True)
        issued.append(make_receipt(make_match(collector=collector)))

        assert issued[0].number < issued[1].number
        assert [receipt.link for receipt in issued] == [1, 2]

    def test_is_unique(self) -> None:
        first, match = make_receipt(), weigh(make_match())

        with pytest.raises(IntegrityError), transaction.atomic():
            Receipt.objects.create(
                number=first.number,
                match=match,
                resident=match.pickup.resident,
                collector=match.collector,
                paid_thb=0,
                handed_over_at=first.handed_over_at,
            )


class TestImmutability:
    """Triggers refuse every change."""

    def test_of_the_receipt(self) -> None:
        make_receipt()

        with pytest.raises(DatabaseError, match="receipts are immutable"), transaction.atomic():
            Receipt.objects.update(paid_thb=1)
        with pytest.raises(DatabaseError, match="receipts are immutable"), transaction.atomic():
            Receipt.objects.all()._raw_delete("default")

    def test_of_its_lines(self) -> None:
        make_receipt()

        with pytest.raises(DatabaseError, match="receipts are immutable"), transaction.atomic():
            ReceiptLine.objects.update(net_kg=1)
        with pytest.raises(DatabaseError, match="receipts are immutable"), transaction.atomic():
            ReceiptLine.objects.all().delete()
