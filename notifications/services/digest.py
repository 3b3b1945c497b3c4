"""The daily mail with what a user has not read."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parseaddr

import structlog
from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import ngettext

from backend.core.text.characters import isolate
from notifications.models import EmailAddress, Event, Preferences
from notifications.quiet_hours import digest_after
from notifications.relevance import Verdict, invalid_ids
from notifications.selectors.inbox import SEQ_MAX, inbox_of
from notifications.selectors.recipients import load_rules
from notifications.texts import link_of, text_of

log = structlog.get_logger(__name__)
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
    entries = _new_entries(row, now) if _is_wanted(row) else []
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


def _is_wanted(row: EmailAddress) -> bool:
    return bool(row.verified_at) and Preferences.objects.filter(pk=row.pk, email=True).exists()


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
    return {"title": text.title, "body": text.body, "url": f"{settings.PUBLIC_URL}{link_of(entry)}"}


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
