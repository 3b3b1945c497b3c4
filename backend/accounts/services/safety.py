"""Blocking other users and reporting them to the city."""

import uuid
from datetime import datetime

from django.db import transaction

from backend.accounts.errors import AboutYourself
from backend.accounts.models import Block, Report, User


@transaction.atomic
def block_person(*, blocker: User, blocked: User, now: datetime) -> Block:
    """Block a user. Blocking twice changes nothing. Raises AboutYourself."""
    if blocker == blocked:
        raise AboutYourself
    Block.objects.bulk_create([Block(blocker=blocker, blocked=blocked, created_at=now)], ignore_conflicts=True)
    return Block.objects.select_related("blocked").get(blocker=blocker, blocked=blocked)


@transaction.atomic
def unblock_person(*, blocker: User, blocked_id: uuid.UUID) -> None:
    """Remove a block. Changes nothing when there is none."""
    Block.objects.filter(blocker=blocker, blocked_id=blocked_id).delete()


@transaction.atomic
def report_person(*, reporter: User, reported: User, reason: str, subject: str, text: str, now: datetime) -> Report:
    """File a report for the city's staff. Raises AboutYourself."""
    if reporter == reported:
        raise AboutYourself(field="user")
    return Report.objects.create(
        reporter=reporter, reported=reported, reason=reason, subject=subject, text=text, created_at=now
    )


def handle_report(*, report: Report, by_id: uuid.UUID, now: datetime) -> None:
    """Store the report's outcome and note. Without an outcome it stays open, or is opened again."""
    report.handled_by_id, report.handled_at = (by_id, now) if report.outcome else (None, None)
    report.save(update_fields=["outcome", "outcome_note", "handled_by", "handled_at"])
