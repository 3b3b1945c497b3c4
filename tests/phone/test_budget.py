"""What the first screens may cost: the welcome and the deck."""

import gzip
import json
import re
from pathlib import Path

import pytest

from tests.clients.nodes import run_node_tool

DIST = Path(__file__).resolve().parents[2] / "clients" / "phone" / "dist"
FIRST_BYTES_MAX = 100_000
FILES_MAX = 5
IMPORT = re.compile(r"""(?:from\s*|import\s*)["'`]\./([\w.-]+\.js)["'`]""")


@pytest.fixture(autouse=True, scope="module")
def nothing_left_of_module() -> None:
    """These tests need no database."""


def scripts_of(entry: Path) -> set[Path]:
    """A script and all that it imports at once, not what it may load later."""
    found, left = set[Path](), [entry]
    while left:
        script = left.pop()
        if script not in found:
            found.add(script)
            left += [script.parent / name for name in IMPORT.findall(script.read_text(encoding="utf-8"))]
    return found


def compressed(scripts: set[Path]) -> int:
    return sum(len(gzip.compress(script.read_bytes(), 9)) for script in scripts)


def test_the_first_screens_come_with_few_files() -> None:
    """At 1.6 Mbit/s and 150 ms they are there within 2 s: `tools.first_screen` measures it. Load disturbs no count."""
    assets = DIST / "assets"
    page = (DIST / "index.html").read_text(encoding="utf-8")
    named = {assets / name for name in re.findall(r'"/static/phone/assets/([\w.-]+)"', page)}
    scripts = set[Path]().union(*(scripts_of(path) for path in named if path.suffix == ".js"))
    styles = {path for path in named if path.suffix == ".css"}
    text = "".join(script.read_text(encoding="utf-8") for script in scripts)

    assert scripts < named, "a script is loaded late, after the one that imports it"
    assert len(scripts | styles) <= FILES_MAX
    assert page.index("<script") == page.index('<script type="module" async'), "the deck is not asked for first"
    assert compressed(scripts | styles) <= FIRST_BYTES_MAX
    assert "/api/v1/deck" in text
    assert "/demo/accounts" in text


def test_the_manifest_is_json() -> None:
    manifest = json.loads((DIST / "manifest.webmanifest").read_text(encoding="utf-8"))

    assert {icon["src"] for icon in manifest["icons"]} <= {path.name for path in DIST.iterdir()}


def test_types_and_accessibility_rules_hold() -> None:
    run_node_tool("svelte-check/bin/svelte-check", "--fail-on-warnings", "--threshold", "warning", package="phone")


def test_unit_tests_pass() -> None:
    run_node_tool("vitest/vitest.mjs", "run", package="phone")


def test_the_code_is_formatted() -> None:
    run_node_tool("prettier/bin/prettier.cjs", "--check", "phone", package=".")
