"""What people are told of a pickup while it is open: that it is near, has changed, waits for an answer, runs out."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from geo.matching.selectors.rings import Nearby
from geo.models import Pickup
from notifications.services.notify import Notice


def of_question(*, pickup: Pickup, collector_id: uuid.UUID, answer_by: datetime) -> list[Notice]:
    """`like.asked`, to the runner-up whose turn it is."""
    data = _named(pickup) | {"answer_by": _spelled(answer_by)}
    return [Notice(user_id=collector_id, event="like.asked", data=data, push=True, by=pickup.resident_id)]


def of_reopening(*, pickup: Pickup, collector_ids: Iterable[uuid.UUID]) -> list[Notice]:
    """`pickup.reopened`, to those who still wait."""
    return _to_each(collector_ids, "pickup.reopened", pickup, _named(pickup), f"queue:{pickup.pk}")


def of_amendment(*, pickup: Pickup, collector_ids: Iterable[uuid.UUID], changed: Sequence[str]) -> list[Notice]:
    """`pickup.amended`, to those who liked it, with the names of what changed."""
    data = _named(pickup) | {"changed": list(changed)}
    return _to_each(collector_ids, "pickup.amended", pickup, data, f"amended:{pickup.pk}")


def of_warning(*, pickup: Pickup) -> list[Notice]:
    """`pickup.expiring`, to the resident."""
    data = _named(pickup) | {"expires_at": _spelled(pickup.expires_at)}
    return [Notice(user_id=pickup.resident_id, event="pickup.expiring", data=data, push=True)]


def of_nearness(*, pickup: Pickup, collectors: Iterable[Nearby]) -> list[Notice]:
    """`pickup.nearby`, to each collector with his own distance; of several pickups only the newest is pushed."""
    data = _named(pickup) | {"kg": float(pickup.kg_estimate)}
    return [
        Notice(
            user_id=one.user_id,
            event="pickup.nearby",
            data=data | {"distance_m": one.distance_m},
            push=True,
            collapse_key="nearby",
            by=pickup.resident_id,
        )
        for one in collectors
    ]


def _to_each(
    collector_ids: Iterable[uuid.UUID], event: str, pickup: Pickup, data: dict[str, object], key: str
) -> list[Notice]:
    by = pickup.resident_id
    return [
        Notice(user_id=user_id, event=event, data=data, push=True, collapse_key=key, by=by) for user_id in collector_ids
    ]


def _named(pickup: Pickup) -> dict[str, object]:
    return {"pickup": str(pickup.pk), "title": pickup.title}


def _spelled(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
