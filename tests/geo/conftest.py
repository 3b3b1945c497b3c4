"""A collector and their phone."""

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import User
from tests.factories.matches import make_collecting_user
from tests.factories.people import client_of


@pytest.fixture
def collector(db: None) -> User:
    """A user with a collector profile."""
    return make_collecting_user()


@pytest.fixture
def phone(collector: User) -> APIClient:
    """The collector's API client."""
    return client_of(collector)
