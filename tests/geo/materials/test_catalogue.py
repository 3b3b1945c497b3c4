"""The catalogue of materials, and what a client reads before it starts."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from geo.materials.services import load_materials
from geo.models import EmissionFactor, Material
from tests.factories.people import client_of, make_user

HAZARDOUS_EWC = {"15 01 10", "16 06 01", "20 01 21", "20 01 23", "20 01 33", "20 01 35"}


@pytest.fixture(autouse=True)
def catalogue(db: None) -> None:
    load_materials()


def rows_of(model: type[Material | EmissionFactor]) -> list[Any]:
    return list(model._default_manager.order_by("pk").values())


class TestLoading:
    def test_twice_changes_nothing(self) -> None:
        before = rows_of(Material), rows_of(EmissionFactor)

        load_materials()

        assert (rows_of(Material), rows_of(EmissionFactor)) == before

    def test_restores_what_the_file_says_and_keeps_what_an_operator_added(self) -> None:
        Material.objects.filter(code="copper").update(name_en="Gold", is_active=False)
        Material.objects.create(code="coconut", name_th="มะพร้าว", name_en="Coconut", group="other", icon="🥥")

        load_materials()

        copper = Material.objects.get(code="copper")
        assert (copper.name_en, copper.is_active) == ("Copper", False)
        assert Material.objects.filter(code="coconut").exists()

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

    def test_the_command_refuses_a_factor_of_nothing(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        file = tmp_path_factory.mktemp("own") / "factors.csv"
        file.write_text("material,factor_set,version,kg_co2e_per_kg,source\nunobtainium,own,1,1,Me\n")

        with pytest.raises(CommandError, match="unobtainium"):
            call_command("load_materials", factors=file)


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
