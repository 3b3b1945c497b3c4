"""The daily mail: the address, the code that verifies it, and what a user has not read."""

import math
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parseaddr

import structlog
from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.jobs import DEFAULT_QUEUE, Job
from procrastinate.manager import JobManager

from backend.core.errors import DomainError, NotFound
from backend.core.logs import cause_of_job
from backend.core.text.characters import isolate
from notifications.errors import CodeSentLately, EmailCodeWrong, EmailUnavailable, TooManyCodes
from notifications.links import url_of
from notifications.models import CodeLimit, EmailAddress, Event, Preferences
from notifications.quiet_hours import digest_after
from notifications.relevance import Verdict, invalid_ids
from notifications.selectors.events import SEQ_MAX, inbox_of
from notifications.selectors.recipients import load_rules
from notifications.texts import link_of, text_of

log = structlog.get_logger(__name__)
MAIL_CODE = "notifications.mail_code"
CODE_TTL = timedelta(minutes=30)
CODE_PAUSE = timedelta(minutes=1)
CODE_LIMIT_AGE = timedelta(days=1)
TRIES_MAX = 5


@transaction.atomic
def set_address(*, user_id: uuid.UUID, address: str, now: datetime) -> EmailAddress:
    """Store an address and mail a code to it. Nothing else is mailed there before it is verified.

    Raises EmailUnavailable, CodeSentLately or TooManyCodes.
    """
    if not settings.HAS_EMAIL:
        raise EmailUnavailable
    Preferences.objects.get_or_create(pk=user_id)
    _count_code(user_id, address, now)
    fields = {"address": address, "verified_at": None, "code_sent_at": now, "tries": 0, "digest_due_at": None}
    row, _created = EmailAddress.objects.update_or_create(pk=user_id, defaults=fields)
    Preferences.objects.filter(pk=user_id).update(email=False)
    _defer_code(user_id)
    return row


def _count_code(user_id: uuid.UUID, address: str, now: datetime) -> None:
    """Count a code for the account and for the address, and lock both. Raises CodeSentLately or TooManyCodes."""
    mailbox, _at, domain = address.casefold().rpartition("@")
    # Mail to name+anything@example.com reaches the mailbox of name@example.com.
    names = (str(user_id), f"{mailbox.partition('+')[0]}@{domain}")
    subjects = sorted(salted_hmac("notifications.codes", name, algorithm="sha256").hexdigest() for name in names)
    CodeLimit.objects.bulk_create(
        [CodeLimit(subject=subject, first_at=now) for subject in subjects], ignore_conflicts=True
    )
    limits = CodeLimit.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=subjects).order_by("pk")
    for limit in limits:
        if limit.first_at <= now - CODE_LIMIT_AGE:
            limit.first_at, limit.codes = now, 0
        if limit.codes >= settings.EMAIL_CODES_A_DAY:
            raise TooManyCodes(retry_after_s=_seconds_until(limit.first_at + CODE_LIMIT_AGE, now))
        if limit.last_at and limit.last_at > now - CODE_PAUSE:
            raise CodeSentLately(retry_after_s=_seconds_until(limit.last_at + CODE_PAUSE, now))
        limit.codes, limit.last_at = limit.codes + 1, now
        limit.save(update_fields=["codes", "first_at", "last_at"])


def _seconds_until(at: datetime, now: datetime) -> int:
    return math.ceil((at - now).total_seconds())


def delete_old_code_limits(*, now: datetime) -> int:
    """Delete the limits that no longer hold; returns how many."""
    return CodeLimit.objects.filter(first_at__lte=now - CODE_LIMIT_AGE).delete()[0]


@transaction.atomic
def verify_address(*, user_id: uuid.UUID, code: str, now: datetime) -> DomainError | None:
    """Verify the address and start the daily mail. Verifying it again changes nothing. Raises NotFound.

    A wrong code is returned, not raised, so that no rollback removes the counted attempt.
    """
    row = EmailAddress.objects.select_for_update(of=("self",), no_key=True).filter(pk=user_id).first()
    if row is None:
        raise NotFound
    if row.verified_at:
        return None
    is_too_late = row.code_sent_at <= now - CODE_TTL or row.tries >= TRIES_MAX
    if is_too_late or not constant_time_compare(code, code_of(row)):
        EmailAddress.objects.filter(pk=user_id).update(tries=min(row.tries + 1, TRIES_MAX))
        return EmailCodeWrong(field="code")
    EmailAddress.objects.filter(pk=user_id).update(verified_at=now, digest_due_at=digest_after(now))
    Preferences.objects.filter(pk=user_id).update(email=True)
    return None


@transaction.atomic
def forget_address(*, user_id: uuid.UUID) -> None:
    """Delete the address and end the daily mail, if there is one."""
    EmailAddress.objects.filter(pk=user_id).delete()
    Preferences.objects.filter(pk=user_id).update(email=False)


def code_of(row: EmailAddress) -> str:
    """Six digits derived from the address, the time and the secret key."""
    text = f"{row.pk} {row.address} {row.code_sent_at.timestamp()}"
    return f"{int(salted_hmac('notifications.email', text, algorithm='sha256').hexdigest(), 16) % 1_000_000:06d}"


def mail_code(*, user_id: uuid.UUID) -> None:
    """Send the code in the user's language, unless there is nothing to verify."""
    row = EmailAddress.objects.select_related("user").filter(pk=user_id, verified_at=None).first()
    if row is None:
        return
    with translation.override(row.user.locale):
        subject = _("Your code for Tinder for Trash")
        body = _("Your code is %(code)s. It counts for 30 minutes. If you did not ask for it, ignore this mail.")
        EmailMessage(subject, body % {"code": code_of(row)}, to=[row.address]).send()


def _defer_code(user_id: uuid.UUID) -> None:
    """Add the job in the caller's transaction."""
    job = Job(
        id=None,
        queue=DEFAULT_QUEUE,
        task_name=MAIL_CODE,
        task_kwargs={"user_id": str(user_id), **cause_of_job()},
        lock=None,
        queueing_lock=None,
    )
    JobManager(DjangoConnector()).batch_defer_jobs([job])


SALT = "notifications.unsubscribe"
ENTRIES_MAX = 20
BATCH = 500
RETRY_AFTER = timedelta(hours=1)


def send_due_digests(*, clock: Callable[[], datetime]) -> int:
    """Send the mails that are due; returns how many were sent. A mail that fails does not stop the others."""
    due = EmailAddress.objects.filter(digest_due_at__lte=clock()).order_by("digest_due_at")
    return sum(_send_or_log(user_id, clock) for user_id in due.values_list("pk", flat=True)[:BATCH])


def _send_or_log(user_id: uuid.UUID, clock: Callable[[], datetime]) -> int:
    try:
        return int(send_digest(user_id=user_id, now=clock()))
    except Exception as error:
        log.warning("digest_failed", user=str(user_id), reason=type(error).__name__)
        return 0


def send_digest(*, user_id: uuid.UUID, now: datetime) -> bool:
    """Mail the user what is unread and new since the last mail; False when there is nothing or mail is switched off.

    Moves the due time by an hour first, so that a second worker sends nothing and a failure is retried. Raises the
    errors of the mail backend.
    """
    mine = EmailAddress.objects.filter(pk=user_id)
    if not mine.filter(digest_due_at__lte=now).update(digest_due_at=now + RETRY_AFTER):
        return False
    row = mine.select_related("user").get()
    is_wanted = row.verified_at and Preferences.objects.filter(pk=row.pk, email=True).exists()
    entries = _new_entries(row, now) if is_wanted else []
    if entries:
        digest_mail(row, entries).send()
        mine.update(digest_seq=max(entry.seq for entry in entries))
    mine.filter(address=row.address).exclude(verified_at=None).update(digest_due_at=digest_after(now))
    return bool(entries)


def digest_mail(row: EmailAddress, entries: list[Event]) -> EmailMultiAlternatives:
    """The mail in the user's language, with one-click unsubscribe (RFC 8058). A retry has the same Message-ID."""
    with translation.override(row.user.locale):
        subject = ngettext("%(count)d new thing", "%(count)d new things", len(entries)) % {"count": len(entries)}
        shown = {"lines": [_line(entry, row) for entry in entries[:ENTRIES_MAX]], "more": len(entries) - ENTRIES_MAX}
        shown |= {
            "name": isolate(row.user.first_name),
            "unsubscribe": unsubscribe_url(row.pk),
            "home": settings.PUBLIC_URL,
        }
        body = render_to_string("notifications/digest.txt", shown)
        page = render_to_string("notifications/digest.html", shown)
    headers = {
        "List-Unsubscribe": f"<{shown['unsubscribe']}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Message-ID": f"<digest-{row.pk}-{max(entry.seq for entry in entries)}@{_domain()}>",
    }
    mail = EmailMultiAlternatives(f"Tinder for Trash: {subject}", body, to=[row.address], headers=headers)
    mail.attach_alternative(page, "text/html")
    return mail


def unsubscribe_url(user_id: uuid.UUID) -> str:
    """A URL that ends the mails without a sign-in."""
    return f"{settings.PUBLIC_URL}/unsubscribe/{signing.dumps(user_id.hex, salt=SALT)}"


def unsubscribe(token: str) -> bool:
    """End the mails of the token's user; False for an invalid token."""
    try:
        user_id = uuid.UUID(signing.loads(token, salt=SALT))
    except (signing.BadSignature, ValueError, TypeError):
        return False
    Preferences.objects.filter(pk=user_id).update(email=False)
    return True


def _new_entries(row: EmailAddress, now: datetime) -> list[Event]:
    """The unread events that pass the rules for pushes, whether an open app has shown them or not."""
    entries = inbox_of(row.pk, SEQ_MAX, ENTRIES_MAX * 5, after=row.digest_seq, unread_only=True)
    rules = replace(
        load_rules(acked={row.pk: 0}, now=now)[row.pk],
        invalid=lambda name: invalid_ids(name, [entry.data for entry in entries if entry.name == name]),
    )
    return [entry for entry in entries if rules.decide(entry).verdict is not Verdict.DROP]


def _line(entry: Event, row: EmailAddress) -> dict[str, str]:
    """One entry, without the text of chat messages."""
    text = text_of(event=entry.name, data=entry.data, locale=row.user.locale)
    return {"title": text.title, "body": text.body, "url": url_of(link_of(entry))}


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
