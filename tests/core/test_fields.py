"""Fields and serializers of request bodies, and ids in paths."""

from typing import Any

import pytest
from django.urls import get_resolver
from rest_framework.fields import empty
from rest_framework.serializers import Serializer
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.core.http.fields import Body, Moment, Number, OptionsBody
from tests.factories.chat import make_conversation
from tests.factories.geo import make_pickup
from tests.factories.matches import make_match
from tests.factories.people import client_of, make_user

OWN_PACKAGES = {"backend", "chat", "geo", "notifications"}
# Descriptions of responses; a first look at a body that another serializer checks.
NO_BODIES = {"FieldProblem", "Problem", "ProviderChoice"}


def kinds_of(base: type[Any]) -> list[type[Any]]:
    """All subclasses, at any depth."""
    return [kind for child in base.__subclasses__() for kind in (child, *kinds_of(child))]


class Inner(Body):
    lat = Number()


class Outer(Body):
    address = Moment(required=False)
    places = Inner(many=True, required=False)


class Optional(OptionsBody):
    count = Number(default=7)
    lat = Number()


def errors_of(body: Any) -> Any:
    assert not body.is_valid()
    return body.errors


class TestUnknownFields:
    def test_are_named_together_with_wrong_ones(self) -> None:
        errors = errors_of(Outer(data={"adress": "1", "address": "soon", "places": [{"lat": 1, "lng": 2}]}))

        assert errors["adress"][0].code == "unknown"
        assert errors["address"][0].code == "invalid"
        assert errors["places"][0]["lng"][0].code == "unknown"

    def test_are_refused_by_every_body(self) -> None:
        get_resolver().url_patterns  # noqa: B018 - imports all views
        kinds = [kind for kind in kinds_of(Serializer) if kind.__module__.split(".")[0] in OWN_PACKAGES]

        assert {kind.__name__ for kind in kinds if not issubclass(kind, Body)} == NO_BODIES

    def test_are_counted_and_cut(self) -> None:
        errors = errors_of(Outer(data={"x" * 5_000 + str(number): 1 for number in range(50)}))

        assert all(len(name) == 100 for name in errors)

    @pytest.mark.parametrize(
        ("method", "path", "body", "field"),
        [
            ("patch", "/api/v1/me", {"phone": "+66812345678"}, "phone"),
            ("patch", "/api/v1/me/notifications", {"chats": False}, "chats"),
            ("post", "/api/v1/pickups", {"adress": "1 Rama IV Road"}, "adress"),
            ("post", "/api/v1/pickups", {"location": {"lat": 13.7, "lng": 100.5}}, "location.lng"),
            ("put", "/api/v1/me/collector", {"radius": 500}, "radius"),
            ("post", "/api/v1/auth/sign-in", {"provider": "demo", "phone": "0812345678", "nmae": "Ann"}, "nmae"),
        ],
    )
    def test_are_refused_by_name(
        self, client: APIClient, method: str, path: str, body: dict[str, Any], field: str
    ) -> None:
        answer = getattr(client, method)(path, body)

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        assert (field, "unknown") in {(error["field"], error["code"]) for error in answer.json()["errors"]}

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("deck?lat=13.7&lon=100.5&radius=500", 400),
            ("matches?state=active", 400),
            ("matches?status=active&limit=5", 200),
            ("impact/me/months?form=2026-01", 400),
            ("impact/me/months?from=2026-01&until=2026-02&role=gave", 200),
            ("events?after=7", 400),
            ("conversations?lmit=5", 400),
            ("inbox?unread=1", 400),
            ("devices?lmit=5", 400),
            ("me/likes?lmit=5", 400),
            ("blocks?lmit=5", 400),
            ("auth/sessions?lmit=5", 400),
            ("conversations?limit=5", 200),
        ],
    )
    def test_are_refused_in_a_query(self, client: APIClient, path: str, status: int) -> None:
        assert client.get(f"/api/v1/{path}").status_code == status

    def test_are_refused_in_a_form(self, client: APIClient, user: User) -> None:
        path = f"/api/v1/pickups/{make_pickup(resident=user).pk}/photos"

        answer = client.post(path, {"foto": "x"}, format="multipart")

        assert {error["field"] for error in answer.json()["errors"]} == {"foto", "photo"}


class TestQueries:
    def test_are_refused_in_the_language_of_each_request(self, db: None) -> None:
        clients = [client_of(make_user(locale=language)) for language in ("th", "en")]

        answers = [client.get("/api/v1/deck?limit=0") for client in clients * 2]

        thai, english, *again = [answer.json()["errors"][0]["detail"] for answer in answers]
        assert again == [thai, english]
        assert thai != english


class TestOptions:
    def test_that_are_null_count_as_left_out(self) -> None:
        body = Optional(data={"count": None, "lat": 1})

        assert body.is_valid()
        assert body.validated_data == {"count": 7, "lat": 1}

    def test_that_are_required_are_not_null(self) -> None:
        assert errors_of(Optional(data={"lat": None}))["lat"][0].code == "null"


class TestDefaults:
    def test_of_the_schema_may_be_sent(self) -> None:
        get_resolver().url_patterns  # noqa: B018 - imports all views
        for kind in kinds_of(Body):
            for name, field in kind().fields.items():
                if field.default is not empty:
                    default = field.default() if callable(field.default) else field.default
                    assert field.run_validation(default) == default, (kind, name)


class TestNumber:
    @pytest.mark.parametrize("text", ["NaN", "Infinity", "-inf"])
    def test_is_finite(self, text: str) -> None:
        assert errors_of(Inner(data={"lat": text}))["lat"][0].code == "invalid"


class TestIdInCapitals:
    def test_finds_a_match_as_swift_writes_it(self, db: None) -> None:
        match = make_match()

        answer = client_of(match.collector).get(f"/api/v1/matches/{str(match.pk).upper()}")

        assert answer.status_code == 200
        assert answer.json()["id"] == str(match.pk)

    def test_finds_a_conversation(self, client: APIClient, user: User) -> None:
        conversation = make_conversation(user, make_user())

        answer = client.get(f"/api/v1/conversations/{str(conversation.pk).upper()}/messages")

        assert answer.status_code == 200

    @pytest.mark.parametrize("name", ["7", "{00000000-0000-0000-0000-000000000007}", "0" * 32])
    def test_in_another_form_is_not_found(self, client: APIClient, name: str) -> None:
        assert client.get(f"/api/v1/matches/{name}").status_code == 404
