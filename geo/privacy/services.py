"""Leaving agreements, and erasing places, texts and photos, when an account is erased."""

from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from backend.accounts.models import User
from backend.core.media.pictures import delete_with_files
from chat.services.conversations import clear_titles
from geo.errors import PickupClosed
from geo.groups.selectors import group_ids_of
from geo.groups.services import leave_group
from geo.handover_errors import MatchOver
from geo.lifecycle.locks import lock_pickup
from geo.lifecycle.notices import withdraw_like_notice
from geo.matching.services.matches import cancel_pickup, pass_on_under_pickup_lock, release_match
from geo.models import Handover, Match, Pickup, PickupPhoto, ScalePhoto, Swipe
from geo.privacy.retention import NO_POINT, remove_places_of
from notifications.services.notify import notify

UNFINISHED = (Pickup.Status.OPEN, Pickup.Status.MATCHED, Pickup.Status.ON_HOLD)


def leave(*, user: User, now: datetime) -> None:
    """Cancel the user's pickups, release their matches, leave their groups and withdraw their likes.

    Each is a transaction of its own, as in the app. What has just ended in another way is left as it is. After a
    failure the next call continues with what is left.
    """
    for pickup in Pickup.objects.filter(resident=user, status__in=UNFINISHED).order_by("id"):
        with suppress(PickupClosed):
            cancel_pickup(resident_id=user.pk, pickup_id=pickup.pk, now=now)
    for match in Match.objects.filter(collector=user, status=Match.Status.ACTIVE).order_by("id"):
        with suppress(MatchOver):
            release_match(user_id=user.pk, match_id=match.pk, reason=Match.ReleaseReason.CANNOT_COME, now=now)
    for group_id in group_ids_of(user.pk):
        leave_group(user_id=user.pk, group_id=group_id, now=now)
    for swipe in Swipe.objects.filter(collector=user, like_state__in=Swipe.QUEUED).order_by("id"):
        _withdraw(swipe, now)


def erase_pickups(user: User, now: datetime) -> None:
    """Erase places, texts and photos of the user's pickups, in the caller's transaction. Kilograms stay."""
    remove_places_of(Pickup.objects.filter(resident=user), now=now, title="", note="")
    clear_titles(Match.objects.filter(pickup__resident=user).values_list("conversation_id", flat=True))
    delete_with_files(PickupPhoto.objects.filter(pickup__resident=user))


def erase_scale_photos(user: User, now: datetime) -> None:
    """Delete the photos of the scale that the user took, and those taken at their door."""
    delete_with_files(ScalePhoto.objects.filter(Q(by=user) | Q(handover__match__pickup__resident=user)))


def erase_journeys(user: User, now: datetime) -> None:
    """Erase when the user set off and arrived. The times agreed by both stay for the other party."""
    Handover.objects.filter(match__collector=user).update(
        **NO_POINT,
        set_off_at=None,
        eta=None,
        collector_arrived_at=None,
        collector_arrival_received_at=None,
        collector_evidence="",
        collector_check_in="",
    )
    Handover.objects.filter(match__pickup__resident=user).update(
        **NO_POINT,
        resident_arrived_at=None,
        resident_arrival_received_at=None,
        resident_evidence="",
        resident_check_in="",
    )


@transaction.atomic
def _withdraw(swipe: Swipe, now: datetime) -> None:
    """Delete a like under the lock of its pickup, so that it is not promoted meanwhile; of expired pickups too."""
    pickup = lock_pickup(pickup_id=swipe.pickup_id)
    mine = Swipe.objects.filter(pk=swipe.pk)
    is_asked = mine.filter(like_state=Swipe.LikeState.ASKED).exists()
    mine.filter(like_state__in=Swipe.QUEUED).delete()
    if is_asked:
        notify(notices=pass_on_under_pickup_lock(pickup=pickup, acting=swipe.collector_id, now=now), now=now)
    withdraw_like_notice(pickup=pickup, like_id=swipe.pk, now=now)
