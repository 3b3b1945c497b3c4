"""docs/openapi.yaml as generators of clients read it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.chat.described import DOCUMENT
from tests.described_http import codes_of, component, document, operations

OPERATIONS = operations()
EVENT_DATA = DOCUMENT["components"]["schemas"]["eventData"]["properties"]


def parts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from parts(item)


class TestDocument:
    def test_names_its_server_and_licence(self) -> None:
        assert document()["servers"][0]["url"].startswith("http")
        assert document()["info"]["license"]["name"] == "Apache 2.0"

    def test_has_no_unions(self) -> None:
        assert [part for part in parts(document()) if "oneOf" in part or "anyOf" in part] == []

    def test_no_enum_has_a_blank_or_null_value(self) -> None:
        enums = [part["enum"] for part in parts(document()) if isinstance(part.get("enum"), list)]

        assert len(enums) > 100
        assert [enum for enum in enums if "" in enum or None in enum] == []

    def test_nullable_stands_beside_a_type(self) -> None:
        assert [part for part in parts(document()) if part.get("nullable") is True and "type" not in part] == []


@pytest.mark.parametrize("name", OPERATIONS)
class TestOperation:
    def test_says_whether_it_needs_a_token(self, name: str) -> None:
        is_public = OPERATIONS[name]["security"] == []

        assert is_public or "token_missing" in codes_of(OPERATIONS[name])

    def test_lists_its_refusals(self, name: str) -> None:
        codes = codes_of(OPERATIONS[name])

        assert {"rate_limited", "unavailable", "server_error"} <= set(codes)
        assert "refused" not in codes

    def test_requires_a_body_with_required_fields(self, name: str) -> None:
        body = OPERATIONS[name].get("requestBody", {"content": {}})

        for content in body["content"].values():
            assert body.get("required", False) or not component(content["schema"]["$ref"]).get("required")

    def test_has_examples(self, name: str) -> None:
        bodies = [OPERATIONS[name].get("requestBody", {}), *OPERATIONS[name]["responses"].values()]
        contents = [
            body["content"]["application/json"] for body in bodies if "application/json" in body.get("content", {})
        ]

        assert [content for content in contents if "example" not in content and "examples" not in content] == []


class TestCodes:
    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("sign_in", "phone_invalid"),
            ("sign_in", "identity_expired"),
            ("get_deck", "place_needed"),
            ("swipe_pickup", "too_many_likes"),
            ("confirm_handover", "code_wrong"),
            ("post_pickup", "window_reversed"),
            ("list_pickups", "cursor_invalid"),
            ("photos_send", "photo_unreadable"),
            ("messages_send", "conversation_closed"),
            ("post_pickup", "idempotency_key_reused"),
            ("post_pickup", "body_too_large"),
        ],
    )
    def test_are_read_from_the_code(self, name: str, code: str) -> None:
        assert code in codes_of(OPERATIONS[name])

    def test_do_not_come_from_other_operations(self) -> None:
        assert "code_wrong" not in codes_of(OPERATIONS["get_deck"])
        assert "phone_invalid" not in codes_of(OPERATIONS["post_pickup"])


class TestEvents:
    def test_describe_the_data_of_all_kinds(self) -> None:
        fields = component("EventData")["properties"]

        assert set(fields) == {name for data in EVENT_DATA.values() for name in data["properties"]}
        assert fields["match"]["format"] == "uuid"
        assert "match.made" in fields["match"]["description"]
        assert "type" not in fields["message"], "the whole message in message.sent, its id in message.deleted"
        assert component("EventFrame")["properties"]["data"] == {"$ref": "#/components/schemas/EventData"}

    def test_describe_closed_cards(self) -> None:
        assert component(component("EventsOut")["properties"]["gone"]["items"]["$ref"])["required"] == [
            "type",
            "pickup",
            "reason",
        ]


class TestSignIn:
    def test_is_one_object_with_either_proof(self) -> None:
        fields = component("SignInRequest")["properties"]

        assert {"provider", "phone", "token"} <= set(fields)
        assert component("SignInRequest")["required"] == ["provider"]


class TestPhotoMessages:
    def test_have_an_operation_of_their_own(self) -> None:
        assert list(OPERATIONS["messages_send"]["requestBody"]["content"]) == ["application/json"]
        assert list(OPERATIONS["photos_send"]["requestBody"]["content"]) == ["multipart/form-data"]
