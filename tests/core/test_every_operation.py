"""Every operation of the API, called plainly and outside a test transaction, answers as docs/openapi.yaml says.

Each call is also made for things that do not exist; tests/matrix makes it as everybody else.
"""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.core.clock import read_clock
from geo.models import Handover, Match, Pickup
from geo.privacy.exports import make_due_exports
from notifications.models import EmailAddress
from notifications.services.email import code_of
from tests.factories.chat import make_conversation
from tests.factories.geo import make_pickup
from tests.factories.handovers import make_appointment, make_waiting
from tests.factories.matches import make_like, make_match, weigh
from tests.factories.moderation import decide, make_case
from tests.factories.people import client_of, make_session, make_user
from tests.geo.bodies import pickup_body, spelled
from tests.pictures import from_a_phone

HERE = {"lat": 13.7307, "lon": 100.5418}
# Catalogues, and pictures that a client has to ask for again each time.
MAY_BE_CACHED = {
    "get_config", "list_materials", "list_phrases", "messages_photo_large", "messages_photo_thumb", "show_scale_photo",
    "show_scale_photo_thumb",
}  # fmt: skip
Call = Callable[..., Any]


def as_json_schema(part: Any) -> Any:
    """OpenAPI 3.0 writes `nullable` where JSON Schema has a type."""
    if isinstance(part, list):
        return [as_json_schema(item) for item in part]
    if not isinstance(part, dict):
        return part
    schema = {name: as_json_schema(value) for name, value in part.items() if name != "nullable"}
    return {"anyOf": [schema, {"type": "null"}]} if part.get("nullable") is True else schema


class Api:
    """Calls operations by their ids, and checks status and body against the document."""

    def __init__(self) -> None:
        path = Path(django_settings.BASE_DIR) / "docs" / "openapi.yaml"
        document = as_json_schema(yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader))
        self.components = document["components"]
        self.operations = {
            operation["operationId"]: (method, path, operation)
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
        }
        self.called: set[str] = set()

    def call(self, client: APIClient, name: str, body: Any = None, *, query: Any = None, **ids: Any) -> Any:
        """The body of the response; a photo goes as a form."""
        operation = self.operations[name][2]
        data = body if query is None else query
        self._check_refusals(client, name, data, ids)
        answer = self._send(client, name, data, ids)
        content = b"".join(answer) if answer.streaming else answer.content
        assert str(answer.status_code) in operation["responses"], (name, answer.status_code, content)
        assert "no-store" in answer["Cache-Control"] or name in MAY_BE_CACHED, name
        self.called.add(name)
        is_json = answer.get("Content-Type", "").startswith("application/json")
        assert bool(content) == ("content" in operation["responses"][str(answer.status_code)]), name
        return self._checked(name, answer.status_code, json.loads(content)) if is_json else content

    def _send(self, client: APIClient, name: str, data: Any, ids: dict[str, Any]) -> Any:
        method, path, _ = self.operations[name]
        options: dict[str, Any] = {}
        if isinstance(data, dict) and "photo" in data:
            data["photo"].seek(0)
            options["format"] = "multipart"
        return getattr(client, method)(path.format(**ids), data, **options)

    def _check_refusals(self, client: APIClient, name: str, data: Any, ids: dict[str, Any]) -> None:
        unknown = {key: 999 if isinstance(value, int) else uuid.uuid4() for key, value in ids.items()}
        if ids and name != "delete_block":
            assert self._send(client, name, data, unknown).status_code == 404, name

    def _checked(self, name: str, status: int, body: Any) -> Any:
        schema = self.operations[name][2]["responses"][str(status)]["content"]["application/json"]["schema"]
        checker = jsonschema.Draft4Validator.FORMAT_CHECKER
        whole = {"allOf": [schema], "components": self.components}
        jsonschema.Draft4Validator(whole, format_checker=checker).validate(body)
        return body


def photo() -> dict[str, Any]:
    return {"photo": SimpleUploadedFile("photo.jpg", from_a_phone(), "image/jpeg")}


@pytest.mark.django_db(transaction=True)
def test_every_operation_answers_as_documented(settings: Settings) -> None:
    settings.LINE_CHANNEL_TOKEN = settings.LINE_CHANNEL_SECRET = "secret"
    settings.LINE_ACCOUNT = "@tinderfortrash"
    api = Api()

    for play in (account, devices_and_mail, groups_and_impact, pickups, deck_and_likes, handovers, chat, events, ends):
        play(api.call)

    assert api.called == set(api.operations)


def account(call: Call) -> None:
    user, bob = make_user(), make_user()
    ann = client_of(user)
    call(APIClient(), "sign_in", {"provider": "demo", "phone": "+66812345678"})
    for name in ("get_config", "list_materials", "list_phrases", "list_prices"):
        call(APIClient(), name)
    call(APIClient(), "list_drop_off_points", query=HERE)
    for name in (
        "get_me",
        "export_me",
        "get_reliability",
        "get_my_impact",
        "get_my_impact_months",
        "get_city_impact",
        "get_city_impact_months",
    ):
        call(ann, name)
    call(ann, "request_export")
    make_due_exports(now=read_clock())
    call(ann, "get_export")
    assert call(ann, "get_export_file").startswith(b"PK")
    call(ann, "amend_me", {"display_name": "Ann"})
    [terms, *_] = call(ann, "list_consents")["results"]
    given = {"purpose": "terms", "version": terms["current_version"], "is_given": True, "channel": "app"}
    call(ann, "record_consent", given)
    call(ann, "put_block", user_id=bob.pk)
    call(ann, "get_block", user_id=bob.pk)
    call(ann, "list_blocks")
    call(ann, "delete_block", user_id=bob.pk)
    call(ann, "report_person", {"user": str(bob.pk), "reason": "spam"})
    call(ann, "list_acts")
    act = decide(make_case(user), "warn")
    call(ann, "appeal_act", {"text": "It was not me."}, act_id=act.pk)
    call(ann, "issue_ticket")
    call(ann, "link_identity", {"provider": "demo", "phone": "+66812345679"})
    call(ann, "list_identities")
    call(client_of(make_user(line_id="U1")), "unlink_identity", kind="line")


def devices_and_mail(call: Call) -> None:
    user = make_user()
    ann = client_of(user)
    device = call(ann, "devices_register", {"value": "token", "platform": "android"})
    call(ann, "devices_list")
    call(ann, "devices_forget", device_id=device["id"])
    call(ann, "email_set", {"address": "a@b.example"})
    call(ann, "email_read")
    call(ann, "email_verify", {"code": code_of(EmailAddress.objects.get(pk=user.pk))})
    call(ann, "email_forget")
    call(ann, "line_code")
    call(ann, "line_state")
    call(ann, "line_unlink")
    call(ann, "notifications_choose", {"quiet_from": "20:00", "quiet_until": "07:30"})
    call(ann, "notifications_choices")


def groups_and_impact(call: Call) -> None:
    ann, bob = client_of(make_user()), client_of(make_user())
    group = call(ann, "found_group", {"name": "Baan Suan", "kind": "building"})
    code = call(ann, "renew_group_code", group_id=group["id"])["code"]
    call(bob, "join_group", {"code": code})
    call(bob, "list_groups")
    call(bob, "get_group", group_id=group["id"])
    call(bob, "get_group_impact", group_id=group["id"])
    call(bob, "get_group_impact_months", group_id=group["id"])
    call(bob, "leave_group", group_id=group["id"])


def pickups(call: Call) -> None:
    ann = client_of(make_user())
    pickup_id = call(ann, "post_pickup", pickup_body())["id"]
    picture = call(ann, "add_photo", photo(), pickup_id=pickup_id)
    call(ann, "list_pickups")
    call(ann, "get_pickup", pickup_id=pickup_id)
    call(ann, "amend_pickup", {"note": "In three bags"}, pickup_id=pickup_id)
    call(ann, "extend_pickup", {}, pickup_id=pickup_id)
    call(ann, "list_likes", pickup_id=pickup_id)
    call(ann, "remove_photo", pickup_id=pickup_id, photo_id=picture["id"])
    call(ann, "cancel_pickup", pickup_id=pickup_id)


def deck_and_likes(call: Call) -> None:
    pickup = make_pickup(choose=Pickup.Choose.RESIDENT)
    ann, bob = client_of(pickup.resident), client_of(make_user())
    call(bob, "put_collector", {"service_point": HERE})
    call(bob, "get_collector")
    call(bob, "get_deck", query=HERE)
    call(bob, "get_square", query=HERE)
    call(bob, "swipe_pickup", {"direction": "pass"}, pickup_id=pickup.pk)
    call(bob, "get_swipe", pickup_id=pickup.pk)
    call(bob, "list_my_likes")
    call(bob, "take_swipe_back", pickup_id=pickup.pk)
    first, second = make_like(pickup), make_like(pickup)
    call(ann, "decline_like", pickup_id=pickup.pk, like_id=first.pk)
    match = call(ann, "accept_like", pickup_id=pickup.pk, like_id=second.pk)
    call(ann, "list_matches")
    call(ann, "get_match", match_id=match["id"])
    call(ann, "release_match", {"reason": "other"}, match_id=match["id"])


def both_of(match: Match) -> tuple[APIClient, APIClient]:
    return client_of(match.pickup.resident), client_of(match.collector)


def handovers(call: Call) -> None:
    match = make_match()
    ann, bob = both_of(match)
    at = spelled(match.pickup.window_from + timedelta(hours=1))
    call(bob, "propose_time", {"at": at}, match_id=match.pk)
    call(ann, "agree_time", {"at": at}, match_id=match.pk)
    call(bob, "set_off", {}, match_id=match.pk)
    call(bob, "get_calendar", match_id=match.pk)
    weigh(match)
    call(bob, "confirm_handover", {"code": match.handover.code}, match_id=match.pk)
    disputed_handover(call)
    late = make_waiting()
    call(client_of(late.collector), "report_no_show", match_id=late.pk)
    Handover.objects.filter(pk=late.pk).update(check_in_asked_at=read_clock())
    call(client_of(late.collector), "check_in", {"answer": "ok"}, match_id=late.pk)
    left = make_match()
    call(client_of(left.collector), "share_handover", match_id=left.pk)
    call(client_of(left.collector), "stop_sharing_handover", match_id=left.pk)
    call(client_of(left.collector), "leave_match", {}, match_id=left.pk)


def disputed_handover(call: Call) -> None:
    match = make_appointment()
    ann, bob = both_of(match)
    call(bob, "arrive", HERE, match_id=match.pk)
    lines = [{"material": "pet_clear", "gross_kg": 2.5, "tare_kg": 0.5}]
    left = [{"material": "pet_clear", "quantity": 1}]
    call(bob, "weigh_in", {"lines": lines, "paid": 10, "left": left}, match_id=match.pk)
    pictures = [call(bob, "add_scale_photo", photo(), match_id=match.pk)["id"] for _ in range(2)]
    call(ann, "show_scale_photo", match_id=match.pk, photo_id=pictures[0])
    call(ann, "show_scale_photo_thumb", match_id=match.pk, photo_id=pictures[0])
    call(bob, "remove_scale_photo", match_id=match.pk, photo_id=pictures[1])
    call(ann, "dispute_weigh_in", {"lines": lines, "paid": 20, "note": "You said 20"}, match_id=match.pk)
    done = call(bob, "accept_figures", {"version": 2}, match_id=match.pk)
    call(ann, "get_receipt", receipt_id=done["receipt"]["id"])
    assert call(ann, "get_receipt_pdf", receipt_id=done["receipt"]["id"]).startswith(b"%PDF")
    call(
        bob, "propose_correction", {"lines": [{"material": "pet_clear", "gross_kg": 3}], "paid": 30}, match_id=match.pk
    )
    version = call(ann, "get_match", match_id=match.pk)["handover"]["versions"][-1]["number"]
    call(ann, "decline_correction", {"version": version}, match_id=match.pk)
    call(ann, "accept_correction", {"version": version}, match_id=match.pk)
    call(ann, "rate_match", {"stars": 5}, match_id=match.pk)
    call(ann, "post_rest", {"window": window()}, match_id=match.pk)


def window() -> dict[str, str]:
    now = read_clock()
    return {"from": spelled(now + timedelta(hours=2)), "until": spelled(now + timedelta(hours=5))}


def chat(call: Call) -> None:
    ann_user, bob_user = make_user(), make_user()
    conversation = make_conversation(ann_user, bob_user)
    ann, bob, ids = client_of(ann_user), client_of(bob_user), {"conversation_id": conversation.pk}
    sent = call(ann, "messages_send", {"client_id": str(uuid.uuid4()), "text": "Hello"}, **ids)
    shown = call(ann, "photos_send", {"client_id": str(uuid.uuid4()), **photo()}, **ids)
    call(bob, "messages_list", **ids)
    call(bob, "messages_get", **ids, message_id=sent["id"])
    call(bob, "messages_photo_large", **ids, message_id=shown["id"])
    call(bob, "messages_photo_thumb", **ids, message_id=shown["id"])
    call(ann, "messages_delete", **ids, message_id=sent["id"])
    call(bob, "conversations_list")
    call(bob, "conversations_read_one", **ids)
    call(bob, "conversations_read", {"seq": 2}, **ids)
    call(bob, "conversations_mute", {}, **ids)
    call(bob, "conversations_muted", **ids)
    call(bob, "conversations_unmute", **ids)


def events(call: Call) -> None:
    match = make_match()
    ann = client_of(match.pickup.resident)
    logged = call(ann, "events_list")["events"]
    call(ann, "events_acknowledge", {"seq": 1})
    call(ann, "inbox_list")
    call(ann, "inbox_unread")
    entry = next(event["seq"] for event in logged if event["event"] == "match.made")
    call(ann, "inbox_read", seq=entry)
    call(ann, "events_read", {"up_to": entry})
    call(ann, "inbox_read_all", {})


def ends(call: Call) -> None:
    user = make_user()
    ann, (other, _token) = client_of(user), make_session(user)
    call(ann, "list_sessions")
    call(ann, "end_session", session_id=other.public_id)
    call(ann, "end_other_sessions")
    call(ann, "sign_out")
    call(client_of(user), "erase_me")
