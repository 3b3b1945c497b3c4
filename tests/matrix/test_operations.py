"""Every operation of docs/openapi.yaml, by every role, on every object: reached only by those who may, and no leak."""

import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.db import transaction
from rest_framework.test import APIClient

from tests.matrix.table import GROUP_OF, OPEN_TO_SUSPENDED, SIGNED_IN, body_of, may_read, who_may
from tests.matrix.world import ROLES, World, build_world, objects_of

# Which of the world's things stands for a path parameter of these operations.
STANDS_FOR = {
    ("messages_photo_large", "message_id"): "picture_id",
    ("messages_photo_thumb", "message_id"): "picture_id",
    ("show_scale_photo", "photo_id"): "scale_photo_id",
    ("show_scale_photo_thumb", "photo_id"): "scale_photo_id",
    ("remove_scale_photo", "photo_id"): "scale_photo_id",
}
UNKNOWN = "no_such_field"


def operations() -> Mapping[str, tuple[str, str, bool]]:
    """Method, path and whether it takes JSON or a query, by operation id."""
    path = Path(settings.BASE_DIR) / "docs" / "openapi.yaml"
    paths = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)["paths"]
    return {
        operation["operationId"]: (method, path, takes_fields(operation))
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


def takes_fields(operation: Mapping[str, Any]) -> bool:
    is_query = any(parameter["in"] == "query" for parameter in operation.get("parameters", ()))
    return is_query or "application/json" in operation.get("requestBody", {}).get("content", {})


def addresses_of(world: World, operation: str, path: str) -> Iterator[tuple[str, str]]:
    """Scene and address for each object that the operation can be called on."""
    names = {name: STANDS_FOR.get((operation, name), name) for name in re.findall(r"{(\w+)}", path)}
    if not names:
        yield "self", path
        return
    for scene, ids in objects_of(world, frozenset(names.values())).items():
        yield scene, path.format(**{name: ids[stand_in] for name, stand_in in names.items()})


def call(world: World, role: str, method: str, address: str, body: dict[str, Any]) -> tuple[int, str]:
    """Status, and body and headers as text; everything that the call has changed is undone."""
    client = APIClient()
    if role != "anonymous":
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {world.tokens[role]}")
    with transaction.atomic():
        answer: Any = getattr(client, method)(address, body, **({"format": "multipart"} if "photo" in body else {}))
        content = b"".join(answer) if answer.streaming else answer.content
        transaction.set_rollback(True)
    return answer.status_code, content.decode("utf-8", "replace") + str(answer.headers)


def expected(operation: str, method: str, scene: str, role: str, status: int) -> bool:
    """Whether the table allows this status."""
    if role == "suspended" and method != "get" and operation not in OPEN_TO_SUSPENDED:
        return status == 403
    if role in who_may(operation, scene):
        return status < 500 and status not in {401, 404}
    return status == (404 if role in SIGNED_IN else 401)


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("backend.core.http.throttling.ScopedThrottle.allow_request", lambda *_: True)
    return build_world()


@pytest.mark.slow
def test_nobody_reaches_or_reads_what_the_table_does_not_give_them(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong, leaks, careless, done = [], [], [], Counter[str]()
    assert set(operations()) == set(GROUP_OF)

    for operation, (method, path, has_fields) in operations().items():
        for scene, address in addresses_of(world, operation, path):
            for role in ROLES:
                status, text = call(world, role, method, address, body_of(operation))
                done[operation] += 1
                if not expected(operation, method, scene, role, status):
                    wrong.append((operation, scene, role, status))
                leaks += [
                    (operation, scene, role, kind, where)
                    for (kind, where), secret in world.secrets.items()
                    if secret in text and not may_read(kind, where, operation, role)
                ]
            if has_fields and "owner" in who_may(operation, scene):
                status, text = call(world, "owner", method, address, body_of(operation) | {UNKNOWN: 1})
                if (status, UNKNOWN in text) != (400, True):
                    careless.append((operation, scene, status))

    secrets = {**world.secrets, **{("token", role): token for role, token in world.tokens.items()}}
    logged = [name for name, secret in secrets.items() if secret in caplog.text]
    print(f"matrix: {done.total()} cells of {len(done)} operations, {len(leaks)} leaks, {len(wrong)} wrong")  # noqa: T201
    assert {"wrong": wrong, "leaks": leaks, "take unknown fields": careless, "logged": logged} == {
        "wrong": [], "leaks": [], "take unknown fields": [], "logged": [],
    }  # fmt: skip
