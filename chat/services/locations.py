"""Locations that are shared for a while: nothing of them is left when the while is over."""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from backend.core.http.idempotency import forget_answers_holding
from chat.models import MessageLocation

SWEEP = 100


def end_sharing_in(conversation_id: uuid.UUID) -> None:
    """Forget every location of a conversation, in the caller's transaction: nobody needs it any more."""
    shared = MessageLocation.objects.filter(message__conversation_id=conversation_id)
    _forget(_locked(shared).order_by("pk"))


@transaction.atomic
def remove_expired_locations(*, now: datetime) -> int:
    """Remove a batch of what has expired, and what was kept of the requests that brought it. Returns how many."""
    expired = MessageLocation.objects.filter(expires_at__lte=now)
    return _forget(_locked(expired, skip_locked=True)[:SWEEP])


def _locked(locations: QuerySet[MessageLocation], **options: bool) -> QuerySet[MessageLocation]:
    return locations.select_related("message").select_for_update(of=("self",), **options)


def _forget(locations: QuerySet[MessageLocation]) -> int:
    """Locations first, answers then, as everywhere, so that nobody waits in a circle."""
    found = list(locations)
    for location in found:
        if location.message.sender_id:
            forget_answers_holding(owner=location.message.sender_id, thing=location.pk)
    MessageLocation.objects.filter(pk__in=[location.pk for location in found]).delete()
    return len(found)
