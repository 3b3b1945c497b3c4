"""Sharing a handover with a trusted person, by a link that ends with it."""

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from backend.core.errors import NotFound
from geo.lifecycle.locks import lock_active_match_of
from geo.lifecycle.matches import get_match_for
from geo.models import HandoverShare

TOKEN_BYTES = 24
KEPT_FOR = timedelta(days=1)  # so that the link can say that it has ended
BATCH = 500


@transaction.atomic
def share_handover(*, user_id: uuid.UUID, match_id: uuid.UUID, now: datetime) -> str:
    """Make the link of this party, in place of an earlier one; returns its address, which nobody can read again.

    Raises NotFound for strangers and MatchOver.
    """
    match = lock_active_match_of(match_id=match_id, user_id=user_id)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    made = {"token_hash": hash_of(token), "created_at": now}
    HandoverShare.objects.update_or_create(match=match, user_id=user_id, defaults=made)
    return f"{settings.PUBLIC_URL}/s/{token}"


def stop_sharing(*, user_id: uuid.UUID, match_id: uuid.UUID) -> None:
    """End the link of this party; without one nothing changes. Raises NotFound for strangers."""
    match = get_match_for(match_id=match_id, user_id=user_id)
    HandoverShare.objects.filter(match=match, user_id=user_id).delete()


def get_share(token: str) -> HandoverShare:
    """The link with this token, with its match and both people; it may be over. Raises NotFound."""
    related = ("user", "match__handover", "match__collector", "match__pickup__resident")
    share = HandoverShare.objects.select_related(*related).filter(token_hash=hash_of(token)).first()
    if share is None:
        raise NotFound
    return share


def hash_of(token: str) -> str:
    """What is kept of a token. It is random enough to need no key."""
    return hashlib.sha256(token.encode()).hexdigest()


def remove_old_shares(*, now: datetime) -> int:
    """Delete a batch of links whose match ended a day ago. Returns how many."""
    old = HandoverShare.objects.filter(match__ended_at__lte=now - KEPT_FOR).order_by("pk")
    return HandoverShare.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:BATCH])).delete()[0]
