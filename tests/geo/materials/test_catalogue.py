"""The catalogue of materials, and what a client reads before it starts."""

import csv
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from geo.materials.services import MATERIALS_FILE, load_materials
from geo.models import EmissionFactor, Material
from tests.factories.people import client_of, make_user

HAZARDOUS_EWC = {"15 01 10", "16 06 01", "20 01 21", "20 01 23", "20 01 33", "20 01 35"}


pytestmark = pytest.mark.django_db


def rows_of(model: type[Material | EmissionFactor]) -> list[Any]:
    return list(model._default_manager.order_by("pk").values())


class TestLoading:
    def test_twice_changes_nothing(self) -> None:
        before = rows_of(Material), rows_of(EmissionFactor)

        load_materials()

        assert (rows_of(Material), rows_of(EmissionFactor)) == before

    def test_keeps_what_an_operator_added(self) -> None:
        Material.objects.create(code="coconut", name_th="มะพร้าว", name_en="Coconut", group="other", icon="🥥")

        load_materials()

        assert Material.objects.filter(code="coconut", position=0).exists()

    def test_hazardous_is_what_the_waste_catalogue_calls_so(self) -> None:
        for material in Material.objects.all():
            assert material.is_hazardous == (material.ewc_code in HAZARDOUS_EWC), material.code

    def test_unknown_factors_are_missing_and_never_zero(self) -> None:
        assert not EmissionFactor.objects.filter(kg_co2e_per_kg__lte=0).exists()
        assert not EmissionFactor.objects.filter(factor_set="warm", material__code__in=["ldpe_film", "ps"]).exists()

    def test_the_command_says_what_it_loaded(self) -> None:
        out = StringIO()

        call_command("load_materials", stdout=out)

        assert f"{Material.objects.count()} materials" in out.getvalue()

    def test_the_command_refuses_a_factor_of_nothing(self, tmp_path: Path) -> None:
        file = tmp_path / "factors.csv"
        file.write_text("material,factor_set,version,kg_co2e_per_kg,source\nunobtainium,own,1,1,Me\n")

        with pytest.raises(CommandError, match="unobtainium"):
            call_command("load_materials", factors=file)


@pytest.fixture
def next_release(tmp_path: Path) -> Path:
    """The file of the next release: copper has another English name, group and weight, and there is a new material."""
    with MATERIALS_FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    copper = next(row for row in rows if row["code"] == "copper")
    copper |= {"name_en": "Copper wire", "group": "cable", "kg_per_unit": "1.5"}
    rows.append(copper | {"code": "coconut"})
    path = tmp_path / "materials.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(copper))
        writer.writeheader()
        writer.writerows(rows)
    return path


class TestWhatStaffChanged:
    """Every release loads the catalogue."""

    @pytest.mark.parametrize(
        "changed",
        [
            {"is_hazardous": True},
            {"name_en": "Gold"},
            {"name_th": "ทอง"},
            {"kg_per_unit": Decimal("2.5")},
            {"resin_code": 7},
            {"ewc_code": ""},
            {"icon": "🥉"},
            {"position": 0},
            {"is_active": False},
            {"is_hazardous": True, "is_active": False},
        ],
    )
    def test_stays(self, changed: dict[str, Any]) -> None:
        Material.objects.filter(code="copper").update(**changed)

        for _ in range(2):
            load_materials()

        assert Material.objects.filter(code="copper").values(*changed).get() == changed

    def test_stays_when_changed_at_the_admin(self, superuser: Client) -> None:
        copper = Material.objects.get(code="copper")
        form = {name: getattr(copper, name) or "" for name in ("name_th", "name_en", "group", "unit", "icon")}
        form |= {"kg_per_unit": "1", "position": copper.position, "is_active": "on", "is_hazardous": "on"}
        form |= {"factors-TOTAL_FORMS": "0", "factors-INITIAL_FORMS": "0"}
        assert superuser.post(f"/admin/geo/material/{copper.pk}/change/", form).status_code == 302

        load_materials()

        assert Material.objects.get(code="copper").is_hazardous

    def test_stays_beside_what_a_release_changes(self, next_release: Path) -> None:
        Material.objects.filter(code="copper").update(name_en="Gold", is_hazardous=True)

        loaded = load_materials(materials_file=next_release)

        copper = Material.objects.get(code="copper")
        assert (copper.name_en, copper.is_hazardous, copper.group, copper.kg_per_unit) == (
            "Gold", True, "cable", Decimal("1.5"),
        )  # fmt: skip
        assert Material.objects.filter(code="coconut", name_en="Copper wire").exists()
        assert loaded.kept == {"copper": ["name_en", "is_hazardous"]}

    def test_goes_back_to_the_file_when_staff_undo_it(self, next_release: Path) -> None:
        for name in ("Gold", "Copper"):
            Material.objects.filter(code="copper").update(name_en=name)
            load_materials()

        load_materials(materials_file=next_release)

        assert Material.objects.get(code="copper").name_en == "Copper wire"

    def test_stays_where_staff_added_the_material_first(self, next_release: Path) -> None:
        Material.objects.create(code="coconut", name_th="มะพร้าว", name_en="Coconut", group="other", icon="🥥")

        load_materials(materials_file=next_release)

        assert Material.objects.get(code="coconut").name_en == "Coconut"

    def test_stays_where_no_load_was_noted(self) -> None:
        Material.objects.filter(code="copper").update(name_en="Gold", from_file={})

        load_materials()

        assert Material.objects.get(code="copper").name_en == "Gold"

    def test_is_named_by_the_command(self) -> None:
        Material.objects.filter(code="copper").update(is_hazardous=True, name_en="Gold")
        out = StringIO()

        call_command("load_materials", stdout=out)

        assert "Kept as staff changed it, unlike the file: copper (name_en, is_hazardous)." in out.getvalue()


class TestMaterialsView:
    def test_names_are_in_the_readers_language(self) -> None:
        thai = client_of(make_user(locale="th")).get("/api/v1/materials").json()
        english = client_of(make_user(locale="en")).get("/api/v1/materials").json()

        assert thai["results"][0]["name"] == "กระดาษลังสีน้ำตาล"
        assert english["results"][0]["name"] == "Cardboard boxes"
        assert thai["version"] == english["version"]

    def test_shows_the_factor_of_the_chosen_set_with_its_source(self, anonymous: APIClient) -> None:
        rows = {row["code"]: row for row in anonymous.get("/api/v1/materials").json()["results"]}

        assert rows["pet_clear"]["co2e_kg_per_kg"] == 1.031
        assert rows["pet_clear"]["co2e_source"].startswith("LESS group factor")
        assert rows["drink_cartons"]["co2e_kg_per_kg"] is None
        assert rows["glass_bottles"]["kg_per_unit"] == 0.35

    def test_is_not_sent_twice(self, anonymous: APIClient) -> None:
        first = anonymous.get("/api/v1/materials")

        second = anonymous.get("/api/v1/materials", HTTP_IF_NONE_MATCH=first["ETag"])

        assert (second.status_code, second.content) == (304, b"")

    def test_has_another_version_once_something_changed(self, anonymous: APIClient) -> None:
        before = anonymous.get("/api/v1/materials")
        Material.objects.filter(code="copper").update(icon="🥉")

        after = anonymous.get("/api/v1/materials", HTTP_IF_NONE_MATCH=before["ETag"])

        assert after.status_code == 200
        assert after.json()["version"] != before.json()["version"]


class TestConfigView:
    def test_says_what_a_client_needs_before_sign_in(self, anonymous: APIClient) -> None:
        config = anonymous.get("/api/v1/config").json()

        assert config["sign_in"]["providers"] == ["demo"]
        assert config["socket"]["url"].endswith("/ws/v1/")
        assert config["materials"]["version"] == anonymous.get("/api/v1/materials").json()["version"]
        assert config["limits"]["photos_max"] == 6
        assert [language["code"] for language in config["languages"]] == ["th", "en"]
        assert config["push"] == {"enabled": False}
