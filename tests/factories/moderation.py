"""Factories of reports and cases."""

from uuid import UUID

from backend.accounts.models import Report, User
from backend.core.clock import read_clock
from backend.moderation.models import Act, Case
from backend.moderation.services.acts import Decision, handle_case
from backend.moderation.services.reports import file_report
from tests.factories.people import make_user


def make_moderator() -> User:
    return make_user(is_staff=True, role="moderator")


def report(kind: str, object_id: UUID, *, by: User | None = None, reason: str = "fraud") -> Report:
    """A report by somebody new."""
    return file_report(
        reporter=by or make_user(),
        kind=kind,
        object_id=object_id,
        reason=reason,
        subject=f"{kind}:{object_id}",
        text="Look at this.",
        now=read_clock(),
    )


def make_case(person: User | None = None) -> Case:
    """An open case about a person."""
    person = person or make_user()
    report("person", person.pk)
    return Case.objects.get(object_id=person.pk)


def decide(case: Case, kind: str, *, by: User | None = None, days: int | None = None) -> Act:
    """Handle a case as it is now."""
    case.refresh_from_db()
    decision = Decision(kind=Act.Kind(kind), reason="It breaks the rules.", days=days)
    return handle_case(
        case_id=case.pk, version=case.version, by=by or make_moderator(), decision=decision, now=read_clock()
    )
