"""The in-app inbox, which is read from the event log."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import User
from notifications.models import Event
from notifications.push.backends import PushMessage
from notifications.services.notify import withdraw_events
from tests.factories.notifications import NOON, deliver_to, make_device, make_message_notice, make_notice, tell
from tests.factories.people import client_of, make_user

INBOX = "/api/v1/inbox"


def entries_of(client: APIClient) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = client.get(INBOX).json()["results"]
    return results


def unread_of(client: APIClient) -> int:
    count: int = client.get(f"{INBOX}/unread").json()["unread"]
    return count


class TestList:
    def test_shows_the_newest_event_first(self, client: APIClient, user: User) -> None:
        ids = {"match": "01a20c27-408d-74fd-9073-f412e1aa536b"}
        tell(make_notice(user, "pickup.expired"), make_notice(user, "handover.agreed", data=ids | {"address": "Soi"}))

        newest, oldest = entries_of(client)

        assert oldest["title"] == "Your pickup has expired"
        assert newest == {
            "seq": 2,
            "event": "handover.agreed",
            "category": "handover",
            "title": "The time is agreed",
            "body": "The handover is on .",
            "link": f"/matches/{ids['match']}",
            "ids": ids,
            "unread": 1,
            "at": "2025-03-01T05:00:00Z",
        }

    def test_speaks_the_readers_language(self, db: None) -> None:
        reader = make_user(locale="th")
        tell(make_notice(reader))

        (entry,) = entries_of(client_of(reader))

        assert entry["title"] == "จับคู่สำเร็จแล้ว"

    def test_says_of_a_conversation_the_last_only_and_how_many(self, client: APIClient, user: User) -> None:
        notice = make_message_notice(user)
        tell(notice, notice, make_message_notice(user))
        tell(notice)

        entries = entries_of(client)

        assert [(entry["seq"], entry["unread"]) for entry in entries] == [(4, 3), (3, 1)]
        assert unread_of(client) == sum(entry["unread"] for entry in entries)

    def test_leaves_out_what_is_silent_ones_own_withdrawn_or_of_old(self, client: APIClient, user: User) -> None:
        tell(make_notice(user, "message.read", push=False), make_notice(user, push=False))
        tell(make_notice(user, "pickup.liked", data={"like": "l1"}), make_notice(user), make_notice(make_user()))
        withdraw_events(user_ids=[user.pk], events=["pickup.liked"], about={"like": "l1"}, now=NOON)
        Event.objects.filter(seq=4).update(name="match.of_old")

        assert entries_of(client) == []
        assert unread_of(client) == 0

    def test_pages_through_all_once(self, client: APIClient, user: User) -> None:
        tell(*[make_notice(user) for _ in range(5)])

        first = client.get(INBOX, {"limit": 3}).json()
        second = client.get(first["next"]).json()

        assert [entry["seq"] for entry in first["results"] + second["results"]] == [5, 4, 3, 2, 1]
        assert second["next"] is None


class TestUnread:
    def test_counts_by_what_it_is_about(self, client: APIClient, user: User) -> None:
        tell(make_notice(user), make_message_notice(user), make_message_notice(user), make_notice(make_user()))

        answer = client.get(f"{INBOX}/unread").json()

        categories = {"chat": 2, "likes": 0, "matches": 1, "handover": 0, "nearby": 0}
        assert answer == {"unread": 3, "categories": categories}

    def test_is_the_number_on_the_icon(self, client: APIClient, user: User, outbox: list[PushMessage]) -> None:
        make_device(user)
        tell(make_message_notice(user), make_message_notice(user), make_notice(user))
        client.post(f"{INBOX}/1/read")

        deliver_to(user)

        assert {message.badge for message in outbox} == {unread_of(client)} == {2}


class TestRead:
    def test_reads_one_and_all_earlier_about_the_same(self, client: APIClient, user: User) -> None:
        notice = make_message_notice(user)
        tell(notice, make_notice(user), notice, notice)

        answer = client.post(f"{INBOX}/3/read")

        assert answer.json() == {"unread": 2}
        assert list(Event.objects.filter(read_at=None, wants_push=True).values_list("seq", flat=True)) == [2, 4]

    def test_tells_the_persons_other_apps_once(self, client: APIClient, user: User) -> None:
        tell(make_notice(user), make_notice(user))

        for _ in range(2):
            assert client.post(f"{INBOX}/2/read").json() == {"unread": 1}

        told = Event.objects.filter(name="inbox.read")
        assert [event.data for event in told] == [{"seq": 2, "unread": 1}]
        assert not told.get().wants_push

    @pytest.mark.parametrize("seq", ["7", "0", "9" * 18, "nonsense", "9" * 30, "-1"])
    def test_knows_no_entry_that_is_none(self, client: APIClient, user: User, seq: str) -> None:
        tell(make_notice(user), make_notice(user, push=False))

        assert client.post(f"{INBOX}/{seq}/read").status_code == 404
        assert client.post(f"{INBOX}/2/read").status_code == 404

    def test_knows_no_entry_of_another(self, client: APIClient) -> None:
        tell(make_notice(make_user()))

        assert client.post(f"{INBOX}/1/read").status_code == 404
        assert Event.objects.get().read_at is None


class TestReadAll:
    def test_reads_everything(self, client: APIClient, user: User) -> None:
        tell(make_notice(user), make_message_notice(user), make_notice(make_user()))

        assert client.post(f"{INBOX}/read-all").json() == {"unread": 0}
        assert Event.objects.filter(wants_push=True, read_at=None).count() == 1

    def test_reads_no_further_than_was_seen(self, client: APIClient, user: User) -> None:
        tell(make_notice(user), make_notice(user), make_notice(user))

        assert client.post(f"{INBOX}/read-all", {"up_to": 2}).json() == {"unread": 1}

    @pytest.mark.parametrize("up_to", [-1, "all", 2**63, []])
    def test_refuses_what_is_no_number(self, client: APIClient, up_to: object) -> None:
        answer = client.post(f"{INBOX}/read-all", {"up_to": up_to})

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "up_to")
