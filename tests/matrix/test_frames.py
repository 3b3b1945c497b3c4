"""Every frame that clients send, by every role, about every conversation: answered to its two people only."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from django.utils import timezone

from backend.accounts.models import Session
from backend.accounts.services.tickets import issue_ticket
from tests.chat.conftest import running, server  # noqa: F401 - fixtures
from tests.chat.described import messages_of
from tests.chat.phones import open_socket
from tests.factories.people import make_session
from tests.matrix.table import SIGNED_IN, partner_of
from tests.matrix.world import ROLES, World, build_world
from tests.waits import PATIENCE_S

# Frames about oneself alone; the others are about a conversation.
OWN = {"resume", "ack"}


def frames_about(ids: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One frame of each kind; the last of those that are always answered."""
    here = {"conversation": str(ids["conversation_id"])}
    return [
        here | {"type": "typing"},
        here | {"type": "read", "seq": 1},
        here | {"type": "message.delete", "message": str(ids["message_id"])},
        here | {"type": "message.send", "client_id": str(uuid.uuid4()), "text": "Hello"},
    ]


def answers_to(socket: Any, frames: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Type of the refused frame and code, until the last frame is answered; everything else is passed over."""
    found: list[tuple[str, str]] = []
    for frame in frames:
        socket.send(json.dumps(frame))
    while True:
        answer = json.loads(socket.recv(timeout=PATIENCE_S))
        if answer["type"] == "error":
            found.append((answer["about"], answer["code"]))
        last = frames[-1]["client_id"]
        if answer.get("client_id") == last:
            return found


@pytest.mark.slow
def test_frames_reach_the_two_people_of_a_conversation_only(server: str, transactional_db: None) -> None:  # noqa: F811
    world: World = build_world()
    scenes = {scene: ids for scene, ids in world.ids.items() if "conversation_id" in ids}
    wrong, cells = [], 0
    assert {frame["type"] for frame in frames_about(scenes["live"])} | OWN == set(messages_of("fromClient"))

    for role in ROLES:
        if role not in SIGNED_IN:
            continue
        session: Session = make_session(world.people[role])[0]
        ticket = issue_ticket(session=session, now=timezone.now())[0]
        with open_socket(server, ["tft.v1", f"ticket.{ticket}"]) as socket:
            for scene, ids in scenes.items():
                refused = answers_to(socket, frames_about(ids))
                unknown = {about for about, code in refused if code == "not_found"}
                wanted = set() if role in {"owner", *partner_of(scene)} else set(messages_of("fromClient")) - OWN
                cells += 4
                if unknown != wanted:
                    wrong.append((role, scene, refused))

    print(f"matrix: {cells} cells of frames, {len(wrong)} wrong")  # noqa: T201
    assert wrong == []
