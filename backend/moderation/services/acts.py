"""What moderators do about cases: the decision is one transaction, its effect follows and is repeated until done."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from backend.accounts.agreements import agreements
from backend.accounts.models import Report, User
from backend.core.errors import DomainError, NotFound
from backend.moderation.errors import ActNotPossible, AppealNotPossible, CaseChanged, OwnCase
from backend.moderation.models import Act, Appeal, Case, Evidence
from backend.moderation.subjects import subject_of
from notifications.services.notify import Notice, notify

log = structlog.get_logger(__name__)
Kind = Act.Kind
BATCH = 100
SUSPENSION_DAYS_MAX = 365
APPLY_AFTER = timedelta(minutes=1)  # the request that decided may still be applying it
OUTCOMES = {
    Kind.NOTHING: Report.Outcome.UNFOUNDED,
    Kind.WARN: Report.Outcome.WARNED,
    Kind.HIDE: Report.Outcome.REMOVED,
    Kind.REMOVE: Report.Outcome.REMOVED,
    Kind.SUSPEND: Report.Outcome.SUSPENDED,
    Kind.BAN: Report.Outcome.SUSPENDED,
}


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The act, its reason, and the days of a suspension."""

    kind: Act.Kind
    reason: str
    days: int | None = None


def handle_case(*, case_id: uuid.UUID, version: int, by: User, decision: Decision, now: datetime) -> Act:
    """Act on a case as it was seen: `version` is of the case that the moderator looked at.

    The person concerned is notified of the act and its reason. Call it outside of a transaction: the effect has its
    own. Raises NotFound, CaseChanged, OwnCase or ActNotPossible.
    """
    act = _decide(case_id, version, by, decision, now)
    apply_act(act_id=act.pk, now=now)
    return act


@transaction.atomic
def _decide(case_id: uuid.UUID, version: int, by: User, decision: Decision, now: datetime) -> Act:
    case = Case.objects.select_for_update(of=("self",), no_key=True).filter(pk=case_id).first()
    if case is None:
        raise NotFound
    if case.version != version or (case.status != Case.Status.OPEN and decision.kind != Kind.RESTORE):
        raise CaseChanged
    reports = Report.objects.filter(kind=case.kind, object_id=case.object_id)
    person = person_of(case)
    if by == person or reports.filter(reporter=by).exists():
        raise OwnCase
    _require_possible(case, decision, person)
    act = _write(case, person, by, decision, now)
    if decision.kind in OUTCOMES:
        reports.filter(handled_at=None).update(outcome=OUTCOMES[decision.kind], handled_by=by, handled_at=now)
    _notify(act, now)
    return act


def person_of(case: Case) -> User:
    """Whom a case concerns: reports follow somebody who erased their account and came back."""
    newest = Report.objects.filter(kind=case.kind, object_id=case.object_id).order_by("-id").first()
    return newest.reported if newest else case.person


def _require_possible(case: Case, decision: Decision, person: User) -> None:
    """Raises ActNotPossible."""
    kind = decision.kind
    is_of_thing = kind in Act.OF_THING and kind not in subject_of(case.kind).ACTS
    is_too_long = kind == Kind.SUSPEND and not 1 <= (decision.days or 0) <= SUSPENSION_DAYS_MAX
    # Staff are removed by administrators, who take away their role first.
    is_staff = kind in {Kind.SUSPEND, Kind.BAN} and person.is_staff
    if is_of_thing or is_too_long or is_staff:
        raise ActNotPossible


def _write(case: Case, person: User, by: User, decision: Decision, now: datetime) -> Act:
    kind = decision.kind
    until = now + timedelta(days=decision.days or 0) if kind == Kind.SUSPEND else None
    act = Act.objects.create(case=case, person=person, kind=kind, reason=decision.reason, until=until, by=by, at=now)
    case.status, case.closed_at = Case.Status.CLOSED, now
    case.version += 1
    case.save(update_fields=["status", "closed_at", "version"])
    locked = User.objects.filter(pk=person.pk, erased_at=None)
    if kind in {Kind.SUSPEND, Kind.BAN}:
        locked.update(is_active=False, suspended_at=now, suspended_until=until)
    elif kind == Kind.RESTORE:
        is_kept = Q(erasing_at=None)  # otherwise the user alone takes the account back, by signing in
        locked.exclude(suspended_at=None).update(is_active=is_kept, suspended_at=None, suspended_until=None)
    return act


def _notify(act: Act, now: datetime) -> None:
    if act.kind == Kind.NOTHING:
        return
    data: dict[str, object] = {"act": str(act.pk), "kind": act.kind, "subject": act.case.kind, "reason": act.reason}
    if act.until:
        data["until"] = act.until.isoformat().replace("+00:00", "Z")
    event = f"moderation.{'restored' if act.kind == Kind.RESTORE else 'acted'}"
    notify(notices=[Notice(user_id=act.person_id, event=event, data=data, push=True)], now=now)


def apply_act(*, act_id: uuid.UUID, now: datetime) -> None:
    """Do what an act decided, in several transactions; idempotent. A thing that is gone needs nothing."""
    act = Act.objects.select_related("case", "person").get(pk=act_id)
    case, subject = act.case, subject_of(act.case.kind)
    try:
        if act.kind == Kind.HIDE:
            subject.hide(case.object_id, now=now)
        elif act.kind == Kind.REMOVE:
            subject.remove(case.object_id, now=now)
        elif act.kind == Kind.RESTORE or (act.kind == Kind.NOTHING and not case.reports):  # no reports: held for review
            subject.restore(case.object_id, now=now, content=_newest_content(case))
    except DomainError as refusal:
        log.info("act_without_effect", act=str(act.pk), reason=refusal.code)
    act.person.refresh_from_db()
    if act.kind in {Kind.SUSPEND, Kind.BAN} and not act.person.is_active:
        agreements().suspend(user=act.person, now=now)
    elif act.kind == Kind.RESTORE and act.person.is_active:
        agreements().restore(user=act.person, now=now)
    Act.objects.filter(pk=act_id, applied_at=None).update(applied_at=now)


def _newest_content(case: Case) -> dict[str, str]:
    newest = Evidence.objects.filter(case=case).order_by("-at", "-id").first()
    return dict(newest.content) if newest else {}


def apply_interrupted_acts(*, now: datetime) -> int:
    """Complete the acts whose process was killed; returns how many."""
    waiting = Act.objects.filter(applied_at=None, at__lte=now - APPLY_AFTER).order_by("at")[:BATCH]
    ids = list(waiting.values_list("pk", flat=True))
    for act_id in ids:
        try:
            apply_act(act_id=act_id, now=now)
        except Exception:
            log.exception("act_failed", act=str(act_id))
    return len(ids)


def lift_ended_suspensions(*, now: datetime) -> int:
    """Reactivate the accounts whose suspension is over; returns how many."""
    ended = User.objects.filter(is_active=False, erased_at=None, erasing_at=None, suspended_until__lte=now).order_by(
        "pk"
    )[:BATCH]
    return sum(_lift(user, now) for user in ended)


def _lift(user: User, now: datetime) -> bool:
    with transaction.atomic():
        ended = User.objects.filter(
            pk=user.pk, is_active=False, erased_at=None, erasing_at=None, suspended_until__lte=now
        )
        if not ended.update(is_active=True, suspended_at=None, suspended_until=None):
            return False
        notify(notices=[Notice(user_id=user.pk, event="moderation.lifted", push=True)], now=now)
    user.refresh_from_db()
    agreements().restore(user=user, now=now)
    return True


# --- Appeals ----------------------------------------------------------------------------------------------


@transaction.atomic
def file_appeal(*, user: User, act_id: uuid.UUID, text: str, now: datetime) -> Appeal:
    """Object to an act against oneself; a second time returns the first. Raises NotFound or AppealNotPossible."""
    act = Act.objects.select_for_update(of=("self",), no_key=True).filter(pk=act_id, person=user).first()
    if act is None:
        raise NotFound
    earlier = Appeal.objects.filter(act=act).first()
    if earlier is not None:
        return earlier
    if not can_appeal(act, now):
        raise AppealNotPossible(days=settings.APPEAL_DAYS)
    return Appeal.objects.create(act=act, text=text, created_at=now)


def can_appeal(act: Act, now: datetime) -> bool:
    """Whether this kind of act can be appealed against, and its time is not over."""
    return act.kind in Act.AGAINST and now <= act.at + timedelta(days=settings.APPEAL_DAYS)


def decide_appeal(*, appeal_id: uuid.UUID, by: User, is_granted: bool, answer: str, now: datetime) -> Appeal:
    """Decide once, by another moderator than the one who acted; granting takes the act back.

    Call it outside of a transaction, as `handle_case`. Raises NotFound, CaseChanged or OwnCase.
    """
    appeal, restoring = _decide_appeal(appeal_id, by, is_granted, answer, now)
    if restoring is not None:
        apply_act(act_id=restoring.pk, now=now)
    return appeal


@transaction.atomic
def _decide_appeal(
    appeal_id: uuid.UUID, by: User, is_granted: bool, answer: str, now: datetime
) -> tuple[Appeal, Act | None]:
    appeal = Appeal.objects.select_for_update(of=("self",), no_key=True).filter(pk=appeal_id).first()
    if appeal is None:
        raise NotFound
    act = appeal.act
    if appeal.decided_at is not None:
        raise CaseChanged
    is_reporter = Report.objects.filter(kind=act.case.kind, object_id=act.case.object_id, reporter=by).exists()
    if is_reporter or by.pk in {act.by_id, act.person_id}:
        raise OwnCase
    appeal.is_granted, appeal.answer, appeal.decided_by, appeal.decided_at = is_granted, answer, by, now
    appeal.save(update_fields=["is_granted", "answer", "decided_by", "decided_at"])
    restoring = None
    if is_granted:
        case = Case.objects.select_for_update(of=("self",), no_key=True).get(pk=act.case_id)
        restoring = _write(case, act.person, by, Decision(kind=Kind.RESTORE, reason=answer), now)
    data = {"act": str(act.pk), "kind": act.kind, "subject": act.case.kind, "reason": answer, "granted": is_granted}
    event = "moderation.appeal_granted" if is_granted else "moderation.appeal_denied"
    notify(notices=[Notice(user_id=act.person_id, event=event, data=data, push=True)], now=now)
    return appeal, restoring
