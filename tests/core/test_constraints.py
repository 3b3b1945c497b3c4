"""Violated constraints become refusals by their names alone."""

import pytest
from django.db import IntegrityError, transaction

from backend.core.db.constraints import constraint_of, translate_constraint
from backend.core.errors import NotFound
from geo.models import Pickup
from tests.factories.geo import make_pickup

pytestmark = pytest.mark.django_db


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
