"""What outlives an erased account under a keyed hash of its number: pauses, limits and pending reports."""

from datetime import datetime

from django.db.models import Q

from backend.accounts.holders import agreements
from backend.accounts.models import CarriedStanding, Report, User, hash_of_number


def keep_standing(*, user: User, now: datetime) -> None:
    """Keep what a new account with the user's number has to take up, in the transaction of the erasure."""
    standing, ends_at = agreements().standing_of(user=user, now=now)
    reports = list(Report.objects.filter(reported=user, handled_at=None).values_list("pk", flat=True))
    if user.phone and (standing or reports):
        kept = {"standing": standing, "ends_at": ends_at, "reports": reports}
        CarriedStanding.objects.update_or_create(pk=hash_of_number(user.phone), defaults=kept)


def take_up_standing(*, user: User, now: datetime) -> None:
    """Apply what was kept for the number that this user has just proved, and forget it; pending reports follow."""
    kept = CarriedStanding.objects.filter(pk=hash_of_number(user.phone)).first() if user.phone else None
    if kept is None:
        return
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
