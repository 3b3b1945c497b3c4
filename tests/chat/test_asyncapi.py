"""docs/asyncapi.yaml describes the frames of the code."""

import uuid
from string import Formatter
from typing import Any, get_args

import msgspec
import pytest
from django.utils import timezone
from jsonschema import ValidationError

from backend.accounts.models import User
from backend.core.errors import DomainError, Invalid, NotFound
from chat import errors
from chat.consumers import frames
from chat.consumers.frames import CloseCode
from chat.models import Conversation, Message
from chat.responses import MessageOut
from notifications.kinds import KINDS
from tests.chat.described import DOCUMENT, EVENT_DATA, messages_of, require_described

# Frames that layers above chat build and the socket passes on. `require_described` checks them wherever tests get one.
PASSED_ON = {"pickup.closed"}
SIDES = {"fromClient": frames.ClientFrame, "fromServer": frames.ServerFrame}


def own_messages_of(side: str) -> dict[str, Any]:
    """By frame type, the messages that chat itself defines on one side."""
    return {kind: message for kind, message in messages_of(side).items() if kind not in PASSED_ON}


def structs_of(side: str) -> dict[str, type[msgspec.Struct]]:
    """The Structs that the code defines for one side, by frame type."""
    return {struct.__struct_config__.tag: struct for struct in get_args(SIDES[side])}


@pytest.mark.parametrize("side", SIDES)
class TestFrames:
    def test_are_all_described(self, side: str) -> None:
        assert own_messages_of(side).keys() == structs_of(side).keys()

    def test_are_named_after_their_type(self, side: str) -> None:
        assert {kind: message["name"] for kind, message in own_messages_of(side).items()} == {
            kind: kind for kind in structs_of(side)
        }

    def test_have_the_fields_described(self, side: str) -> None:
        for kind, message in own_messages_of(side).items():
            fields = msgspec.structs.fields(structs_of(side)[kind])
            payload = message["payload"]
            assert set(payload["properties"]) == {"type"} | {field.name for field in fields}, kind
            assert set(payload["required"]) == {"type"} | {field.name for field in fields if field.required}, kind

    def test_have_valid_examples(self, side: str) -> None:
        for kind, message in own_messages_of(side).items():
            for example in message.get("examples", []):
                decoded = msgspec.json.decode(msgspec.json.encode(example["payload"]), type=structs_of(side)[kind])
                assert decoded.__struct_config__.tag == kind


class TestEvents:
    """Every frame that a phone of tests/chat gets, and every event of tests/journeys, is held against the document."""

    def test_are_all_described(self) -> None:
        assert KINDS.keys() == EVENT_DATA.keys()

    def test_have_links_made_of_their_data(self) -> None:
        for event, kind in KINDS.items():
            ids = {name for _, name, _, _ in Formatter().parse(kind.link) if name}
            assert ids <= set(EVENT_DATA[event]["properties"]), event

    @pytest.mark.parametrize(
        "frame",
        [
            {"type": "hello", "head": 1},
            {"type": "event", "seq": 0, "event": "match.made", "data": {}, "at": "2026-11-24T01:02:03Z"},
            {"type": "event", "seq": 1, "event": "message.read", "data": {"seq": 1}, "at": "2026-11-24T01:02:03Z"},
        ],
    )
    def test_that_differ_are_rejected(self, frame: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            require_described(frame)


class TestDocument:
    def test_names_every_message_of_the_channel(self) -> None:
        described = [message for side in SIDES for message in DOCUMENT["operations"][side]["messages"]]

        assert (
            len(described) == len(DOCUMENT["channels"]["socket"]["messages"]) == len(DOCUMENT["components"]["messages"])
        )

    def test_names_every_error_code(self) -> None:
        text = DOCUMENT["components"]["messages"]["error"]["payload"]["properties"]["code"]["description"]
        kinds = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, DomainError)]
        codes = {kind.code for kind in kinds} - {DomainError.code, Invalid.code}

        assert len(codes) > 10
        for code in (*codes, NotFound.code):
            assert f"`{code}`" in text

    def test_names_every_close_code(self) -> None:
        for code in CloseCode:
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

        assert list(msgspec.to_builtins(MessageOut.of(message))) == described["required"]
        assert set(described["required"]) <= described["properties"].keys()
