"""docs/asyncapi.yaml, and checking frames against it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

DOCUMENT = yaml.safe_load((Path(__file__).resolve().parents[2] / "docs" / "asyncapi.yaml").read_text())
EVENT_DATA: Mapping[str, Any] = DOCUMENT["components"]["schemas"]["eventData"]["properties"]
FROM_SERVER = "#/operations/fromServer/messages"


def resolve(reference: Mapping[str, Any]) -> Any:
    """What a `$ref` points to, through as many as there are."""
    found: Any = reference
    while "$ref" in found:
        path, found = found["$ref"].removeprefix("#/").split("/"), DOCUMENT
        for name in path:
            found = found[name]
    return found


def messages_of(side: str) -> dict[str, Any]:
    """The messages that the document defines for one side, by frame type."""
    messages = [resolve(reference) for reference in DOCUMENT["operations"][side]["messages"]]
    return {message["payload"]["properties"]["type"]["const"]: message for message in messages}


@cache
def _validator_of(kind: str) -> Draft202012Validator:
    return Draft202012Validator({"components": DOCUMENT["components"], **messages_of("fromServer")[kind]["payload"]})


@cache
def _validator_of_data(event: str) -> Draft202012Validator:
    return Draft202012Validator({"components": DOCUMENT["components"], **EVENT_DATA[event]})


def require_described(frame: Mapping[str, Any]) -> None:
    """Raise ValidationError, or KeyError for what has no name there."""
    _validator_of(frame["type"]).validate(frame)
    if frame["type"] == "event":
        _validator_of_data(frame["event"]).validate(frame["data"])
