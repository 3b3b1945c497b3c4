"""A match, and the phones of its two."""

import pytest
from rest_framework.test import APIClient

from geo.models import Match
from tests.factories.geo import make_pickup
from tests.factories.matches import make_match
from tests.factories.people import client_of


@pytest.fixture
def match(db: None) -> Match:
    """An active match of 5 kg clear PET and 2 kg cardboard."""
    return make_match(make_pickup(items={"pet_clear": 5, "cardboard": 2}))


@pytest.fixture
def collector(match: Match) -> APIClient:
    """The collector's phone."""
    return client_of(match.collector)


@pytest.fixture
def resident(match: Match) -> APIClient:
    """The resident's phone."""
    return client_of(match.pickup.resident)
