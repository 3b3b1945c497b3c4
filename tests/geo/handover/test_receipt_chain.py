"""The hash chain of a collector's receipts, and `verify_receipts`, which detects any change to them."""

import json
from hashlib import sha256
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from backend.accounts.models import User
from geo.handover.selectors import ReceiptsChanged
from geo.models import Receipt, ReceiptChain, ReceiptLine
from geo.tasks import VERIFY, verify_receipts
from notifications.models import PeriodicRun
from tests.factories.geo import make_material
from tests.factories.matches import make_collecting_user, make_match, make_receipt
from tests.geo.handover.test_receipt_paper import tamper

pytestmark = pytest.mark.django_db


def verify() -> str:
    """The output of `verify_receipts`. Raises CommandError with it."""
    output = StringIO()
    try:
        call_command("verify_receipts", stdout=output)
    except CommandError as error:
        raise CommandError(output.getvalue()) from error
    return output.getvalue()


def receipts_of(collector: User, count: int) -> list[Receipt]:
    """Receipts of one collector."""
    return [make_receipt(make_match(collector=collector)) for _ in range(count)]


@pytest.fixture
def chained(db: None) -> list[Receipt]:
    """Three receipts of one collector, and one of another between them."""
    collector = make_collecting_user()
    first = receipts_of(collector, 1)
    make_receipt()
    return first + receipts_of(collector, 2)


class TestChain:
    def test_leads_from_each_receipt_to_the_one_before(self, chained: list[Receipt]) -> None:
        assert [receipt.link for receipt in chained] == [1, 2, 3]
        assert chained[0].number < chained[1].number < chained[2].number
        assert [receipt.previous_hash for receipt in chained] == ["", *(row.content_hash for row in chained[:2])]
        head = ReceiptChain.objects.get(collector=chained[0].collector_id)
        assert (head.length, head.head_hash) == (3, chained[2].content_hash)

    def test_hashes_a_reproducible_text(self) -> None:
        make_material("mystery")
        receipt = make_receipt(lines={"aluminium_cans": "0.5", "mystery": "1"}, paid="-8.5")

        text = receipt.canonical_text(receipt.lines.order_by("pk"))

        assert receipt.content_hash == sha256(text.encode()).hexdigest()
        content = json.loads(text)
        assert (content["version"], content["number"], content["link"]) == (1, receipt.number, 1)
        assert content["paid_thb"] == "-8.50"
        assert [line["net_kg"] for line in content["lines"]] == ["0.500", "1.000"]
        assert content["lines"][1]["kg_co2e_per_kg"] is None
        assert content["handed_over_at"].endswith("Z")
        assert text == json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class TestPieces:
    """The second version of the text has pieces; receipts without pieces keep the first."""

    def test_are_hashed_on_every_line_if_one_has_them(self) -> None:
        receipt = make_receipt(lines={"pet_clear": "1"}, pieces={"glass_bottles": 12})

        content = json.loads(receipt.canonical_text(receipt.lines.order_by("pk")))

        assert (content["version"], [line["pieces"] for line in content["lines"]]) == (2, [None, 12])
        assert "All of it is as it was issued" in verify()

    @pytest.mark.parametrize(
        ("counted", "pieces"), [({"glass_bottles": 12}, "NULL"), ({"glass_bottles": 12}, "13"), ({}, "1")]
    )
    def test_cannot_be_removed_changed_or_added(self, counted: dict[str, int], pieces: str) -> None:
        receipt = make_receipt(lines={"pet_clear": "1"}, pieces=counted)
        tamper(f"UPDATE geo_receiptline SET pieces = {pieces} WHERE receipt_id = %s", receipt.pk)

        with pytest.raises(CommandError, match=r"(?m)^content: "):
            verify()


class TestVerify:
    def test_passes_for_issued_receipts(self, chained: list[Receipt]) -> None:
        output = verify()

        assert "4 receipts of 2 collectors" in output
        assert chained[2].content_hash in output

    def test_runs_every_night_and_fails_on_a_change(self, chained: list[Receipt]) -> None:
        verify_receipts(0)
        verified_at = PeriodicRun.objects.get(name=VERIFY).last_run_at
        tamper("UPDATE geo_receipt SET paid_thb = paid_thb + 0.01 WHERE id = %s", chained[0].pk)

        with pytest.raises(ReceiptsChanged):
            verify_receipts(0)

        assert PeriodicRun.objects.get(name=VERIFY).last_run_at == verified_at

    def test_passes_without_receipts(self) -> None:
        assert "0 receipts" in verify()

    @pytest.mark.parametrize(
        ("sql", "code"),
        [
            ("UPDATE geo_receipt SET paid_thb = paid_thb + 0.01 WHERE id = %s", "content"),
            ("UPDATE geo_receipt SET handed_over_at = handed_over_at - interval '1 day' WHERE id = %s", "content"),
            ("UPDATE geo_receipt SET resident_id = collector_id WHERE id = %s", "content"),
            ("UPDATE geo_receipt SET previous_hash = '' WHERE id = %s", "link"),
            ("UPDATE geo_receipt SET number = number + 1000000 WHERE id = %s", "content"),
            ("UPDATE geo_receiptline SET net_kg = net_kg + 0.001 WHERE receipt_id = %s", "content"),
            ("UPDATE geo_receiptline SET kg_co2e_per_kg = NULL WHERE receipt_id = %s", "content"),
            ("DELETE FROM geo_receiptline WHERE receipt_id = %s", "content"),
            (
                "INSERT INTO geo_receiptline (receipt_id, material_id, gross_kg, tare_kg, net_kg, factor_source)"
                " SELECT receipt_id, material_id, 1, 0, 1, '' FROM geo_receiptline WHERE receipt_id = %s",
                "content",
            ),
        ],
    )
    def test_finds_a_changed_row(self, chained: list[Receipt], sql: str, code: str) -> None:
        tamper(sql, chained[1].pk)

        with pytest.raises(CommandError, match=rf"(?m)^{code}: receipt \d+ \({chained[1].pk}\)"):
            verify()

    @pytest.mark.parametrize(("place", "code"), [(0, "link"), (0, "match"), (1, "link"), (2, "end")])
    def test_finds_a_missing_receipt(self, chained: list[Receipt], place: int, code: str) -> None:
        tamper("DELETE FROM geo_receiptline WHERE receipt_id = %s", chained[place].pk)
        tamper("DELETE FROM geo_receipt WHERE id = %s", chained[place].pk)

        with pytest.raises(CommandError, match=f"(?m)^{code}: "):
            verify()

    @pytest.mark.parametrize("has_valid_hash", [False, True])
    def test_finds_a_forged_receipt(self, chained: list[Receipt], has_valid_hash: bool) -> None:
        """Even with a matching hash, because the chain ends at another receipt."""
        last = chained[2]
        match = make_match(collector=last.collector)
        forged = Receipt(
            number=last.number + 1, match=match, resident=match.pickup.resident, collector=last.collector, paid_thb=0,
            handed_over_at=last.handed_over_at, link=4, previous_hash=last.content_hash, content_hash="0" * 64,
        )  # fmt: skip
        if has_valid_hash:
            forged.content_hash = forged.hash_with([])
        forged.save(force_insert=True)

        with pytest.raises(CommandError, match=f"(?m)^{'end' if has_valid_hash else 'content'}: "):
            verify()


class TestDatabase:
    """Triggers and constraints refuse these changes."""

    @pytest.mark.parametrize("table", ["geo_receipt", "geo_receiptline", "geo_receiptchain", "geo_match"])
    def test_to_empty_a_table(self, table: str) -> None:
        make_receipt()

        with pytest.raises(DatabaseError, match="receipts are immutable"), transaction.atomic():
            _execute(f"TRUNCATE {table} CASCADE")
        assert ReceiptLine.objects.exists()

    def test_to_cut_a_chain_off(self) -> None:
        make_receipt()

        with pytest.raises(DatabaseError, match="receipts are immutable"), transaction.atomic():
            _execute("DELETE FROM geo_receiptchain")

    def test_a_second_receipt_in_one_place_of_a_chain(self) -> None:
        receipt = make_receipt()
        match = make_match(collector=receipt.collector)

        with pytest.raises(DatabaseError, match="one_receipt_per_link"), transaction.atomic():
            Receipt.objects.create(
                number=receipt.number + 1, match=match, resident=match.pickup.resident, collector=receipt.collector,
                paid_thb=0, handed_over_at=receipt.handed_over_at, link=1,
            )  # fmt: skip


def _execute(sql: str) -> None:
    """Run after checking deferred constraints, as after a commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql)
