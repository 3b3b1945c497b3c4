"""What the service is made of: the software bill of materials, and updates."""

import json
import subprocess
from pathlib import Path

from tools.licences import npm_licences, python_licences

ROOT = Path(__file__).resolve().parents[1]


def test_the_bill_of_materials_names_what_the_locks_hold(tmp_path: Path) -> None:
    subprocess.run([ROOT / "bin" / "sbom", tmp_path], capture_output=True, check=True)

    python, npm = (json.loads((tmp_path / name).read_text()) for name in ("python.cdx.json", "npm.cdx.json"))
    names = {component["name"].lower() for component in python["components"]}
    assert python_licences().keys() <= names
    assert "pytest" not in names
    assert npm_licences().keys() <= {each["bom-ref"].rpartition("@")[0] for each in npm["components"]}
    assert (python["bomFormat"], npm["bomFormat"]) == ("CycloneDX", "CycloneDX")


def test_updates_are_proposed_for_every_kind_of_package() -> None:
    managers = json.loads((ROOT / "renovate.json").read_text())["enabledManagers"]

    assert {"pip-compile", "npm", "dockerfile", "docker-compose"} <= set(managers)
