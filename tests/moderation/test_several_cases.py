"""Acts against the same person in several cases: none undoes what another holds."""

import pytest

from backend.accounts.models import User
from backend.core.clock import read_clock
from backend.moderation.models import Case
from backend.moderation.services.acts import decide_appeal, file_appeal
from tests.factories.geo import make_pickup
from tests.factories.moderation import decide, make_case, make_moderator, report
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db
NOW = read_clock


@pytest.fixture
def person() -> User:
    return make_user()


@pytest.fixture
def others(person: User) -> tuple[Case, Case]:
    """Two cases about things of the same person."""
    pickup = make_pickup(resident=person)
    report("pickup", pickup.pk)
    return Case.objects.get(kind="pickup"), make_case(person)


def test_a_warning_taken_back_leaves_the_ban_of_another_case(person: User, others: tuple[Case, Case]) -> None:
    warning = decide(others[0], "warn")
    decide(others[1], "ban")

    appeal = file_appeal(user=person, act_id=warning.pk, text="Why?", now=NOW())
    decide_appeal(appeal_id=appeal.pk, by=make_moderator(), is_granted=True, answer="You are right.", now=NOW())

    person.refresh_from_db()
    assert person.is_suspended


@pytest.mark.parametrize("kinds", [("ban", "suspend"), ("suspend", "ban")])
def test_the_longest_suspension_stands(person: User, others: tuple[Case, Case], kinds: tuple[str, str]) -> None:
    acts = [decide(case, kind, days=3 if kind == "suspend" else None) for case, kind in zip(others, kinds, strict=True)]
    person.refresh_from_db()
    assert (person.is_suspended, person.suspended_until) == (True, None)

    decide(others[kinds.index("ban")], "restore")

    person.refresh_from_db()
    assert (person.is_suspended, person.suspended_until) == (True, acts[kinds.index("suspend")].until)
    decide(others[kinds.index("suspend")], "restore")
    person.refresh_from_db()
    assert (person.is_active, person.suspended_at) == (True, None)
