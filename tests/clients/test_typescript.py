"""The TypeScript SDK: its types and its own tests. `bin/setup` has built it from the present documents."""

import pytest

from tests.clients.nodes import run_node_tool

TYPE_CHECK = "typescript/bin/tsc"


@pytest.mark.parametrize("package", ["typescript", "conformance"])
def test_types_are_strict_and_right(package: str) -> None:
    run_node_tool(TYPE_CHECK, package=package)


def test_unit_tests_pass() -> None:
    run_node_tool("vitest/vitest.mjs", "run", package="typescript")


@pytest.mark.parametrize("package", ["typescript", "conformance"])
def test_is_formatted(package: str) -> None:
    options = ["--check", "--ignore-path", "../.prettierignore"]
    run_node_tool("prettier/bin/prettier.cjs", *options, "**/*.{ts,mjs}", package=package)
