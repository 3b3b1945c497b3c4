"""What the first screen of the deck may cost."""

import gzip
import json
import re
from pathlib import Path

from tests.clients.nodes import run_node_tool

DIST = Path(__file__).resolve().parents[2] / "clients" / "phone" / "dist"
DECK_JS_BYTES_MAX = 180_000
IMPORT = re.compile(r"""(?:from\s*|import\s*)["'`]\./([\w.-]+\.js)["'`]""")


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


def test_the_deck_needs_little_javascript() -> None:
    assets = DIST / "assets"
    page = (DIST / "index.html").read_text(encoding="utf-8")
    (entry,) = re.findall(r'<script type="module"[^>]*src="/static/phone/assets/([\w.-]+)"', page)
    (deck,) = assets.glob("Deck-*.js")

    scripts = scripts_of(assets / entry) | scripts_of(deck)

    assert len(scripts) > 3
    assert compressed(scripts) <= DECK_JS_BYTES_MAX
    assert not [script.name for script in scripts if script.name.startswith("Map-")]


def test_the_manifest_is_json() -> None:
    manifest = json.loads((DIST / "manifest.webmanifest").read_text(encoding="utf-8"))

    assert {icon["src"] for icon in manifest["icons"]} <= {path.name for path in DIST.iterdir()}


def test_types_and_accessibility_rules_hold() -> None:
    run_node_tool("svelte-check/bin/svelte-check", "--fail-on-warnings", "--threshold", "warning", package="phone")


def test_unit_tests_pass() -> None:
    run_node_tool("vitest/vitest.mjs", "run", package="phone")


def test_the_code_is_formatted() -> None:
    run_node_tool("prettier/bin/prettier.cjs", "--check", "phone", package=".")
