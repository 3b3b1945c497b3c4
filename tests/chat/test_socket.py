"""Messages, events, acks, read positions and typing through a real server and a real client."""

import uuid
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from backend.accounts.models import User
from backend.core.redis.nudges import publish
from chat.models import Message, Participant
from chat.selectors import SessionState, session_states
from chat.services.conversations import close_conversation
from notifications.models import Event, EventCounter
from tests.chat.phones import Phone
from tests.factories.chat import make_conversation, make_message
from tests.prometheus import moved
from tests.waits import wait_until

OpenPhone = Callable[..., Phone]


@pytest.fixture
def lost_nudges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nudges of services are lost."""
    lose_nudges(monkeypatch)


def lose_nudges(patch: pytest.MonkeyPatch) -> None:
    for module in ("notifications.services.notify", "chat.services.messages"):
        patch.setattr(f"{module}.publish_on_commit", lambda frames: None)


def seqs(events: list[dict[str, Any]]) -> list[int]:
    return [event["seq"] for event in events]


class TestMessage:
    def test_reaches_the_other_phone(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        anns, bobs = open_phone(ann, since=None), open_phone(bob)

        client_id = anns.send_message(conversation, "ของยังอยู่ไหม 🚪")

        ok = anns.expect("ok")
        event = bobs.expect("event")
        assert (ok["client_id"], ok["message"]["text"]) == (client_id, "ของยังอยู่ไหม 🚪")
        assert (event["seq"], event["event"]) == (1, "message.sent")
        assert event["data"] == {"conversation": str(conversation.pk), "message": ok["message"]}
        assert event["at"].endswith("Z")

    def test_moves_the_metrics_of_sockets(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        opened, arrived = moved("sockets_open"), moved("socket_event_seconds_count")
        bobs = open_phone(bob)

        open_phone(ann, since=None).send_message(make_conversation(ann, bob))
        bobs.expect("event")

        assert opened() == 2
        assert arrived() >= 1

    def test_reaches_every_phone_of_both(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        phones = [open_phone(ann), open_phone(bob), open_phone(bob)]

        open_phone(ann, since=None).send_message(conversation)

        assert {phone.expect("event")["data"]["message"]["text"] for phone in phones} == {"Hello"}

    def test_is_stored_once_when_sent_again(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        anns = open_phone(ann, since=None)
        client_id = anns.send_message(conversation)
        first = anns.expect("ok")

        anns.send_message(conversation, "Hello again", client_id=uuid.UUID(client_id))

        assert anns.expect("ok") == first
        assert Message.objects.count() == 1

    def test_is_delivered_once_though_redis_returns_it(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        anns, bobs = open_phone(ann), open_phone(bob)

        for number in range(20):
            anns.send_message(conversation, str(number))
        make_message(conversation, ann, "by HTTP")

        texts = [event["data"]["message"]["text"] for event in bobs.expect_events(21)]
        anns.send(type="typing", conversation=str(conversation.pk))
        assert sorted(texts) == sorted([*map(str, range(20)), "by HTTP"])
        assert bobs.expect_any("event", "typing")["type"] == "typing"

    def test_is_stored_once_when_two_phones_send_it_at_once(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        conversation, client_id = make_conversation(ann, bob), uuid.uuid4()
        phones = [open_phone(ann, since=None) for _ in range(4)]

        for phone in phones:
            phone.send_message(conversation, client_id=client_id)

        assert {phone.expect("ok")["message"]["id"] for phone in phones} == {str(Message.objects.get().pk)}

    def test_keeps_the_order_of_one_sender(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        anns, bobs = open_phone(ann, since=None), open_phone(bob)

        for n in range(30):
            anns.send_message(conversation, str(n))

        texts = [event["data"]["message"]["text"] for event in bobs.expect_events(30)]
        assert texts == [str(n) for n in range(30)]

    def test_is_refused_with_a_code_and_a_text(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        close_conversation(conversation_id=conversation.pk, now=timezone.now())
        anns = open_phone(ann, headers={"Accept-Language": "th-TH,th;q=0.9"})

        client_id = anns.send_message(conversation)

        assert anns.expect("error") == {
            "type": "error",
            "code": "conversation_closed",
            "text": "การสนทนานี้ปิดแล้ว คุณยังอ่านข้อความเดิมได้",
            "about": "message.send",
            "client_id": client_id,
        }

    def test_uses_the_users_language_without_a_header(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        User.objects.filter(pk=ann.pk).update(locale="th")
        anns = open_phone(ann)

        anns.send_message(make_conversation(ann, bob), " ")

        assert anns.expect("error")["text"] == "กรุณาพิมพ์ข้อความก่อน"

    def test_is_refused_to_a_stranger(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        anns = open_phone(ann)

        anns.send_message(make_conversation(bob))

        assert anns.expect("error")["code"] == "not_found"
        assert not Message.objects.exists()


class TestResume:
    def test_replays_in_order_and_continues_live(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        for n in range(40):
            make_message(conversation, ann, str(n))

        bobs = open_phone(bob, since=3)
        replayed = bobs.expect_events(37)
        make_message(conversation, ann, "live")

        assert bobs.hello | {"epoch": ""} == {"type": "hello", "head": 40, "epoch": "", "heartbeat_s": 1}
        assert seqs(replayed) == list(range(4, 41))
        assert bobs.expect("event")["seq"] == 41

    def test_has_no_gaps_or_duplicates_while_messages_arrive(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        for n in range(20):
            make_message(conversation, ann, str(n))
        anns, bobs = open_phone(ann, since=None), open_phone(bob, since=None)

        for n in range(20):
            anns.send_message(conversation, str(n))
            if n == 5:
                bobs.send(type="resume", since=0)

        assert seqs(bobs.expect_events(40)) == list(range(1, 41))

    def test_sends_nothing_before(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        bobs = open_phone(bob, since=None)

        make_message(conversation, ann)

        assert bobs.receive() == {"type": "heartbeat", "head": 1}

    def test_may_be_repeated(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        make_message(make_conversation(ann, bob), ann)
        bobs = open_phone(bob)
        bobs.expect_events(1)

        bobs.send(type="resume", since=0)

        assert seqs(bobs.expect_events(1)) == [1]

    def test_resets_when_events_were_removed(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        for _ in range(3):
            make_message(conversation, ann)
        Event.objects.filter(user=bob, seq__lte=2).delete()
        EventCounter.objects.filter(user=bob).update(floor=2)

        bobs = open_phone(bob, since=1)

        assert bobs.expect("reset") == {"type": "reset", "head": 3, "epoch": bobs.hello["epoch"]}
        bobs.send(type="resume", since=3)
        make_message(conversation, ann)
        assert bobs.expect("event")["seq"] == 4

    def test_resets_when_all_events_were_removed(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        make_message(make_conversation(ann, bob), ann)
        Event.objects.filter(user=bob).delete()

        assert open_phone(bob, since=0).expect("reset")["head"] == 1

    def test_resets_a_client_that_is_ahead(self, open_phone: OpenPhone, bob: User) -> None:
        assert open_phone(bob, since=7).expect("reset")["head"] == 0

    @pytest.mark.parametrize("epoch", ["", "known", "another"])
    def test_resets_a_client_of_another_epoch(self, open_phone: OpenPhone, ann: User, bob: User, epoch: str) -> None:
        make_message(make_conversation(ann, bob), ann)
        bobs = open_phone(bob, since=None)

        bobs.send(type="resume", since=0, epoch=bobs.hello["epoch"] if epoch == "known" else epoch)

        assert bobs.expect_any("reset", "event")["type"] == ("reset" if epoch == "another" else "event")

    def test_resets_open_sockets_after_a_failover_that_lost_events(
        self, open_phone: OpenPhone, ann: User, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The new primary draws the numbers of the lost events again."""
        conversation = make_conversation(ann, bob)
        for _ in range(3):
            make_message(conversation, ann)
        bobs = open_phone(bob)
        bobs.expect_events(3)
        bobs.send(type="ack", seq=3)
        wait_until(lambda: EventCounter.objects.get(user=bob).acked == 3)

        Event.objects.filter(user=bob, seq__gt=1).delete()
        EventCounter.objects.filter(user=bob).update(head=1, acked=1)
        make_message(conversation, ann)
        monkeypatch.setattr("chat.consumers.realtime.session_states", states_of_new_primary)
        reset = bobs.expect("reset")
        bobs.send(type="resume", since=reset["head"], epoch=reset["epoch"])
        bobs.send(type="ack", seq=2)
        make_message(conversation, ann)

        assert (reset["head"], reset["epoch"]) == (2, "promoted")
        assert bobs.expect("event")["seq"] == 3
        wait_until(lambda: EventCounter.objects.get(user=bob).acked == 2)


def states_of_new_primary(session_ids: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, SessionState]:
    return {pk: state._replace(epoch="promoted") for pk, state in session_states(session_ids, now).items()}


class TestLostNudges:
    def test_are_made_up_for_by_the_next_heartbeat(
        self, open_phone: OpenPhone, ann: User, bob: User, lost_nudges: None
    ) -> None:
        bobs = open_phone(bob)

        make_message(make_conversation(ann, bob), ann)

        assert bobs.expect("event")["seq"] == 1

    def test_are_made_up_for_before_the_next_nudge(
        self, open_phone: OpenPhone, ann: User, bob: User, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        settings.HEARTBEAT_S = 60
        conversation = make_conversation(ann, bob)
        bobs = open_phone(bob)

        with monkeypatch.context() as patch:
            lose_nudges(patch)
            make_message(conversation, ann)
            make_message(conversation, ann)
        make_message(conversation, ann)

        assert seqs(bobs.expect_events(3)) == [1, 2, 3]

    def test_may_find_more_events_than_were_announced(
        self, open_phone: OpenPhone, ann: User, bob: User, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        """The second event is announced, and the log has a third, whose nudge follows."""
        settings.HEARTBEAT_S = 60
        conversation = make_conversation(ann, bob)
        bobs = open_phone(bob)

        with monkeypatch.context() as patch:
            lose_nudges(patch)
            make_message(conversation, ann)
            make_message(conversation, ann)
            third = make_message(conversation, ann)
        publish([(bob.pk, {"type": "event", "seq": 2})])
        bobs.expect_events(3)
        publish([(bob.pk, {"type": "event", "seq": 3})])
        make_message(conversation, ann)

        assert bobs.expect("event")["data"]["message"]["seq"] == third.seq + 1

    def test_are_found_by_the_head_of_a_heartbeat(self, open_phone: OpenPhone, bob: User) -> None:
        assert open_phone(bob).receive() == {"type": "heartbeat", "head": 0}


class TestAck:
    def test_is_stored(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        for _ in range(3):
            make_message(conversation, ann)
        bobs = open_phone(bob)
        bobs.expect_events(3)

        for seq in (1, 2, 3):
            bobs.send(type="ack", seq=seq)

        wait_until(lambda: EventCounter.objects.get(user=bob).acked == 3)

    def test_is_stored_when_the_socket_closes(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        make_message(make_conversation(ann, bob), ann)
        bobs = open_phone(bob)
        bobs.expect_events(1)

        bobs.send(type="ack", seq=1)
        bobs.close()

        wait_until(lambda: EventCounter.objects.get(user=bob).acked == 1)


class TestReadAndTyping:
    def test_a_read_position_reaches_the_other(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        make_message(conversation, ann)
        anns, bobs = open_phone(ann, since=1), open_phone(bob, since=None)

        bobs.send(type="read", conversation=str(conversation.pk), seq=1)

        assert anns.expect("event")["data"] == {"conversation": str(conversation.pk), "user": str(bob.pk), "seq": 1}
        assert Participant.objects.get(user=bob).read_seq == 1

    def test_what_one_phone_has_read_is_read_on_the_other(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        make_message(conversation, ann)
        one, two = open_phone(bob, since=0), open_phone(bob, since=0)
        for phone in (one, two):
            phone.expect("event")

        one.send(type="read", conversation=str(conversation.pk), seq=1)

        frame = two.expect("event")
        assert (frame["event"], frame["data"]["user"], frame["data"]["seq"]) == ("message.read", str(bob.pk), 1)

    def test_an_answer_reads_what_was_before_it(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        make_message(conversation, ann)
        anns, bobs, other = open_phone(ann, since=1), open_phone(bob, since=None), open_phone(bob, since=1)

        bobs.send_message(conversation, "Yes")

        for phone in (anns, other):
            events = {(frame := phone.expect("event"))["event"]: frame["data"] for _ in range(2)}
            assert events["message.read"]["user"] == str(bob.pk)
            assert events["message.sent"]["message"]["text"] == "Yes"
        assert bob.pk in Participant.objects.filter(read_seq=2).values_list("user", flat=True)

    def test_typing_reaches_the_other_and_is_not_stored(self, open_phone: OpenPhone, ann: User, bob: User) -> None:
        conversation = make_conversation(ann, bob)
        anns, bobs = open_phone(ann), open_phone(bob)

        bobs.send(type="typing", conversation=str(conversation.pk))

        assert anns.expect("typing") == {"type": "typing", "conversation": str(conversation.pk), "user": str(bob.pk)}
        assert not Event.objects.exists()

    @pytest.mark.parametrize("frame", [{"type": "typing"}, {"type": "read", "seq": 1}])
    def test_a_stranger_is_refused(self, open_phone: OpenPhone, ann: User, bob: User, frame: dict[str, Any]) -> None:
        phone = open_phone(ann)

        phone.send(conversation=str(make_conversation(bob).pk), **frame)

        error = phone.expect("error")
        assert (error["code"], error["about"]) == ("not_found", frame["type"])
