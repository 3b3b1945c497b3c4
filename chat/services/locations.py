"""Locations that are shared for a while: nothing of them is left when the while is over."""

import uuid
from datetime import datetime

from django.db import transaction

from backend.shared.idempotency import forget_answers_holding
from chat.models import MessageLocation

SWEEP = 100


def end_sharing_in(conversation_id: uuid.UUID) -> None:
    """Forget every location of a conversation, in the caller's transaction: nobody needs it any more."""
    MessageLocation.objects.filter(message__conversation_id=conversation_id).delete()


@transaction.atomic
def remove_expired_locations(*, now: datetime) -> int:
    """Remove a batch of what has expired, and what was kept of the requests that brought it. Returns how many."""
    expired = MessageLocation.objects.filter(expires_at__lte=now).select_related("message")
    batch = list(expired.select_for_update(of=("self",), skip_locked=True)[:SWEEP])
    for location in batch:
        if location.message.sender_id:
            forget_answers_holding(owner=location.message.sender_id, thing=location.pk)
    MessageLocation.objects.filter(pk__in=[location.pk for location in batch]).delete()
    return len(batch)
