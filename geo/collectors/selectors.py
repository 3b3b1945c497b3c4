"""Profiles of collectors."""

import uuid

from backend.core.errors import NotFound
from geo.models import Collector


def collector_or_none(user_id: uuid.UUID) -> Collector | None:
    """The collector profile of a user, if there is one."""
    return Collector.objects.filter(pk=user_id).first()


def get_collector(user_id: uuid.UUID) -> Collector:
    """The collector profile of a user. Raises NotFound if there is none."""
    collector = collector_or_none(user_id)
    if collector is None:
        raise NotFound
    return collector
