"""What outlives an erased account under keyed hashes of its identities: pauses, limits and pending reports."""

from datetime import datetime

from django.db.models import Q

from backend.accounts.agreements import agreements
from backend.accounts.models import CarriedStanding, IdentityKind, Report, User, hash_of_identity


def keep_standing(*, user: User, now: datetime) -> None:
    """Keep what a new account with an identity of the user has to take up, in the transaction of the erasure."""
    standing, ends_at = agreements().standing_of(user=user, now=now)
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


def take_up_standing(*, user: User, now: datetime) -> None:
    """Apply what was kept for the identities that this user has proved, and forget it; pending reports follow."""
    hashes = [*user.identity_hashes(), *user.former_identity_hashes()]
    for kept in CarriedStanding.objects.filter(pk__in=hashes).order_by("pk"):
        kept.delete()
        if kept.standing and kept.ends_at and kept.ends_at > now:
            agreements().take_up_standing(user=user, standing=kept.standing, now=now)
        Report.objects.filter(pk__in=kept.reports, handled_at=None).exclude(reporter=user).update(reported=user)


def forget_ended_standings(*, now: datetime) -> int:
    """Delete what has ended, when its reports have been handled too; returns how many."""
    ended = list(CarriedStanding.objects.filter(Q(ends_at=None) | Q(ends_at__lte=now)))
    ids = [report_id for kept in ended for report_id in kept.reports]
    pending = set(Report.objects.filter(pk__in=ids, handled_at=None).values_list("pk", flat=True))
    over = [kept.pk for kept in ended if pending.isdisjoint(kept.reports)]
    return CarriedStanding.objects.filter(pk__in=over).delete()[0]
