"""Blocking and reporting."""

import uuid

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import Block, User
from tests.factories.people import client_of, make_user

BLOCKS = "/api/v1/blocks"
REPORTS = "/api/v1/reports"


class TestBlocks:
    def test_blocks_and_shows_it(self, client: APIClient) -> None:
        other = make_user(display_name="Anan Dee")

        answer = client.put(f"{BLOCKS}/{other.pk}")

        assert answer.status_code == 200
        assert answer.json()["user"] == {
            "id": str(other.pk),
            "first_name": "Anan",
            "avatar_colour": other.avatar_colour,
        }
        assert client.get(f"{BLOCKS}/{other.pk}").json() == answer.json()
        assert client.get(BLOCKS).json()["results"] == [answer.json()]

    def test_changes_nothing_the_second_time(self, client: APIClient) -> None:
        other = make_user()

        first, second = (client.put(f"{BLOCKS}/{other.pk}") for _ in range(2))

        assert first.json() == second.json()
        assert Block.objects.count() == 1

    def test_unblocks(self, client: APIClient) -> None:
        other = make_user()
        client.put(f"{BLOCKS}/{other.pk}")

        assert client.delete(f"{BLOCKS}/{other.pk}").status_code == 204
        assert client.delete(f"{BLOCKS}/{other.pk}").status_code == 204
        assert client.get(f"{BLOCKS}/{other.pk}").status_code == 404

    def test_does_not_notify_the_other_user(self, client: APIClient, user: User) -> None:
        other = make_user()
        client.put(f"{BLOCKS}/{other.pk}")

        theirs = client_of(other)

        assert theirs.get(f"{BLOCKS}/{user.pk}").status_code == 404
        assert theirs.get(BLOCKS).json()["results"] == []

    def test_leaves_the_blocks_of_strangers_alone(self, client: APIClient) -> None:
        one, other = make_user(), make_user()
        Block.objects.create(blocker=one, blocked=other)

        client.delete(f"{BLOCKS}/{other.pk}")

        assert Block.objects.count() == 1

    def test_refuses_oneself(self, client: APIClient, user: User) -> None:
        answer = client.put(f"{BLOCKS}/{user.pk}")

        assert (answer.status_code, answer.json()["code"]) == (400, "about_yourself")

    @pytest.mark.parametrize("user_id", [uuid.UUID(int=1), "x", "%00"])
    def test_refuses_nobody(self, client: APIClient, user_id: object) -> None:
        assert client.put(f"{BLOCKS}/{user_id}").status_code == 404
