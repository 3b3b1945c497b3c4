"""The badge of collectors who may take hazardous waste."""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from geo.lifecycle.locks import lock_collectors
from geo.models import Collector


@transaction.atomic
def set_hazard_badge(*, user_ids: Collection[uuid.UUID], has_badge: bool, now: datetime) -> int:
    """Grant or withdraw the badge; returns for how many collectors that changed something."""
    lock_collectors(user_ids=user_ids)
    others = Collector.objects.filter(user_id__in=user_ids).exclude(has_hazard_badge=has_badge)
    return others.update(has_hazard_badge=has_badge, updated_at=now)
