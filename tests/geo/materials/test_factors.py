"""An operator's own emission factors: `manage.py load_factors`."""

from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from geo.models import EmissionFactor, ReceiptLine
from tests.factories.matches import make_receipt

pytestmark = pytest.mark.django_db
HEAD = "material,factor_set,version,kg_co2e_per_kg,source\n"


def load(tmp_path: Path, rows: str, head: str = HEAD) -> str:
    """Load a file of these rows; returns the output."""
    file, output = tmp_path / "factors.csv", StringIO()
    file.write_text(head + rows)
    call_command("load_factors", str(file), stdout=output)
    return output.getvalue()


def test_keeps_the_old_version_for_old_receipts(tmp_path: Path, settings: Settings) -> None:
    settings.CO2E_FACTOR_SET = "ours"
    load(tmp_path, "pet_clear,ours,1,1.5,City\n")
    make_receipt()
    assert load(tmp_path, "pet_clear,ours,2,-0.25,City\n").startswith("1 new factors")
    make_receipt()

    lines = ReceiptLine.objects.order_by("pk").values_list("factor_version", "kg_co2e_per_kg")
    assert list(lines) == [("1", Decimal("1.5")), ("2", Decimal("-0.25"))]


@pytest.mark.parametrize(("row", "error"), [("1,9,City", "use a new version"), ("1,1.5,Other", "by 'City' already")])
def test_is_not_overwritten_by_the_catalogue_either(tmp_path: Path, row: str, error: str) -> None:
    load(tmp_path, "pet_clear,ours,1,1.5,City\n")
    file = tmp_path / "catalogue.csv"
    file.write_text(f"{HEAD}pet_clear,ours,{row}\n")

    with pytest.raises(CommandError, match=error):
        call_command("load_materials", factors=file)

    factor = EmissionFactor.objects.get(factor_set="ours")
    assert (factor.kg_co2e_per_kg, factor.source) == (Decimal("1.5"), "City")


def test_changes_nothing_the_second_time(tmp_path: Path) -> None:
    load(tmp_path, "pet_clear,ours,1,1.5,City\n")

    assert load(tmp_path, "pet_clear,ours,1,1.5000,City\n").startswith("0 new factors")


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("unicorn,ours,2,1,City", "line 3: no material has the code 'unicorn'"),
        ("hdpe,ours,2,much,City", "line 3: kg_co2e_per_kg must be a number"),
        ("hdpe,ours,2,NaN,City", "line 3: kg_co2e_per_kg must be a number"),
        ("hdpe,ours,2,1.23456,City", "at most four decimals"),
        ("hdpe,ours,2,10000,City", "line 3: kg_co2e_per_kg"),
        ("hdpe,ours,2,1,", "line 3: source must have"),
        ("hdpe,ours", "line 3: version must have"),
        ("pet_clear,ours,1,9,City", "use a new version"),
        ("hdpe,ours,2,1,City\nhdpe,ours,2,2,City", "line 4: hdpe ours 2 is 1 by 'City' already"),
    ],
)
def test_loads_all_or_nothing(tmp_path: Path, row: str, error: str) -> None:
    load(tmp_path, "pet_clear,ours,1,1.5,City\n")

    with pytest.raises(CommandError, match=error):
        load(tmp_path, f"pp,ours,1,1,City\n{row}\n")

    assert EmissionFactor.objects.filter(factor_set="ours").count() == 1


def test_says_what_is_wrong_with_the_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="lacks source"):
        load(tmp_path, "", head="material,factor_set,version,kg_co2e_per_kg\n")
    with pytest.raises(CommandError, match="No such file"):
        call_command("load_factors", str(tmp_path / "none.csv"))
