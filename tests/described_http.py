"""docs/openapi.yaml, and checking refusals against it."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

PATH = Path(__file__).resolve().parents[1] / "docs" / "openapi.yaml"


@cache
def document() -> dict[str, Any]:
    read: dict[str, Any] = yaml.load(PATH.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return read


def operations() -> dict[str, dict[str, Any]]:
    """By `operationId`."""
    return {operation["operationId"]: operation for path in document()["paths"].values() for operation in path.values()}


def component(reference: str) -> dict[str, Any]:
    found: dict[str, Any] = document()["components"]["schemas"][reference.rpartition("/")[2]]
    return found


def codes_of(operation: dict[str, Any]) -> list[str]:
    """The codes that an operation can be refused with."""
    schema = operation["responses"]["4XX"]["content"]["application/problem+json"]["schema"]
    codes: list[str] = component(schema["$ref"])["properties"]["code"]["enum"]
    return codes


def check_refusal(response: Any) -> None:
    """The code of a refusal is among those of its operation. Says nothing about methods that are no operation."""
    if response.get("Content-Type") != "application/problem+json" or not getattr(response, "resolver_match", None):
        return
    path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", response.resolver_match.route)
    method = response.wsgi_request.method.lower()
    operation = document()["paths"].get(path, {}).get(method)
    if operation:
        code = response.json()["code"]
        assert code in codes_of(operation), f"{method} {path} is refused with {code}, which docs/openapi.yaml lacks"
