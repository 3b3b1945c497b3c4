"""The safety of the two parties of a match: leaving at once, and whether everything is all right."""

import uuid
from datetime import datetime
from functools import partial

from django.db import transaction

from backend.accounts.agreements import agreements
from backend.accounts.models import User
from backend.accounts.services.safety import record_block
from backend.moderation.services.reports import file_urgent_report
from chat.models import Message
from chat.services.conversations import close_conversation
from geo.handover.services import notices
from geo.handover_errors import NotAsked
from geo.lifecycle.locks import lock_match_of
from geo.matching.services.matches import excuse_match
from geo.models import Handover, Match, Reminder
from notifications.services.notify import Notice

MESSAGES_KEPT = 20
ASKED_FOR_HELP = "Asked for help during the handover."  # for moderators


def leave_at_once(*, user_id: uuid.UUID, match_id: uuid.UUID, text: str, now: datetime) -> Match:
    """Block the other party, report them as dangerous and end the match, in one transaction. Idempotent.

    The match counts against nobody, and its pickup goes on to others. The other party gets the event that every release
    gets. A match that has ended stays as it ended. What else the two have with each other ends after the commit, each
    in its own transaction, since each begins with the lock of its pickup. Raises NotFound for strangers.
    """
    with transaction.atomic():
        match = lock_match_of(match_id=match_id, user_id=user_id)
        leaver, other = sides_of(match, user_id)
        record_block(blocker=leaver, blocked=other, now=now)
        report_other(match=match, reporter=leaver, other=other, text=text, now=now)
        excuse_match(pickup_id=match.pickup_id, collector_id=match.collector_id, by=user_id, now=now)
        # At once, so that a message of the other party is refused as in any chat that has ended.
        close_conversation(conversation_id=match.conversation_id, now=now)
        separate = partial(agreements().separate, blocker=leaver, blocked=other, now=now)
        transaction.on_commit(separate, robust=True)
    return match


def ask_whether_safe(*, match: Match, reminder: Reminder, now: datetime) -> list[Notice]:
    """Ask both parties of a locked match, once for each agreed time, if they have not weighed by now.

    Returns the notices. Their answers about an earlier time no longer count.
    """
    handover = match.handover
    is_pending = match.status == Match.Status.ACTIVE and handover.weighed_at is None
    if not is_pending or handover.agreed_for != reminder.about:
        return []
    handover.check_in_asked_at = now
    handover.resident_check_in = handover.collector_check_in = ""
    handover.save(update_fields=["check_in_asked_at", "resident_check_in", "collector_check_in"])
    return notices.of_check_in(match=match)


def postpone_check_in(handover: Handover) -> None:
    """Ask later, because somebody has arrived after the agreed time; in the caller's transaction."""
    if due_at := handover.check_in_at():
        waiting = Reminder.objects.filter(handover=handover, kind=Reminder.Kind.CHECK_IN, done_at=None)
        waiting.update(due_at=due_at)


@transaction.atomic
def answer_check_in(*, user_id: uuid.UUID, match_id: uuid.UUID, answer: str, now: datetime) -> Match:
    """Keep a party's answer; `help` reports the other party as dangerous. The last answer counts, after the end too.

    The other party learns nothing of it. Raises NotFound for strangers and NotAsked.
    """
    match = lock_match_of(match_id=match_id, user_id=user_id)
    handover = match.handover
    if handover.check_in_asked_at is None:
        raise NotAsked
    own, other = sides_of(match, user_id)
    field = "resident_check_in" if own == match.pickup.resident else "collector_check_in"
    is_new = getattr(handover, field) != answer
    setattr(handover, field, answer)
    handover.save(update_fields=[field])
    if is_new and answer == Handover.CheckIn.HELP:
        report_other(match=match, reporter=own, other=other, text=ASKED_FOR_HELP, now=now)
    return match


def sides_of(match: Match, user_id: uuid.UUID) -> tuple[User, User]:
    """This party of a match, and the other one."""
    resident, collector = match.pickup.resident, match.collector
    return (resident, collector) if user_id == resident.pk else (collector, resident)


def report_other(*, match: Match, reporter: User, other: User, text: str, now: datetime) -> None:
    """Report the other party as dangerous; their newest messages in the match are kept as evidence."""
    written = Message.objects.filter(conversation=match.conversation_id, sender=other, deleted_at=None).exclude(text="")
    newest = list(written.order_by("-seq").values_list("text", flat=True)[:MESSAGES_KEPT])
    seen = {"messages": "\n".join(reversed(newest))} if newest else {}
    subject = f"match:{match.pk}"
    file_urgent_report(reporter=reporter, person=other, subject=subject, text=text, seen=seen, now=now)
