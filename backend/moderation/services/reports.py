"""Reporting: one report per thing and person at a time, one case per thing, evidence in the same transaction."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction

from backend.accounts.errors import AboutYourself
from backend.accounts.models import Report, User
from backend.core.errors import NotFound
from backend.core.media.pictures import discard
from backend.moderation.models import Case, Evidence, EvidencePhoto, SubjectKind
from backend.moderation.services.holding import dhash_of
from backend.moderation.subjects import Thing, subject_of

Severity = Case.Severity
TEXT_CHARACTERS_MAX = 2_000
SEVERITY_OF_REASON = {
    Report.Reason.DANGEROUS: Severity.HIGH,
    Report.Reason.FRAUD: Severity.MEDIUM,
    Report.Reason.RUDE: Severity.MEDIUM,
}


@transaction.atomic
def file_report(
    *,
    reporter: User,
    kind: str,
    object_id: uuid.UUID,
    author_id: uuid.UUID | None = None,
    reason: str,
    subject: str,
    text: str,
    now: datetime,
) -> Report:
    """File a report for the moderators, with a copy of the thing as it is now.

    A second one changes nothing while the first waits, and replaces it after that was handled. Raises NotFound for what
    the reporter may not see, or is not by `author_id`, and AboutYourself.
    """
    waiting = Report.objects.filter(reporter=reporter, kind=kind, handled_at=None)
    earlier = waiting.filter(object_id=object_id).first()
    if earlier is not None and author_id in {None, earlier.reported_id}:
        return earlier
    thing = subject_of(kind).find(object_id, reader=reporter)
    if author_id not in {None, thing.author.pk}:
        raise NotFound
    if thing.author == reporter:
        raise AboutYourself(field="user")
    case = _lock_case(kind, thing, now)
    if earlier := waiting.filter(object_id=thing.id).first():
        return earlier
    report, is_new = Report.objects.update_or_create(
        reporter=reporter,
        kind=kind,
        object_id=thing.id,
        defaults={
            "reported": thing.author, "reason": reason, "subject": subject, "text": text, "created_at": now,
            "outcome": "", "handled_by": None, "handled_at": None,
        },
    )  # fmt: skip
    _count(case, SEVERITY_OF_REASON.get(Report.Reason(reason), Severity.LOW), now, is_new=is_new)
    freeze_evidence(case=case, thing=thing, now=now)
    return report


@transaction.atomic
def file_urgent_report(
    *, reporter: User, person: User, subject: str, text: str, seen: Mapping[str, str], now: datetime
) -> Report:
    """Report a person for somebody who may be in danger: the case has the highest severity from now on.

    `seen` is kept as evidence beside the name. A report of the same person that waits is kept, becomes dangerous
    too, and gets the new text before its own. Raises NotFound and AboutYourself.
    """
    kind = SubjectKind.PERSON
    reason = Report.Reason.DANGEROUS
    report = file_report(
        reporter=reporter, kind=kind, object_id=person.pk, reason=reason, subject=subject, text=text, now=now
    )
    thing = subject_of(kind).find(person.pk, reader=reporter)
    case = _lock_case(kind, thing, now)
    _reopen(case, Severity.HIGH, now)
    case.save(update_fields=["status", "severity", "version", "opened_at", "due_at"])
    freeze_evidence(case=case, thing=replace(thing, content={**thing.content, **seen}), now=now)
    if report.reason != reason or text not in report.text:
        report.reason, report.text = reason, f"{text}\n{report.text}"[:TEXT_CHARACTERS_MAX]
        report.save(update_fields=["reason", "text"])
    return report


@transaction.atomic
def hold_for_review(*, kind: str, thing: Thing, now: datetime) -> Case:
    """Open a case about a thing that nobody has reported, because of a held word or a known picture."""
    case = _lock_case(kind, thing, now)
    _reopen(case, Severity.MEDIUM, now)
    case.save(update_fields=["status", "severity", "version", "opened_at", "due_at"])
    freeze_evidence(case=case, thing=thing, now=now)
    return case


def freeze_evidence(*, case: Case, thing: Thing, now: datetime) -> None:
    """Keep a copy with photos, in the caller's transaction; unchanged content is kept once."""
    names = sorted(str(photo.name) for photo in thing.photos)
    digest = hashlib.sha256(msgspec.json.encode([dict(thing.content), names], order="sorted")).hexdigest()
    evidence, is_new = Evidence.objects.get_or_create(
        case=case, digest=digest, defaults={"content": dict(thing.content), "made_at": thing.made_at, "at": now}
    )
    if is_new:
        _copy_photos(evidence, thing)


def _copy_photos(evidence: Evidence, thing: Thing) -> None:
    copies: list[EvidencePhoto] = []
    try:
        for photo in thing.photos:
            try:
                with photo.storage.open(str(photo.name)) as file:
                    content = file.read()
            except FileNotFoundError:  # deleted at this moment
                continue
            copy = EvidencePhoto(evidence=evidence, dhash=dhash_of(content))
            copies.append(copy)
            copy.file.save(f"{uuid.uuid4().hex}.jpg", ContentFile(content), save=False)
            copy.save(force_insert=True)
    except BaseException:
        discard(*(copy.file for copy in copies))
        raise


def _lock_case(kind: str, thing: Thing, now: datetime) -> Case:
    new = Case(
        kind=kind,
        object_id=thing.id,
        person=thing.author,
        severity=Severity.LOW,
        opened_at=now,
        due_at=_due_at(now),
    )
    Case.objects.bulk_create([new], ignore_conflicts=True)
    return Case.objects.select_for_update(of=("self",), no_key=True).get(kind=kind, object_id=thing.id)


def _count(case: Case, severity: Severity, now: datetime, *, is_new: bool) -> None:
    """Count a new reporter: the worst report decides the severity, and a handled case is opened again."""
    case.reports += is_new
    _reopen(case, severity, now)
    case.save(update_fields=["reports", "status", "severity", "version", "opened_at", "due_at"])


def _reopen(case: Case, severity: Severity, now: datetime) -> None:
    if case.status != Case.Status.OPEN:
        case.status, case.opened_at, case.due_at = Case.Status.OPEN, now, _due_at(now)
        case.severity = severity
        case.version += 1
    case.severity = max(case.severity, severity)


def _due_at(now: datetime) -> datetime:
    return now + timedelta(hours=settings.REPORT_HOURS)
