"""What outlives an erased account under keyed hashes of its identities: pauses, limits and pending reports."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from backend.accounts.agreements import agreements
from backend.accounts.models import CarriedStanding, IdentityKind, Report, User, hash_of_identity

# How long a ban is kept for people who erase their account and come back.
BAN_DAYS = 5 * 365


def keep_standing(*, user: User, now: datetime) -> None:
    """Keep what a new account with an identity of the user has to take up, in the transaction of the erasure."""
    standing, ends_at = agreements().standing_of(user=user, now=now)
    if user.suspended_at is not None and not user.is_active:  # `is_suspended` is false while an erasure is due
        standing, ends_at = _with_suspension(standing, ends_at, user, now)
    reports = list(Report.objects.filter(reported=user, handled_at=None).values_list("pk", flat=True))
    if standing or reports:
        kept = {"standing": standing, "ends_at": ends_at, "reports": reports}
        for identity_hash in user.identity_hashes():
            CarriedStanding.objects.update_or_create(pk=identity_hash, defaults=kept)


def keep_standing_of_identity(*, user: User, kind: IdentityKind, now: datetime) -> None:
    """Keep the pauses and limits for an account that is made with this identity after it was unlinked."""
    standing, ends_at = agreements().standing_of(user=user, now=now)
    if standing:
        kept: dict[str, object] = {"standing": standing, "ends_at": ends_at, "reports": []}
        CarriedStanding.objects.update_or_create(pk=hash_of_identity(kind, user.identities[kind]), defaults=kept)


def _with_suspension(
    standing: Mapping[str, object], ends_at: datetime | None, user: User, now: datetime
) -> tuple[Mapping[str, object], datetime]:
    until = user.suspended_until
    kept = {"suspended": True, "suspended_until": until.isoformat() if until else None}
    ends = [ends_at, until or now + timedelta(days=BAN_DAYS)]
    return {**standing, **kept}, max(filter(None, ends))


def _take_up_suspension(user: User, standing: Mapping[str, Any], now: datetime) -> None:
    until = standing.get("suspended_until")
    ends_at = datetime.fromisoformat(until) if until else None
    if standing.get("suspended") and (ends_at is None or ends_at > now):
        user.is_active, user.suspended_at, user.suspended_until = False, now, ends_at
        user.save(update_fields=["is_active", "suspended_at", "suspended_until"])


def take_up_standing(*, user: User, now: datetime) -> None:
    """Apply what was kept for the identities that this user has proved, and forget it; pending reports follow."""
    hashes = [*user.identity_hashes(), *user.former_identity_hashes()]
    for kept in CarriedStanding.objects.filter(pk__in=hashes).order_by("pk"):
        kept.delete()
        if kept.standing and kept.ends_at and kept.ends_at > now:
            agreements().take_up_standing(user=user, standing=kept.standing, now=now)
            _take_up_suspension(user, kept.standing, now)
        Report.objects.filter(pk__in=kept.reports, handled_at=None).exclude(reporter=user).update(reported=user)


def forget_ended_standings(*, now: datetime) -> int:
    """Delete what has ended, when its reports have been handled too; returns how many."""
    ended = list(CarriedStanding.objects.filter(Q(ends_at=None) | Q(ends_at__lte=now)))
    ids = [report_id for kept in ended for report_id in kept.reports]
    pending = set(Report.objects.filter(pk__in=ids, handled_at=None).values_list("pk", flat=True))
    over = [kept.pk for kept in ended if pending.isdisjoint(kept.reports)]
    return CarriedStanding.objects.filter(pk__in=over).delete()[0]
