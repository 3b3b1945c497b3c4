"""The admin of geo: its pages, permissions and actions."""

import re
from collections.abc import Callable
from functools import partial

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from geo.models import Collector, EmissionFactor, Match, Material, Pickup
from tests.factories.geo import make_collector, make_material, make_pickup, material
from tests.factories.matches import make_like, make_match, make_receipt, names_of_events, weigh
from tests.factories.people import browser_of, make_user, staff_who_may

pytestmark = pytest.mark.django_db


def make_factor() -> EmissionFactor:
    """A factor of a new material."""
    thing = make_material(f"thing{Material.objects.count()}")
    return thing.factors.create(factor_set="own", version="1", kg_co2e_per_kg=1, source="measured")


ROWS: dict[str, Callable[[], Model]] = {
    "pickup": make_pickup,
    "collector": make_collector,
    "material": lambda: make_material(f"thing{Material.objects.count()}"),
    "emissionfactor": make_factor,
    "swipe": lambda: make_like(make_pickup(choose="resident")),
    "match": make_match,
    "handover": lambda: weigh(make_match()).handover,
    "receipt": make_receipt,
}
READ_ONLY = ("pickup", "collector", "swipe", "match", "handover", "receipt")


def list_of(kind: str) -> str:
    return reverse(f"admin:geo_{kind}_changelist")


def page_of(kind: str, row: Model) -> str:
    return reverse(f"admin:geo_{kind}_change", args=[row.pk])


def read(browser: Client, url: str) -> str:
    answer = browser.get(url)
    assert answer.status_code == 200, url
    return str(answer.content.decode())


def queries_of(browser: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        read(browser, url)
    return len(queries)


class TestPages:
    @pytest.mark.parametrize("kind", ROWS)
    def test_lists_ten_rows_in_as_many_queries_as_one(self, superuser: Client, kind: str) -> None:
        ROWS[kind]()
        read(superuser, list_of(kind))
        with_one = queries_of(superuser, list_of(kind))

        for _ in range(9):
            ROWS[kind]()

        assert queries_of(superuser, list_of(kind)) == with_one

    @pytest.mark.parametrize("kind", ROWS)
    def test_opens_a_row_in_as_many_queries_among_ten(self, superuser: Client, kind: str) -> None:
        row = ROWS[kind]()
        read(superuser, page_of(kind, row))
        with_one = queries_of(superuser, page_of(kind, row))

        for _ in range(9):
            ROWS[kind]()

        assert queries_of(superuser, page_of(kind, row)) == with_one

    def test_opens_a_pickup_of_ten_items_in_as_many_queries(self, superuser: Client) -> None:
        one = make_pickup()
        codes = Material.objects.filter(is_hazardous=False).values_list("code", flat=True)[:10]
        ten = make_pickup(items=dict.fromkeys(codes, 2))
        read(superuser, page_of("pickup", one))

        assert queries_of(superuser, page_of("pickup", ten)) == queries_of(superuser, page_of("pickup", one))

    def test_opens_a_receipt_of_many_lines_in_as_many_queries(self, superuser: Client) -> None:
        one = make_receipt()
        three = make_receipt(lines={"pet_clear": "2", "cardboard": "3", "hdpe": "1"})
        read(superuser, page_of("receipt", one))

        assert queries_of(superuser, page_of("receipt", three)) == queries_of(superuser, page_of("receipt", one))

    @pytest.mark.parametrize("kind", ROWS)
    def test_loads_nothing_from_other_hosts(self, superuser: Client, kind: str) -> None:
        row = ROWS[kind]()

        for url in (list_of(kind), page_of(kind, row)):
            loaded = re.findall(r'<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)="([^"]+)"', read(superuser, url))
            assert loaded
            assert [address for address in loaded if not re.match(r"/(?!/)", address)] == []

    def test_finds_a_row_by_its_id(self, superuser: Client) -> None:
        wanted, other = make_pickup(title="Wanted"), make_pickup(title="Other")

        page = read(superuser, f"{list_of('pickup')}?q={wanted.pk}")

        assert page_of("pickup", wanted) in page
        assert page_of("pickup", other) not in page

    @pytest.mark.parametrize("kind", ROWS)
    def test_searches_for_any_words(self, superuser: Client, kind: str) -> None:
        for words in ("ขวด", "100%", "'; --", "12345678901234567890123"):
            assert superuser.get(list_of(kind), {"q": words}).status_code == 200

    def test_shows_kilograms_and_baht_as_users_read_them(self, superuser: Client) -> None:
        pickup = make_pickup()
        Pickup.objects.filter(pk=pickup.pk).update(kg_estimate="1234.567")
        receipt = make_receipt(make_match(), {"pet_clear": "1500"}, "1250.50")

        assert "1,234.567" in read(superuser, list_of("pickup"))
        assert "1,234.567" in read(superuser, page_of("pickup", pickup))
        assert "1,250.50" in read(superuser, list_of("receipt"))
        assert "1,500" in read(superuser, page_of("receipt", receipt))

    def test_shows_times_in_the_city_zone(self, superuser: Client) -> None:
        pickup = make_pickup()
        Pickup.objects.filter(pk=pickup.pk).update(window_from="2030-01-01T03:00Z", window_until="2030-01-01T05:00Z")

        assert "1 January 2030, 10:00" in read(superuser, page_of("pickup", pickup))


class TestMaps:
    def test_shows_a_pickup_in_its_square(self, superuser: Client) -> None:
        pickup = make_pickup()

        page = read(superuser, page_of("pickup", pickup))

        assert f"[{pickup.location.y}, {pickup.location.x}]" in page
        assert "leaflet/leaflet.js" in page
        assert settings.LEAFLET_CONFIG["TILES"] in page

    def test_shows_a_collectors_circle(self, superuser: Client) -> None:
        collector = make_collector(radius_m=4321)

        assert "&quot;radius&quot;: 4321" in read(superuser, page_of("collector", collector))

    def test_hides_the_exact_place_without_the_permission(self) -> None:
        pickup, collector = make_pickup(), make_collector()
        employee = staff_who_may("view_pickup", "view_collector")

        pages = read(employee, page_of("pickup", pickup)) + read(employee, page_of("collector", collector))

        assert str(pickup.location.y) not in pages
        assert pickup.address not in pages
        assert pickup.access_note not in pages
        assert "square" in pages


class TestAccess:
    @pytest.mark.parametrize("kind", ROWS)
    def test_refuses_residents(self, kind: str) -> None:
        row = ROWS[kind]()
        resident = browser_of(make_user())

        for browser in (resident, Client()):
            for url in (list_of(kind), page_of(kind, row)):
                answer = browser.get(url)
                assert answer.status_code == 302
                assert "/login/" in answer["Location"]

    @pytest.mark.parametrize("kind", ROWS)
    def test_refuses_staff_without_permission(self, kind: str) -> None:
        row = ROWS[kind]()
        employee = staff_who_may()

        assert employee.get(list_of(kind)).status_code == 403
        assert employee.get(page_of(kind, row)).status_code == 403

    @pytest.mark.parametrize("kind", READ_ONLY)
    def test_changes_no_record(self, superuser: Client, kind: str) -> None:
        row = ROWS[kind]()

        assert superuser.get(reverse(f"admin:geo_{kind}_add")).status_code == 403
        assert superuser.post(page_of(kind, row), {"status": "cancelled"}).status_code == 403
        assert superuser.post(reverse(f"admin:geo_{kind}_delete", args=[row.pk])).status_code == 403

    def test_keeps_the_code_of_a_handover_secret(self, superuser: Client) -> None:
        handover = make_match().handover

        assert handover.code not in read(superuser, page_of("handover", handover)).replace(str(handover.pk), "")


class TestActions:
    def act(self, browser: Client, kind: str, action: str, *rows: Model) -> str:
        chosen = [str(row.pk) for row in rows]
        answer = browser.post(list_of(kind), {"action": action, "_selected_action": chosen}, follow=True)
        assert answer.status_code == 200
        return str(answer.content.decode())

    def test_cancels_pickups_and_notifies_the_collector(self, superuser: Client) -> None:
        match = make_match()

        self.act(superuser, "pickup", "cancel", match.pickup)

        match.refresh_from_db()
        assert match.status == Match.Status.RELEASED
        assert Pickup.objects.get(pk=match.pickup_id).status == Pickup.Status.CANCELLED
        assert "match.released" in names_of_events(match.collector)

    def test_reports_pickups_that_cannot_be_cancelled(self, superuser: Client) -> None:
        over, still_open = make_pickup(title="Over", status="expired"), make_pickup()

        page = self.act(superuser, "pickup", "cancel", over, still_open)

        assert "Over: This pickup is no longer available" in page
        assert Pickup.objects.get(pk=over.pk).status == Pickup.Status.EXPIRED
        assert Pickup.objects.get(pk=still_open.pk).status == Pickup.Status.CANCELLED

    def test_grants_and_withdraws_the_hazard_badge(self, superuser: Client) -> None:
        collector = make_collector()
        has_badge = partial(Collector.objects.filter(pk=collector.pk, has_hazard_badge=True).exists)

        self.act(superuser, "collector", "grant_badge", collector)
        assert has_badge()
        self.act(superuser, "collector", "withdraw_badge", collector)
        assert not has_badge()

    def test_refuses_actions_without_the_permission(self) -> None:
        pickup, collector = make_pickup(), make_collector()
        employee = staff_who_may("view_pickup", "view_collector")

        self.act(employee, "pickup", "cancel", pickup)
        self.act(employee, "collector", "grant_badge", collector)

        assert Pickup.objects.get(pk=pickup.pk).status == Pickup.Status.OPEN
        assert not Collector.objects.get(pk=collector.pk).has_hazard_badge


class TestCatalogue:
    def test_edits_a_material_and_keeps_its_code(self, superuser: Client) -> None:
        bottles = material()
        form = {
            "code": "another", "name_th": "ขวด", "name_en": "Bottles", "group": "plastic", "unit": "kg",
            "kg_per_unit": "1", "icon": bottles.icon, "position": "3",
            "factors-TOTAL_FORMS": "0", "factors-INITIAL_FORMS": "0",
        }  # fmt: skip

        assert superuser.post(page_of("material", bottles), form).status_code == 302

        bottles.refresh_from_db()
        assert (bottles.code, bottles.name_en, bottles.is_active) == ("pet_clear", "Bottles", False)

    def test_deletes_no_material(self, superuser: Client) -> None:
        assert superuser.post(reverse("admin:geo_material_delete", args=[material().pk])).status_code == 403

    def test_adds_an_operators_own_factor(self, superuser: Client) -> None:
        bottles = material()
        form = {"material": bottles.pk, "factor_set": "city", "version": "1", "kg_co2e_per_kg": "1.5", "source": "us"}

        assert superuser.post(reverse("admin:geo_emissionfactor_add"), form).status_code == 302
        assert bottles.factors.filter(factor_set="city", source="us").exists()
