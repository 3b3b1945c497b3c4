"""Reading cases: the queue, what a moderator sees beside a case, and the acts about a person."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from backend.accounts.models import Report, User
from backend.accounts.selectors import others_on_devices_of
from backend.moderation.models import Act, Appeal, Case


@dataclass(frozen=True, kw_only=True)
class ReportHistory:
    """Reports about a user, reports by them and how many of those were unfounded, and the newest acts against them.

    `same_device` holds other accounts that were used on their devices.
    """

    reported: int
    reports_made: int
    reports_unfounded: int
    acts: list[Act]
    same_device: list[User]


def history_of(user: User) -> ReportHistory:
    """The history of a user, which shows repeat offenders and people who report without a cause."""
    unfounded = Count("pk", filter=Q(outcome=Report.Outcome.UNFOUNDED))
    made = Report.objects.filter(reporter=user).aggregate(made=Count("pk"), unfounded=unfounded)
    acts = Act.objects.filter(person=user, kind__in=Act.AGAINST).select_related("case", "by").order_by("-at")
    return ReportHistory(
        reported=Report.objects.filter(reported=user).count(),
        reports_made=made["made"],
        reports_unfounded=made["unfounded"],
        acts=list(acts[:20]),
        same_device=list(others_on_devices_of(user)[:20]),
    )


def reports_of(case: Case) -> QuerySet[Report]:
    """The reports of this case, the newest first."""
    return (
        Report.objects.filter(kind=case.kind, object_id=case.object_id)
        .select_related("reporter")
        .order_by("-created_at")
    )


def acts_about(user: User) -> QuerySet[Act]:
    """The acts that the user was notified of, the newest first."""
    acts = Act.objects.filter(person=user).exclude(kind=Act.Kind.NOTHING)
    return acts.select_related("case", "appeal").order_by("-at", "-id")


def count_open(now: datetime) -> tuple[int, int]:
    """Cases that are open, and those of them that are overdue."""
    found = Case.objects.filter(status=Case.Status.OPEN).aggregate(
        waiting=Count("pk"), overdue=Count("pk", filter=Q(due_at__lte=now))
    )
    return found["waiting"], found["overdue"]


def count_appeals() -> int:
    """Appeals that nobody has decided."""
    return Appeal.objects.filter(decided_at=None).count()
