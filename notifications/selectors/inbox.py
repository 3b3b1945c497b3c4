"""The in-app inbox, read from the same log."""

import uuid
from collections import Counter
from collections.abc import Collection, Iterable

from django.db.models import Case, CharField, Count, F, Max, QuerySet, When
from django.db.models.functions import Cast

from backend.shared.errors import NotFound
from notifications.kinds import PUSHED, kind_of
from notifications.models import Event

SEQ_MAX = 2**63 - 1


def inbox_of(user_id: uuid.UUID) -> QuerySet[Event]:
    """What is worth a push and still true; of several about one thing the newest, as the phone shows them."""
    mine = _told(user_id).annotate(
        topic=Case(When(collapse_key="", then=Cast("pk", CharField())), default=F("collapse_key"))
    )
    newest = mine.order_by().values("topic").annotate(newest=Max("pk")).values("newest")
    return Event.objects.filter(pk__in=newest)


def get_entry_for(user_id: uuid.UUID, seq: int) -> Event:
    """The event of this number, if it belongs into the person's inbox. Raises NotFound."""
    entry = _told(user_id).filter(seq=seq).first() if seq <= SEQ_MAX else None
    if entry is None:
        raise NotFound
    return entry


def unread_behind(entries: Iterable[Event], user_id: uuid.UUID) -> dict[int, int]:
    """By the number of each of these entries: how many unread events of its kind it stands for."""
    entries = list(entries)
    keys = {entry.collapse_key for entry in entries} - {""}
    unread = unread_events().filter(user_id=user_id, collapse_key__in=keys)
    counts = {(key, name): n for key, name, n in unread.values_list("collapse_key", "name").annotate(Count("pk"))}
    alone = {entry.seq: int(entry.read_at is None) for entry in entries}
    return {entry.seq: counts.get((entry.collapse_key, entry.name), alone[entry.seq]) for entry in entries}


def unread_count_of(user_id: uuid.UUID) -> int:
    """How many things worth a push this person has not read: what the app icon shows."""
    return unread_counts_of([user_id]).get(user_id, 0)


def unread_counts_of(user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """`unread_count_of` for many; who has read everything is left out."""
    unread = unread_events().filter(user_id__in=user_ids)
    return dict(unread.values_list("user_id").annotate(Count("pk")))


def unread_by_category(user_id: uuid.UUID) -> Counter[str]:
    """The same count by what it is about."""
    counts: Counter[str] = Counter()
    unread = unread_events().filter(user_id=user_id, name__in=PUSHED)
    for name, count in unread.values_list("name").annotate(Count("pk")):
        counts[kind_of(name).category.value] += count
    return counts


def unread_events() -> QuerySet[Event]:
    """What is worth a push, still true, and not read."""
    return Event.objects.filter(wants_push=True, read_at=None, withdrawn_at=None)


def _told(user_id: uuid.UUID) -> QuerySet[Event]:
    return Event.objects.filter(user_id=user_id, wants_push=True, withdrawn_at=None, name__in=PUSHED)
