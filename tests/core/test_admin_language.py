"""The admin in Thai, and in English."""

import re

import pytest
from django.apps import apps
from django.contrib.admin import site
from django.db.models import Model
from django.test import Client
from django.utils import translation

from backend.accounts.models import Report
from tests.factories.geo import make_pickup, material
from tests.factories.matches import make_receipt
from tests.factories.people import make_user

OURS = ("accounts", "chat", "geo", "notifications")
THAI = re.compile("[\u0e00-\u0e7f]")
PAGES = [model for model in apps.get_models() if model._meta.app_label in OURS and site.is_registered(model)]


@pytest.fixture
def browser(db: None) -> Client:
    browser = Client(headers={"accept-language": "th"})
    browser.force_login(make_user(is_staff=True, is_superuser=True))
    return browser


def make_report() -> None:
    Report.objects.create(reporter=make_user(), reported=make_user(), reason="fraud")


def address_of(model: type[Model]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def text_of(browser: Client, address: str, part: str) -> list[str]:
    page = browser.get(address).content.decode()
    return [re.sub(r"<[^>]+>", "", found).strip() for found in re.findall(part, page, re.DOTALL)]


@pytest.mark.parametrize("model", PAGES, ids=lambda model: model.__name__)
class TestInThai:
    def test_lists_have_thai_columns_filters_and_actions(self, browser: Client, model: type[Model]) -> None:
        make_receipt()
        make_report()
        columns = text_of(browser, address_of(model), r'<div class="text">(.*?)</div>')
        filters = text_of(browser, address_of(model), r"<summary>(.*?)</summary>")
        actions = text_of(browser, address_of(model), r'<option value="\w+"[^>]*>(.*?)</option>')
        title = text_of(browser, address_of(model), r"<h1>(.*?)</h1>")

        assert [text for text in [*columns, *filters, *actions, *title] if text and not THAI.search(text)] == []

    def test_states_are_thai(self, browser: Client, model: type[Model]) -> None:
        with translation.override("th"):
            labels = [str(label) for field in model._meta.concrete_fields for _, label in field.flatchoices]

        assert [label for label in labels if not THAI.search(label)] == []


class TestYears:
    def test_are_of_the_buddhist_era_in_thai(self, browser: Client) -> None:
        make_pickup()
        page = browser.get("/admin/geo/pickup/").content.decode()

        assert re.search(r"\b256\d\b|\b257\d\b", page)

    def test_are_not_in_english(self, browser: Client) -> None:
        pickup = make_pickup()
        page = browser.get(f"/admin/geo/pickup/{pickup.pk}/change/", headers={"accept-language": "en"}).content.decode()

        assert re.search(r"\b20[23]\d, ", page)
        assert "Exact place" in page


def test_a_receipt_is_thai(browser: Client) -> None:
    receipt = make_receipt()
    material()
    labels = text_of(browser, f"/admin/geo/receipt/{receipt.pk}/change/", r"<label>(.*?)</label>")

    assert labels
    assert [label for label in labels if not THAI.search(label)] == []
