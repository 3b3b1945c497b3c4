"""Random frames: each is answered, refused with a code, or ends the socket with a code; nothing reaches the error log.

`FUZZ_EXAMPLES=500 bin/test tests/chat/test_any_frame.py` looks longer.
"""

import json
import os
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pytest_django import Settings
from websockets.exceptions import ConnectionClosed

from backend.accounts.models import User
from chat.models import Conversation
from tests.chat.described import messages_of
from tests.chat.phones import Phone, code_of
from tests.factories.chat import make_conversation
from tests.factories.people import make_user

EXAMPLES = 20 * int(os.environ.get("FUZZ_EXAMPLES", "3"))
TYPES = sorted(messages_of("fromClient"))
ENDS = {"1003", "1008", "1009"}  # binary, too many frames, too large
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.uuids().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def frames_about(conversation: Conversation) -> st.SearchStrategy[str | bytes]:
    """JSON that is right or nearly so, any JSON, any text, and bytes."""
    here = st.just(str(conversation.pk))
    nearly: st.SearchStrategy[Any] = st.fixed_dictionaries(
        {"type": st.sampled_from(TYPES) | JUNK},
        optional={
            "conversation": here | JUNK,
            "client_id": st.uuids().map(str) | JUNK,
            "message": st.uuids().map(str) | JUNK,
            "seq": st.integers(0, 5) | JUNK,
            "since": st.integers(0, 5) | JUNK,
            "epoch": JUNK,
            "kind": st.sampled_from(["text", "phrase", "location", "photo", "event"]) | JUNK,
            "text": st.text(max_size=50) | JUNK,
            "phrase": st.fixed_dictionaries({"code": st.text(max_size=9), "params": JUNK}) | JUNK,
            "location": st.fixed_dictionaries({"lat": JUNK, "lon": JUNK, "consent": st.booleans()}) | JUNK,
        },
    )
    number = st.integers(0, 5)
    right = (
        st.builds(lambda conversation: {"type": "typing", "conversation": conversation}, here)
        | st.builds(lambda conversation, seq: {"type": "read", "conversation": conversation, "seq": seq}, here, number)
        | st.builds(lambda seq: {"type": "ack", "seq": seq}, number)
        | st.builds(lambda seq: {"type": "resume", "since": seq}, number)
    )
    return (
        right.map(json.dumps)
        | nearly.map(json.dumps)
        | JUNK.map(json.dumps)
        | st.text(max_size=70_000)
        | st.binary(max_size=9)
    )


@pytest.fixture(autouse=True)
def without_limits(settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "message": "1000000/minute"}
    settings.SOCKET_FRAMES_PER_S = 100_000


@pytest.mark.slow
def test_any_frame_has_an_answer(open_phone: Callable[..., Phone], ann: User) -> None:
    conversation = make_conversation(ann, make_user())
    phones, outcomes = [open_phone(ann, since=None)], Counter[str]()

    def answer_to(frame: str | bytes) -> str:
        """How the frame ended; a message that is right follows it and is stored, unless the socket has ended."""
        phone, last = phones[-1], str(uuid.uuid4())
        try:
            phone.socket.send(frame)
            phone.send_message(conversation, client_id=uuid.UUID(last))
            refused = "accepted"
            while (answer := phone.receive()).get("client_id") != last:
                refused = answer.get("code", refused)
            assert answer["type"] == "ok", answer
        except ConnectionClosed as end:
            phones.append(open_phone(ann, since=None))
            return str(code_of(end))
        return str(refused)

    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=HealthCheck,
    )
    @given(frame=frames_about(conversation))
    def try_one(frame: str | bytes) -> None:
        outcomes[answer_to(frame)] += 1

    try_one()

    print(f"frames: {outcomes.total()} sent, {dict(outcomes)}")  # noqa: T201
    assert {"accepted", "frame_invalid", "frame_unreadable", "1003"} <= set(outcomes)
    assert {code for code in outcomes if code.isdecimal()} <= ENDS
