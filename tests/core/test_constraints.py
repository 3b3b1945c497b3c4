"""Violated constraints are translated to refusals by their names."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from backend.core.db.constraints import constraint_of, translate_constraint
from backend.core.errors import NotFound
from geo.models import Pickup
from tests.factories.geo import make_pickup

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
APPS = ["backend", "chat", "geo", "notifications"]


def break_window(pickup: Pickup) -> None:
    with transaction.atomic():
        Pickup.objects.filter(pk=pickup.pk).update(window_until=pickup.window_from)


def test_raises_the_refusal_of_the_constraint() -> None:
    with pytest.raises(NotFound), translate_constraint({"window_has_length": NotFound}):
        break_window(make_pickup())


def test_lets_another_constraint_through() -> None:
    with pytest.raises(IntegrityError) as caught, translate_constraint({"pickup_weighs_something": NotFound}):
        break_window(make_pickup())

    assert constraint_of(caught.value) == "window_has_length"


def integrity_handlers() -> Iterator[tuple[str, str]]:
    """The place and the source of every handler of an IntegrityError in the product."""
    for path in (path for app in APPS for path in (ROOT / app).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ExceptHandler) and node.type and "IntegrityError" in ast.unparse(node.type):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", ast.unparse(node)


def test_every_handler_looks_at_the_constraint_or_raises_again() -> None:
    handlers = dict(integrity_handlers())

    assert handlers
    assert [
        place
        for place, source in handlers.items()
        if "constraint_of(" not in source and "raise IntegrityError(" not in source
    ] == []
