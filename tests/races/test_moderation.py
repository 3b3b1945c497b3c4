"""Two moderators, or two people who report, at the same moment."""

from functools import partial

import pytest

from backend.accounts.models import Report
from backend.core.clock import read_clock
from backend.moderation.models import Act, Case
from backend.moderation.services.acts import Decision, handle_case
from backend.moderation.services.reports import file_report
from tests.factories.geo import make_pickup
from tests.factories.moderation import make_case, make_moderator
from tests.factories.people import make_user
from tests.races.concurrency import at_once

pytestmark = pytest.mark.usefixtures("committed")
TIMES = 6


def handle(case: Case, version: int) -> partial[Act]:
    decision = Decision(kind=Act.Kind.WARN, reason="Enough.")
    moderator, now = make_moderator(), read_clock()
    return partial(handle_case, case_id=case.pk, version=version, by=moderator, decision=decision, now=now)


def test_one_case_is_handled_by_one_moderator() -> None:
    case = make_case()

    results = at_once([handle(case, case.version) for _ in range(TIMES)])

    assert sorted(type(result).__name__ for result in results) == ["Act", *["CaseChanged"] * (TIMES - 1)]
    assert Act.objects.count() == 1


def test_without_the_version_it_would_be_handled_again() -> None:
    """The control: each reads the case again, so that each acts on it."""
    case = make_case()

    for _ in range(2):
        case.refresh_from_db()
        Case.objects.filter(pk=case.pk).update(status="open")
        handle(case, case.version)()

    assert Act.objects.count() == 2


def test_reports_of_one_thing_at_once_make_one_case() -> None:
    pickup, now, one = make_pickup(), read_clock(), make_user()
    reporters = [make_user(), make_user(), one, one]

    results = at_once(
        [
            partial(
                file_report,
                reporter=reporter, kind="pickup", object_id=pickup.pk, reason="spam", subject="", text="", now=now,
            )
            for reporter in reporters
        ]
    )  # fmt: skip

    assert all(isinstance(result, Report) for result in results), results
    assert (Case.objects.get().reports, Report.objects.count()) == (3, 3)
