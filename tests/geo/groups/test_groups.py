"""Groups: `/groups` and what their members gave, `/impact/groups/{id}`."""

import uuid
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.accounts.registry import export_all
from backend.accounts.services.account import erase_account
from backend.core.clock import read_clock
from geo.models import Group, Membership
from tests.factories.geo import make_pickup
from tests.factories.matches import make_match, make_receipt
from tests.factories.people import client_of, make_user

pytestmark = pytest.mark.django_db


def found(user: User, name: str = "Baan Suan condo") -> dict[str, Any]:
    """A group that `user` founded, as shown."""
    group: dict[str, Any] = client_of(user).post("/api/v1/groups", {"name": name, "kind": "building"}).json()
    return group


def join(user: User, code: str) -> Any:
    """The answer to joining."""
    return client_of(user).post("/api/v1/groups/join", {"code": code})


def give(user: User, kg: str) -> None:
    """A handover of so much PET."""
    make_receipt(make_match(make_pickup(resident=user)), {"pet_clear": kg})


def kg_of(group: dict[str, Any], reader: User) -> float:
    """What the group gave."""
    kg: float = client_of(reader).get(f"/api/v1/impact/groups/{group['id']}").json()["kg"]
    return kg


class TestFound:
    def test_makes_the_founder_keeper_and_member(self, user: User, client: APIClient) -> None:
        response = client.post("/api/v1/groups", {"name": "Wat Pho school", "kind": "school"})

        shown = response.json()
        assert response.status_code == 201
        assert (shown["name"], shown["kind"], shown["members"], shown["is_keeper"]) == (
            "Wat Pho school",
            "school",
            1,
            True,
        )
        assert [person["first_name"] for person in shown["people"]] == [user.first_name]
        assert len(shown["code"]) == 8

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"name": "", "kind": "school"},
            {"name": "\u3164\u200b", "kind": "school"},
            {"name": "A", "kind": "castle"},
        ],
    )
    def test_refuses_a_bad_shape(self, client: APIClient, body: dict[str, str]) -> None:
        assert client.post("/api/v1/groups", body).status_code == 400

    def test_has_a_limit(self, user: User, client: APIClient, settings: Settings) -> None:
        settings.GROUPS_MAX = 1
        found(user)

        refused = client.post("/api/v1/groups", {"name": "Another", "kind": "office"})

        assert (refused.status_code, refused.json()["code"]) == (409, "too_many_groups")


class TestJoin:
    def test_takes_the_code_in_any_case_and_twice(self, user: User) -> None:
        group = found(user)
        other = make_user()

        answers = [join(other, f" {group['code'].lower()} ") for _ in range(2)]

        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[1].json()["members"] == 2
        assert answers[1].json()["is_keeper"] is False

    def test_takes_the_code_as_it_is_read_out(self, user: User) -> None:
        code = found(user)["code"]
        wide = "".join(chr(ord(character) + 0xFEE0) for character in code)

        answers = [join(make_user(), typed).status_code for typed in (f"{code[:4]}-{code[4:]}", " ".join(code), wide)]

        assert answers == [200, 200, 200]

    def test_refuses_an_unknown_code(self, user: User) -> None:
        refused = join(user, "NOSUCHXX")

        assert (refused.status_code, refused.json()["code"]) == (400, "group_code_unknown")

    def test_refuses_when_full(self, user: User, settings: Settings) -> None:
        settings.GROUP_MEMBERS_MAX = 1

        assert join(make_user(), found(user)["code"]).json()["code"] == "group_full"

    def test_is_not_tried_often(self, user: User, client: APIClient) -> None:
        statuses = [client.post("/api/v1/groups/join", {"code": "NOSUCHXX"}).status_code for _ in range(21)]

        assert statuses == [400] * 20 + [429]


class TestRead:
    def test_names_members_to_members_alone(self, user: User) -> None:
        group = found(user)
        path = f"/api/v1/groups/{group['id']}"

        assert client_of(user).get(path).status_code == 200
        assert client_of(make_user()).get(path).status_code == 404
        assert client_of(make_user()).get(f"/api/v1/groups/{uuid.uuid4()}").status_code == 404
        assert APIClient().get(path).status_code == 401


class TestCode:
    def test_is_renewed_by_the_keeper(self, user: User, client: APIClient) -> None:
        group = found(user)

        renewed = client.post(f"/api/v1/groups/{group['id']}/code").json()

        assert renewed["code"] != group["code"]
        assert join(make_user(), group["code"]).json()["code"] == "group_code_unknown"
        assert join(make_user(), renewed["code"]).status_code == 200

    def test_is_the_keepers(self, user: User) -> None:
        group, other = found(user), make_user()
        path = f"/api/v1/groups/{group['id']}/code"

        assert client_of(other).post(path).status_code == 404
        join(other, group["code"])
        assert (client_of(other).post(path).status_code, client_of(other).post(path).json()["code"]) == (
            403,
            "only_the_keeper",
        )


class TestLeave:
    def test_passes_the_keys_on_and_closes_after_the_last(self, user: User) -> None:
        group, other = found(user), make_user()
        join(other, group["code"])
        path = f"/api/v1/groups/{group['id']}/membership"

        assert [client_of(user).delete(path).status_code for _ in range(2)] == [204, 204]
        assert client_of(other).get(f"/api/v1/groups/{group['id']}").json()["is_keeper"] is True
        client_of(other).delete(path)

        assert join(user, group["code"]).json()["code"] == "group_code_unknown"
        assert client_of(make_user()).delete(path).status_code == 404

    def test_comes_with_erasure(self, user: User) -> None:
        group, other = found(user), make_user()
        join(other, group["code"])
        give(user, "2")
        assert export_all(user=user)["geo"]["groups"][0]["group__name"] == group["name"]

        erase_account(user=user, now=read_clock())

        assert not Membership.objects.filter(user=user).exists()
        assert Group.objects.get().keeper_id == other.pk
        assert kg_of(group, other) == 2


class TestImpact:
    def test_counts_what_members_give_while_they_are(self, user: User) -> None:
        other = make_user()
        give(other, "1")
        group = found(user)
        join(other, group["code"])
        give(other, "2")
        give(user, "4")
        client_of(other).delete(f"/api/v1/groups/{group['id']}/membership")
        give(other, "8")

        assert kg_of(group, user) == 6

    def test_is_for_strangers_once_it_hides_each_member(self, user: User, settings: Settings) -> None:
        group, stranger, path = found(user), make_user(), "/api/v1/impact/groups"
        give(user, "4")
        assert client_of(stranger).get(f"{path}/{group['id']}").status_code == 404
        settings.GROUP_SHOWN_FROM = 2
        join(make_user(), group["code"])

        for shown in (f"{path}/{group['id']}", f"{path}/{group['id']}/months"):
            text = client_of(stranger).get(shown).content.decode()
            assert '"kg":4' in text
            assert user.first_name not in text
        assert APIClient().get(f"{path}/{group['id']}").status_code == 401
