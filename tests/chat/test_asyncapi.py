"""docs/asyncapi.yaml says the truth about the frames."""

import uuid
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
import yaml
from django.utils import timezone

from backend.accounts.models import User
from backend.shared.errors import DomainError, Invalid, NotFound
from chat.consumers import frames
from chat.consumers.codes import Close
from chat.models import Conversation, Message
from chat.shapes import message_shape

DOCUMENT = yaml.safe_load((Path(__file__).resolve().parents[2] / "docs" / "asyncapi.yaml").read_text())
SIDES = {"fromClient": frames.ClientFrame, "fromServer": frames.ServerFrame}


def resolve(reference: dict[str, str]) -> Any:
    """What a `$ref` points to, through as many as there are."""
    found: Any = reference
    while "$ref" in found:
        path, found = found["$ref"].removeprefix("#/").split("/"), DOCUMENT
        for name in path:
            found = found[name]
    return found


def messages_of(side: str) -> dict[str, Any]:
    """By frame type, what the document says on one side."""
    messages = [resolve(reference) for reference in DOCUMENT["operations"][side]["messages"]]
    return {message["payload"]["properties"]["type"]["const"]: message for message in messages}


def structs_of(side: str) -> dict[str, type[msgspec.Struct]]:
    """By frame type, what the code says on one side."""
    return {struct.__struct_config__.tag: struct for struct in get_args(SIDES[side])}


@pytest.mark.parametrize("side", SIDES)
class TestFrames:
    def test_are_all_described(self, side: str) -> None:
        assert messages_of(side).keys() == structs_of(side).keys()

    def test_are_named_after_their_type(self, side: str) -> None:
        assert {kind: message["name"] for kind, message in messages_of(side).items()} == {
            kind: kind for kind in structs_of(side)
        }

    def test_have_the_fields_described(self, side: str) -> None:
        for kind, message in messages_of(side).items():
            fields = msgspec.structs.fields(structs_of(side)[kind])
            payload = message["payload"]
            assert set(payload["properties"]) == {"type"} | {field.name for field in fields}, kind
            assert set(payload["required"]) == {"type"} | {field.name for field in fields if field.required}, kind

    def test_are_exemplified_truly(self, side: str) -> None:
        for kind, message in messages_of(side).items():
            for example in message.get("examples", []):
                decoded = msgspec.json.decode(msgspec.json.encode(example["payload"]), type=structs_of(side)[kind])
                assert decoded.__struct_config__.tag == kind


class TestDocument:
    def test_names_every_message_of_the_channel(self) -> None:
        described = [message for side in SIDES for message in DOCUMENT["operations"][side]["messages"]]

        assert (
            len(described) == len(DOCUMENT["channels"]["socket"]["messages"]) == len(DOCUMENT["components"]["messages"])
        )

    def test_names_every_error_code(self) -> None:
        text = DOCUMENT["components"]["messages"]["error"]["payload"]["properties"]["code"]["description"]
        kinds = DomainError.__subclasses__() + Invalid.__subclasses__()
        errors = [kind for kind in kinds if kind.__module__ == "chat.errors"]

        assert len(errors) == 18

        for error in (*errors, NotFound):
            assert f"`{error.code}`" in text

    def test_names_every_close_code(self) -> None:
        for code in Close:
            assert f"| {int(code)} |" in DOCUMENT["info"]["description"]

    def test_describes_the_message(self) -> None:
        message = Message(
            conversation=Conversation(),
            sender=User(),
            client_id=uuid.uuid4(),
            seq=1,
            text="Hello",
            created_at=timezone.now(),
        )
        described = DOCUMENT["components"]["schemas"]["message"]

        assert list(message_shape(message)) == described["required"]
        assert set(described["required"]) <= described["properties"].keys()
