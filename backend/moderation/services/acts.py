"""What moderators do about cases: the decision is one transaction, its effect follows and is repeated until done."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction

from backend.accounts.agreements import agreements
from backend.accounts.models import Report, User
from backend.core.errors import DomainError, NotFound
from backend.moderation.errors import ActNotPossible, AppealNotPossible, CaseChanged, OwnCase
from backend.moderation.models import Act, Appeal, Case, Evidence, SubjectKind
from backend.moderation.subjects import subject_of
from notifications.services.notify import Notice, notify

log = structlog.get_logger(__name__)
Kind = Act.Kind
BATCH = 100
SUSPENSION_DAYS_MAX = 365
SUSPENSION = ["is_active", "suspended_at", "suspended_until"]
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
    is_staff = kind in Act.OF_ACCOUNT and person.is_staff
    if is_of_thing or is_too_long or is_staff:
        raise ActNotPossible


def _write(
    case: Case, person: User, by: User, decision: Decision, now: datetime, *, takes_back: Act | None = None
) -> Act:
    """Store the act and its effect on the case and the account. An act that restores takes back one act."""
    kind = decision.kind
    until = now + timedelta(days=decision.days or 0) if kind == Kind.SUSPEND else None
    if kind == Kind.RESTORE and takes_back is None:
        takes_back = case.acts.filter(kind__in=Act.AGAINST, taken_back_by=None).order_by("-at", "-id").first()
    act = Act.objects.create(
        case=case, person=person, kind=kind, reason=decision.reason, until=until, takes_back=takes_back, by=by, at=now
    )
    case.status, case.closed_at = Case.Status.CLOSED, now
    case.version += 1
    case.save(update_fields=["status", "closed_at", "version"])
    if kind in Act.OF_ACCOUNT:
        _suspend(person, until, now)
    elif (takes_back and takes_back.kind in Act.OF_ACCOUNT) or (kind == Kind.RESTORE and can_restore(case, now)):
        _end_suspension(person, takes_back, now)
    return act


def _suspend(person: User, until: datetime | None, now: datetime) -> None:
    """Never shortens a suspension by another act."""
    user = _lock_user(person)
    if user is None:
        return
    is_suspended = user.suspended_at is not None and not user.is_active
    if not is_suspended or _end_of(user.suspended_until) < _end_of(until):
        user.is_active, user.suspended_at, user.suspended_until = False, now, until
        user.save(update_fields=SUSPENSION)


def can_restore(case: Case, now: datetime) -> bool:
    """Whether the case is about a suspended person, who may have brought the suspension from an erased account.

    Not when an act in another case is in force, which is taken back there.
    """
    person = person_of(case)
    is_theirs = case.kind == SubjectKind.PERSON and person.is_suspended
    return is_theirs and all(act.case_id == case.pk for act in _suspending_acts(person, now))


def _suspending_acts(person: User, now: datetime) -> list[Act]:
    """The acts in force that suspend a person."""
    acts = Act.objects.filter(person=person, kind__in=Act.OF_ACCOUNT, taken_back_by=None)
    return [act for act in acts if _end_of(act.until) > now]


def _end_suspension(person: User, taken_back: Act | None, now: datetime) -> None:
    """Leave the longest suspension by another act in force, else reactivate the account."""
    user = _lock_user(person)
    if user is None or user.suspended_at is None:
        return
    if taken_back and _end_of(user.suspended_until) > _end_of(taken_back.until):
        return
    if in_force := _suspending_acts(person, now):
        longest = max(in_force, key=lambda act: _end_of(act.until))
        user.suspended_at, user.suspended_until = longest.at, longest.until
    else:
        # An account that is being erased is taken back by its user alone, by signing in.
        user.is_active, user.suspended_at, user.suspended_until = user.erasing_at is None, None, None
    user.save(update_fields=SUSPENSION)


def _lock_user(person: User) -> User | None:
    """None for an erased account."""
    return User.objects.select_for_update(of=("self",), no_key=True).filter(pk=person.pk, erased_at=None).first()


def _end_of(until: datetime | None) -> datetime:
    """The end of a suspension, for comparison; a ban has none."""
    return until or datetime.max.replace(tzinfo=UTC)


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
    act = Act.objects.select_related("case", "person", "takes_back").get(pk=act_id)
    case, subject = act.case, subject_of(act.case.kind)
    try:
        if act.kind == Kind.HIDE:
            subject.hide(case.object_id, now=now)
        elif act.kind == Kind.REMOVE:
            subject.remove(case.object_id, now=now)
        elif _shows_again(act):
            subject.restore(case.object_id, act=act.takes_back, content=_newest_content(case), now=now)
    except DomainError as refusal:
        log.info("act_without_effect", act=str(act.pk), reason=refusal.code)
    act.person.refresh_from_db()
    if act.kind in Act.OF_ACCOUNT and not act.person.is_active:
        agreements().suspend(user=act.person, now=now)
    elif act.kind == Kind.RESTORE and act.person.is_active:
        agreements().restore(user=act.person, now=now)
    Act.objects.filter(pk=act_id, applied_at=None).update(applied_at=now)


def _shows_again(act: Act) -> bool:
    """Whether an act shows the thing again: it was held for review, or the act that hid it is taken back."""
    is_held = not act.case.reports
    if act.kind != Kind.RESTORE:
        return act.kind == Kind.NOTHING and is_held
    has_hidden = act.takes_back is not None and act.takes_back.kind in Act.OF_THING
    return (is_held or has_hidden) and not act.case.acts.filter(kind__in=Act.OF_THING, taken_back_by=None).exists()


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
        restoring = _write(case, act.person, by, Decision(kind=Kind.RESTORE, reason=answer), now, takes_back=act)
    data = {"act": str(act.pk), "kind": act.kind, "subject": act.case.kind, "reason": answer, "granted": is_granted}
    event = "moderation.appeal_granted" if is_granted else "moderation.appeal_denied"
    notify(notices=[Notice(user_id=act.person_id, event=event, data=data, push=True)], now=now)
    return appeal, restoring
