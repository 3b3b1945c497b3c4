"""Leaving a match at once, and the question whether everything is all right."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from backend.accounts.models import Block, Report
from backend.core.clock import read_clock
from backend.moderation.models import Case, Evidence
from geo.handover.services.appointments import agree_time, propose_time, send_due_reminders
from geo.models import Match, Reminder
from tests.factories.chat import make_message
from tests.factories.geo import make_pickup
from tests.factories.handovers import code_of, come, fresh, make_appointment, step
from tests.factories.matches import (
    events_of,
    make_like,
    make_match,
    make_receipt,
    names_of_events,
    pushed_to,
    weigh,
)
from tests.factories.moderation import report
from tests.factories.people import client_of, make_user

pytestmark = pytest.mark.django_db


def leave(match: Match, *, by_resident: bool = True, text: str = "") -> int:
    person = match.pickup.resident if by_resident else match.collector
    answer = client_of(person).post(f"/api/v1/matches/{match.pk}/leave", {"text": text})
    return int(answer.status_code)


class TestLeave:
    @pytest.mark.parametrize("by_resident", [True, False])
    def test_blocks_reports_and_ends(self, by_resident: bool) -> None:
        match = make_appointment()
        people = (match.pickup.resident, match.collector)
        leaver, other = people if by_resident else people[::-1]
        runner_up = make_like(match.pickup).collector
        make_message(match.conversation, other, "Come alone")

        assert leave(match, by_resident=by_resident, text="He shouted") == 200

        assert fresh(match).status == "released"
        assert fresh(match).is_excused
        assert Block.objects.filter(blocker=leaver, blocked=other).exists()
        filed = Report.objects.get(reporter=leaver, reported=other)
        assert (filed.reason, filed.text, filed.subject) == ("dangerous", "He shouted", f"match:{match.pk}")
        assert Case.objects.get(object_id=other.pk).severity == Case.Severity.HIGH
        assert "Come alone" in [evidence.content.get("messages") for evidence in Evidence.objects.all()]
        assert Match.objects.get(pickup=match.pickup, status="active").collector == runner_up

    def test_the_other_learns_only_that_the_match_has_ended(self) -> None:
        match, usual = make_match(), make_match()
        client_of(usual.pickup.resident).post(f"/api/v1/matches/{usual.pk}/release", {"reason": "other"})

        leave(match)

        [(_, left), (_, released)] = [events_of(one.collector)[-1] for one in (match, usual)]
        assert events_of(match.collector)[-1][0] == "match.released"
        assert left.keys() == released.keys()
        assert left["reason"] == released["reason"]
        said = {"client_id": str(uuid.uuid4()), "text": "Where are you?"}
        path = f"/api/v1/conversations/{match.conversation_id}/messages"
        assert client_of(match.collector).post(path, said).json()["code"] == "conversation_closed"

    def test_twice_changes_nothing_more(self) -> None:
        match = make_match()

        assert [leave(match), leave(match)] == [200, 200]

        assert Report.objects.count() == Block.objects.count() == Evidence.objects.count() == 1

    def test_makes_a_report_that_waits_dangerous(self) -> None:
        match = make_match()
        report("person", match.collector.pk, by=match.pickup.resident, reason="spam")

        leave(match, text="Now worse")

        filed = Report.objects.get()
        assert (filed.reason, filed.text) == ("dangerous", "Now worse\nLook at this.")
        assert Case.objects.get().severity == Case.Severity.HIGH

    def test_adds_what_is_written_later_to_a_call_for_help(self) -> None:
        match = make_appointment(at=read_clock())
        ask(match)
        check_in(match, "help", by_resident=True)

        for _ in range(2):
            leave(match, text="He has a knife")

        assert Report.objects.get().text.splitlines() == ["He has a knife", "Asked for help during the handover."]

    def test_ends_what_else_they_have_after_the_commit(
        self, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        """Locks of other pickups would come after those of this one's events."""
        match = make_match()
        other = make_match(make_pickup(resident=match.pickup.resident), match.collector)

        with django_capture_on_commit_callbacks(execute=True):
            key = {"Idempotency-Key": "leave"}
            client_of(match.collector).post(f"/api/v1/matches/{match.pk}/leave", {}, headers=key)
            assert [fresh(match).status, fresh(other).status] == ["released", "active"]

        assert fresh(other).status == "released"

    def test_leaves_what_was_completed_as_it_is(self) -> None:
        match = make_match()
        make_receipt(match)

        assert leave(match, by_resident=False) == 200

        assert fresh(match).status == "completed"
        assert Block.objects.filter(blocker=match.collector).exists()

    def test_is_for_the_two_alone(self) -> None:
        match = make_match()

        answer = client_of(make_user()).post(f"/api/v1/matches/{match.pk}/leave", {})

        assert answer.status_code == 404
        assert not Block.objects.exists()

    def test_refuses_other_shapes(self) -> None:
        match = make_match()

        answer = client_of(match.collector).post(f"/api/v1/matches/{match.pk}/leave", {"text": "a" * 1_001})

        assert answer.status_code == 400
        assert fresh(match).status == "active"


WAIT = timedelta(minutes=45)


@pytest.fixture
def match() -> Match:
    """Agreed for now."""
    return make_appointment(at=read_clock())


def asked(match: Match) -> int:
    """How many times both got the question."""
    counts = {names_of_events(one).count("handover.check_in") for one in (match.collector, match.pickup.resident)}
    assert len(counts) == 1
    return counts.pop()


def ask(match: Match) -> None:
    """As the job does in time."""
    assert match.handover.agreed_for
    send_due_reminders(now=match.handover.agreed_for + WAIT)


def check_in(match: Match, answer: str, *, by_resident: bool = False) -> Any:
    person = match.pickup.resident if by_resident else match.collector
    return step(client_of(person), match, "check-in", answer=answer)


class TestAsk:
    def test_both_get_a_push_once(self, match: Match) -> None:
        for _ in range(3):
            ask(match)

        assert asked(match) == 1
        assert pushed_to(match.collector)[-1] == pushed_to(match.pickup.resident)[-1] == "handover.check_in"
        assert not Reminder.objects.filter(done_at=None).exists()

    def test_asks_again_about_a_later_time(self, match: Match) -> None:
        ask(match)
        check_in(match, "ok")
        later = read_clock() + timedelta(hours=2)
        propose_time(user_id=match.collector_id, match_id=match.pk, at=later, now=read_clock())
        agree_time(user_id=match.pickup.resident_id, match_id=match.pk, now=read_clock())

        ask(fresh(match))

        assert asked(match) == 2
        assert fresh(match).handover.collector_check_in == ""

    def test_is_not_early(self, match: Match) -> None:
        assert match.handover.agreed_for
        send_due_reminders(now=match.handover.agreed_for + WAIT - timedelta(seconds=1))

        assert asked(match) == 0

    def test_counts_from_a_later_arrival(self, match: Match) -> None:
        at = read_clock() + timedelta(minutes=30)
        come(match, match.collector, now=at)

        ask(match)
        assert asked(match) == 0
        send_due_reminders(now=at + WAIT)

        assert asked(match) == 1

    def test_not_who_has_weighed_or_ended(self, match: Match) -> None:
        ended = make_appointment(at=read_clock())
        client_of(ended.collector).post(f"/api/v1/matches/{ended.pk}/release", {"reason": "other"})
        weigh(match)

        for one in (match, ended):
            ask(one)

        assert [asked(match), asked(ended)] == [0, 0]


class TestAnswer:
    def test_only_its_author_reads_it(self, match: Match) -> None:
        ask(match)

        answer = check_in(match, "help")

        assert answer.json()["handover"]["check_in"]["answer"] == "help"
        seen = client_of(match.pickup.resident).get(f"/api/v1/matches/{match.pk}").json()
        assert seen["handover"]["check_in"]["answer"] is None
        assert names_of_events(match.pickup.resident)[-1] == "handover.check_in"

    def test_help_reports_the_other_first(self, match: Match) -> None:
        ask(match)

        for answer in ("ok", "help", "help"):
            assert check_in(match, answer, by_resident=True).status_code == 200

        filed = Report.objects.get()
        assert (filed.reported, filed.reason) == (match.collector, "dangerous")
        assert Case.objects.get().severity == Case.Severity.HIGH
        assert fresh(match).status == "active"

    def test_is_taken_after_the_end(self, match: Match) -> None:
        ask(match)
        leave(match)

        assert check_in(match, "help").status_code == 200

    def test_refuses_who_was_not_asked(self, match: Match) -> None:
        assert code_of(check_in(match, "ok")) == (409, "not_asked")
        assert step(client_of(make_user()), match, "check-in", answer="ok").status_code == 404
        assert check_in(match, "perhaps").status_code == 400
