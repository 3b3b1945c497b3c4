"""Blocking other users, reporting them to the city, and suspending accounts."""

import uuid
from datetime import datetime

from django.db import transaction

from backend.accounts.agreements import agreements
from backend.accounts.errors import AboutYourself
from backend.accounts.models import Block, Report, Session, User
from backend.accounts.services.sessions import end_sessions


def block_person(*, blocker: User, blocked: User, now: datetime) -> Block:
    """Block a user, and end what the two have with each other. Blocking twice changes nothing. Raises AboutYourself.

    The block is committed first: from then on the two cannot make a new agreement, and the old ones end one by one.
    """
    if blocker == blocked:
        raise AboutYourself
    Block.objects.bulk_create([Block(blocker=blocker, blocked=blocked, created_at=now)], ignore_conflicts=True)
    agreements().separate(blocker=blocker, blocked=blocked, now=now)
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


def suspend_account(*, user: User, now: datetime) -> None:
    """Sign an inactive user out everywhere, put their pickups on hold, and end their matches, at nobody's expense.

    Call it outside of a transaction: each pickup has its own.
    """
    end_sessions(Session.objects.filter(user=user))
    agreements().suspend(user=user, now=now)


def restore_account(*, user: User, now: datetime) -> None:
    """Let the pickups and likes of a user who is active again take part again; each pickup has its own transaction."""
    agreements().restore(user=user, now=now)
