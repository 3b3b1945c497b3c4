"""Receipts on a phone: what was handed over, its QR code and paper, and correcting it."""

import io
from collections.abc import Callable

import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import expect
from zxingcpp import read_barcodes

from geo.matching.handover_responses import page_url_of
from geo.models import Receipt
from tests.factories.matches import make_receipt
from tests.factories.people import make_user
from tests.phone.phone import Phone

OpenPhone = Callable[..., Phone]
pytestmark = pytest.mark.slow


@pytest.fixture
def receipt(transactional_db: None) -> Receipt:
    return make_receipt()


def test_is_kept_as_pdf(receipt: Receipt, open_phone: OpenPhone) -> None:
    page = open_phone(user=receipt.match.collector).open(f"/receipts/{receipt.pk}")
    expect(page.get_by_text(f"No. {receipt.number}")).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("button", name="Save as PDF").click()

    assert download.value.path().read_bytes().startswith(b"%PDF")


def test_its_qr_code_leads_to_the_public_page(receipt: Receipt, open_phone: OpenPhone, service: str) -> None:
    page = open_phone(user=receipt.match.collector, theme="dark").open(f"/receipts/{receipt.pk}")

    picture = page.get_by_role("img", name="QR code of the receipt").screenshot()

    (code,) = read_barcodes(Image.open(io.BytesIO(picture)))
    assert code.text.removeprefix(service) == page_url_of(receipt).removeprefix(settings.PUBLIC_URL)


def test_is_corrected_by_both(receipt: Receipt, open_phone: OpenPhone) -> None:
    resident = open_phone(user=receipt.match.pickup.resident).open(f"/receipts/{receipt.pk}")
    collector = open_phone(user=receipt.match.collector).open(f"/receipts/{receipt.pk}")

    collector.get_by_role("button", name="Something is not right").click()
    collector.get_by_label("With container").first.fill("2.5")
    collector.get_by_role("button", name="Send my figures").click()
    expect(collector.get_by_text("You proposed a correction.")).to_be_visible()
    resident.get_by_role("button", name="Correct the receipt").click()

    expect(resident.get_by_role("link", name="Correction no.")).to_be_visible()
    resident.get_by_role("link", name="Correction no.").click()
    expect(resident.get_by_text("This receipt corrects an earlier one.")).to_be_visible()


def test_a_stranger_gets_a_polite_page(receipt: Receipt, open_phone: OpenPhone) -> None:
    page = open_phone(user=make_user()).open(f"/receipts/{receipt.pk}")

    expect(page.get_by_text("This is not here for you")).to_be_visible()
