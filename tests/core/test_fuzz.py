"""Random requests by the schema: no server error, and every response is as docs/openapi.yaml describes it.

`FUZZ_EXAMPLES=500 bin/test tests/core/test_fuzz.py` looks longer.
"""

import os
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests
import requests.adapters
import schemathesis
import yaml
from django.conf import settings as django_settings
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pytest_django import Settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from urllib3 import HTTPResponse

from tests.matrix.test_operations import addresses_of
from tests.matrix.world import World, build_world

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
PEOPLE = ("owner", "matched", "stranger")


def load() -> Any:
    path = Path(django_settings.BASE_DIR) / "docs" / "openapi.yaml"
    return schemathesis.openapi.from_dict(yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader))


def call(case: Any, path: str, token: str) -> requests.Response:
    """The response, as if it had come over the network."""
    request = requests.Request(**case.as_transport_kwargs("http://testserver")).prepare()
    query = f"?{query}" if (query := (request.url or "").partition("?")[2]) else ""
    headers = {name: value for name, value in request.headers.items() if name.lower() not in {"content-type", "cookie"}}
    answer: Any = Client().generic(
        request.method or "GET",
        (path or request.path_url.partition("?")[0]) + query,
        request.body or b"",
        request.headers.get("Content-Type", "application/json"),
        headers=headers | {"Authorization": f"Bearer {token}"},
    )
    content = BytesIO(b"".join(answer) if answer.streaming else answer.content)
    raw = HTTPResponse(content, dict(answer.items()), answer.status_code, preload_content=False)
    response: requests.Response = requests.adapters.HTTPAdapter().build_response(request, raw)
    return response


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> World:
    monkeypatch.setattr("backend.core.http.throttling.ScopedThrottle.allow_request", lambda *_: True)
    settings.LONG_POLL_S = 0
    return build_world()


def try_operation(world: World, operation: Any, statuses: Counter[int]) -> None:
    """So many random requests, most of them about things that exist. Raises what schemathesis finds."""
    known = [address for _, address in addresses_of(world, operation.definition.raw["operationId"], operation.path)]
    addresses = [*known, *known, ""]

    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=HealthCheck,
    )
    @given(case=operation.as_strategy(), number=st.integers(0, 100))
    def try_one(case: Any, number: int) -> None:
        with transaction.atomic():
            response = call(case, addresses[number % len(addresses)], world.tokens[PEOPLE[number % len(PEOPLE)]])
            transaction.set_rollback(True)
        statuses[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    try_one()


@pytest.mark.slow
def test_any_request_by_the_schema(world: World) -> None:
    statuses, failures = Counter[int](), []
    for found in load().get_all_operations():
        try:
            try_operation(world, found.ok(), statuses)
        except BaseException as error:  # one report for all operations
            failures.append(f"{found.ok().label}: {error}")

    print(f"fuzz: {statuses.total()} requests, {dict(statuses)}")  # noqa: T201
    assert failures == []
    assert statuses[200] > 50
