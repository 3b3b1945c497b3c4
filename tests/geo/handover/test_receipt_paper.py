"""A receipt on paper, and the page its QR code leads to: `/receipts/{id}.pdf` and `/r/{token}`."""

import re
import subprocess
import uuid
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from PIL import Image
from zxingcpp import read_barcodes

from geo.models import Receipt
from tests.factories.geo import make_material, make_pickup
from tests.factories.matches import make_collecting_user, make_match, make_receipt
from tests.factories.people import client_of, make_user

pytestmark = pytest.mark.django_db
LINES = {"pet_clear": "2.5", "aluminium_cans": "0.123"}


def make_thai_receipt() -> Receipt:
    """A receipt of users with Thai names, with one material without a factor."""
    make_material("mystery", name_th="วัสดุที่ยังไม่มีการคำนวณค่าการลดก๊าซเรือนกระจกจากการรีไซเคิล", name_en="Mystery")
    resident = make_user(display_name="มาลี ใจดี")
    collector = make_collecting_user(user=make_user(display_name="สมชาย รับซื้อ"))
    match = make_match(make_pickup(resident=resident), collector)
    return make_receipt(match, LINES | {"mystery": "1"}, "8.25", {"glass_bottles": 12})


def tamper(sql: str, *values: uuid.UUID) -> None:
    """Run SQL as a superuser who has disabled the triggers."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET session_replication_role = origin")


def read_with(tool: str, *arguments: object) -> str:
    """The output of a poppler tool."""
    command = [tool, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


class TestPdf:
    @pytest.mark.parametrize("language", ["th", "en"])
    def test_is_a_pdf_in_the_readers_language(self, language: str) -> None:
        receipt = make_thai_receipt()

        paper = client_of(receipt.resident).get(f"/api/v1/receipts/{receipt.pk}.pdf?lang={language}")

        assert paper["Content-Type"] == "application/pdf"
        assert paper["Content-Disposition"] == f'inline; filename="receipt-{receipt.number}-{language}.pdf"'
        assert paper.content.startswith(b"%PDF-")

    def test_has_all_content_in_a_font_with_thai(self, tmp_path: Path) -> None:
        receipt = make_thai_receipt()
        (tmp_path / "a.pdf").write_bytes(client_of(receipt.resident).get(f"/api/v1/receipts/{receipt.pk}.pdf").content)

        text = read_with("pdftotext", "-layout", tmp_path / "a.pdf", "-")

        figures = ("8.25 THB by the collector", "2.500", "0.123", "7.823", "2.578", "12 pieces")
        for text_part in (*figures, "มาลี", receipt.content_hash[:20]):
            assert text_part in text
        assert "Laksaman" in read_with("pdffonts", tmp_path / "a.pdf")

    def test_has_a_code_that_leads_to_the_page(self, tmp_path: Path) -> None:
        receipt = make_receipt()
        path = f"/api/v1/receipts/{receipt.pk}"
        (tmp_path / "a.pdf").write_bytes(client_of(receipt.resident).get(f"{path}.pdf").content)

        read_with("pdftoppm", "-r", 110, "-png", "-singlefile", tmp_path / "a.pdf", tmp_path / "a")

        [code] = read_barcodes(Image.open(tmp_path / "a.png"))
        assert code.text == client_of(receipt.resident).get(path).json()["page"]

    def test_refuses_an_unknown_language(self) -> None:
        receipt = make_receipt()

        refused = client_of(receipt.collector).get(f"/api/v1/receipts/{receipt.pk}.pdf?lang=fr")

        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "lang")


class TestPage:
    def page_of(self, receipt: Receipt, **query: str) -> str:
        return Client().get(f"/r/{receipt.token}", query).content.decode()

    def test_is_linked_from_the_json(self) -> None:
        receipt = make_receipt()
        page: str = client_of(receipt.resident).get(f"/api/v1/receipts/{receipt.pk}").json()["page"]

        response = Client().get(page.removeprefix("http://127.0.0.1:8000"))

        assert response.status_code == 200
        assert "Unchanged since it was issued" in response.content.decode()
        assert response["Cache-Control"] == "no-store"

    def test_is_available_in_thai(self) -> None:
        page = self.page_of(make_thai_receipt(), lang="th")

        assert '<html lang="th">' in page
        assert "ใบรับส่งมอบวัสดุรีไซเคิล" in page
        assert "8.25 บาท โดยผู้รับ" in page
        assert "(12 ชิ้น)" in page
        assert re.search(r"\b25[67]\d\b", page), "the year is of the Buddhist era"

    def test_shows_no_more_than_the_paper(self) -> None:
        receipt = make_thai_receipt()

        page = self.page_of(receipt)

        for hidden in ("ใจดี", "รับซื้อ", "Rama", "Lumphini", receipt.resident.phone or "", str(receipt.resident_id)):
            assert hidden not in page
        assert str(receipt.pk) not in page

    def test_shows_a_changed_row(self) -> None:
        receipt = make_receipt()
        tamper("UPDATE geo_receiptline SET net_kg = 9 WHERE receipt_id = %s", receipt.pk)

        assert "has been changed" in self.page_of(receipt)

    def test_shows_a_mismatching_paper(self) -> None:
        receipt = make_receipt()

        assert "another hash" in self.page_of(receipt, h="0" * 16)
        assert "Unchanged" in self.page_of(receipt, h=receipt.content_hash[:16])

    def test_escapes_the_query_and_names(self) -> None:
        person = make_user(display_name="<b>Bold</b>")
        receipt = make_receipt(make_match(make_pickup(resident=person)))

        page = self.page_of(receipt, h='"><script>')

        assert "<b>Bold" not in page
        assert "<script" not in page

    def test_is_found_by_the_token_alone(self) -> None:
        receipt = make_receipt()

        for wrong in (receipt.pk, uuid.uuid4(), receipt.number):
            assert Client().get(f"/r/{wrong}").status_code == 404
