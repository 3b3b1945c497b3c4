"""Events that are no longer pushed: superseded, withdrawn, expired, invalid or muted."""

import re
from datetime import timedelta

import msgspec
import pytest
from django.db import connection

from backend.accounts.models import User
from notifications import relevance
from notifications.kinds import KINDS
from notifications.models import Device, Event, Mute
from notifications.push.backends import PushMessage
from notifications.selectors.events import unread_count_of
from notifications.services.notify import withdraw_events
from notifications.services.preferences import mute_topic, unmute_topic
from notifications.services.privacy import remove_ended_mutes
from tests.factories.notifications import NOON, deliver_to, make_device, make_message_notice, make_notice, tell
from tests.factories.people import make_user

IDS = {"match": "m1", "pickup": "p1", "like": "l1", "title": "Cans"}
SUPERSEDED = [(later, earlier) for later, kind in KINDS.items() for earlier in kind.supersedes]
_encode = msgspec.json.Encoder().encode
MATCH_MADE = {"behind": 0, "name": "match.made", "data": IDS, "wants_push": True, "collapse_key": ""} | {
    "supersedes": ["pickup.liked"],
    "about": {"pickup": "p1"},
}
MANY_UNREAD = """
    INSERT INTO notifications_event (user_id, seq, name, data, wants_push, collapse_key, created_at)
    SELECT %s, number, 'pickup.liked', '{"pickup": "p1"}', true, '', now() FROM generate_series(1, 2000) AS number
"""
MATCH_IS_MADE = "EXPLAIN (ANALYZE, BUFFERS) SELECT * FROM write_events(%s, now(), now())"
UNTIL = [(name, kind.until) for name, kind in KINDS.items() if kind.until]


class TestSuperseded:
    @pytest.mark.parametrize(("later", "earlier"), SUPERSEDED)
    def test_is_not_pushed(self, device: Device, outbox: list[PushMessage], later: str, earlier: str) -> None:
        tell(make_notice(device.user, earlier, data=IDS))
        # By the person's own doing on another phone, so that it is not pushed itself.
        tell(make_notice(device.user, later, data=IDS, push=False))

        deliver_to(device.user)

        assert outbox == []
        assert unread_count_of(device.user.pk) == 0

    @pytest.mark.parametrize(("later", "earlier"), SUPERSEDED)
    def test_must_be_about_the_same(self, user: User, later: str, earlier: str) -> None:
        other = {name: f"another {name}" for name in IDS}
        tell(make_notice(user, earlier, data=IDS), make_notice(make_user(), later, data=IDS))
        tell(make_notice(user, later, data=other, push=False))

        assert unread_count_of(user.pk) == 1

    def test_names_kinds_that_there_are(self) -> None:
        assert {earlier for _, earlier in SUPERSEDED} <= set(KINDS)
        assert all(kind.about for kind in KINDS.values() if kind.supersedes)

    def test_works_within_one_transaction_too(self, device: Device, outbox: list[PushMessage]) -> None:
        names = ("handover.agreed", "match.released")
        tell(*[make_notice(device.user, name, data=IDS) for name in names])

        deliver_to(device.user)

        assert [message.title for message in outbox] == ["The match has ended"]

    def test_is_not_looked_for_among_the_events_of_others(self, user: User) -> None:
        other = make_user()
        with connection.cursor() as cursor:
            # So many, and PostgreSQL has not counted them yet.
            cursor.execute(MANY_UNREAD, [other.pk])
            cursor.execute(MATCH_IS_MADE, [_encode([{"user_id": user.pk} | MATCH_MADE]).decode()])
            buffers = sum(int(count) for (line,) in cursor.fetchall()[:2] for count in re.findall(r"hit=(\d+)", line))

        assert 0 < buffers < 200


class TestWithdrawn:
    def test_is_not_pushed_and_leaves_the_count(self, device: Device, outbox: list[PushMessage]) -> None:
        tell(make_notice(device.user, "pickup.liked", data=IDS))
        tell(make_notice(device.user, "pickup.liked", data=IDS | {"like": "l2"}))

        count = withdraw_events(user_ids=[device.user.pk], events=["pickup.liked"], about={"like": "l1"}, now=NOON)
        deliver_to(device.user)

        assert count == 1
        assert [message.badge for message in outbox] == [1]
        assert outbox[0].data["like"] == "l2"

    def test_is_not_tried_again(self, device: Device, outbox: list[PushMessage]) -> None:
        from notifications.push import backends
        from notifications.push.backends import Retry

        backends.outcomes[device.value] = Retry("Unavailable")
        tell(make_notice(device.user, "pickup.liked", data=IDS))
        deliver_to(device.user)

        withdraw_events(user_ids=[device.user.pk], events=["pickup.liked"], about={"like": "l1"}, now=NOON)
        deliver_to(device.user, NOON + timedelta(minutes=5))

        assert len(outbox) == 1

    def test_must_be_unread_and_ones_own(self, device: Device) -> None:
        tell(make_notice(device.user, "pickup.liked", data=IDS), make_notice(make_user(), "pickup.liked", data=IDS))
        device.user.events.update(read_at=NOON)

        assert not withdraw_events(user_ids=[device.user.pk], events=["pickup.liked"], about={"like": "l1"}, now=NOON)
        assert Event.objects.filter(withdrawn_at=None).count() == 2


class TestExpired:
    @pytest.mark.parametrize(("name", "field"), UNTIL)
    def test_is_not_pushed_after_its_time(
        self, device: Device, outbox: list[PushMessage], name: str, field: str
    ) -> None:
        data = IDS | {field: (NOON + timedelta(minutes=10)).isoformat()}
        tell(make_notice(device.user, name, data=data))

        deliver_to(device.user, NOON + timedelta(minutes=10))

        assert outbox == []

    @pytest.mark.parametrize("name", sorted(name for name, kind in KINDS.items() if not kind.is_silent))
    def test_grows_stale_within_a_week(self, device: Device, outbox: list[PushMessage], name: str) -> None:
        tell(make_notice(device.user, name, data=IDS))

        deliver_to(device.user, NOON + timedelta(days=7))

        assert outbox == []


class TestInvalid:
    @pytest.fixture(autouse=True)
    def check(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A validity check, as geo registers for open pickups."""
        monkeypatch.setattr(relevance, "_checks", {})
        relevance.register_check(event="pickup.nearby", id_name="pickup", check=lambda ids: set(ids) - {"gone"})

    def test_is_checked_by_the_registered_function(self, device: Device, outbox: list[PushMessage]) -> None:
        for pickup in ("here", "gone"):
            tell(make_notice(device.user, "pickup.nearby", data={"pickup": pickup}))

        deliver_to(device.user)

        assert [message.data["pickup"] for message in outbox] == ["here"]


class TestMuted:
    def test_rings_not(self, user: User, outbox: list[PushMessage]) -> None:
        make_device(user)
        muted, other = make_message_notice(user), make_message_notice(user)
        mute_topic(user_id=user.pk, topic=muted.collapse_key, until=NOON + timedelta(hours=1), now=NOON)
        tell(muted, other)

        deliver_to(user)

        assert [message.collapse_id for message in outbox] == [other.collapse_key]
        assert unread_count_of(user.pk) == 2

    def test_rings_again_when_the_time_is_up(self, user: User, outbox: list[PushMessage]) -> None:
        make_device(user)
        notice, later = make_message_notice(user), NOON + timedelta(hours=1)
        mute_topic(user_id=user.pk, topic=notice.collapse_key, until=later, now=NOON)
        tell(notice, now=later)

        deliver_to(user, later)

        assert len(outbox) == 1
        assert remove_ended_mutes(now=later) == 1

    def test_of_another_changes_nothing(self, user: User, outbox: list[PushMessage]) -> None:
        make_device(user)
        notice = make_message_notice(user)
        mute_topic(user_id=make_user().pk, topic=notice.collapse_key, until=None, now=NOON)
        mute_topic(user_id=user.pk, topic=notice.collapse_key, until=None, now=NOON)
        unmute_topic(user_id=user.pk, topic=notice.collapse_key)
        tell(notice)

        deliver_to(user)

        assert len(outbox) == 1
        assert Mute.objects.count() == 1
