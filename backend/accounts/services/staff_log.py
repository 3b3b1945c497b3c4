"""The log of staff: every page of the admin that somebody opens or sends is one row."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from backend.accounts.models import StaffRecord
from backend.core.db.retention import retention

PAGE_CHARACTERS_MAX = 100
BATCH = 500


def record_staff(
    *,
    staff_id: uuid.UUID | None,
    page: str,
    object_id: str,
    is_act: bool,
    detail: str,
    status: int,
    address: str | None,
    now: datetime,
) -> None:
    """Append a row to the staff log, with nothing cut that was typed or chosen."""
    StaffRecord.objects.create(
        at=now,
        staff_id=staff_id,
        page=_storable(page)[:PAGE_CHARACTERS_MAX],
        object_id=_storable(object_id),
        is_act=is_act,
        detail=_storable(detail),
        status=status,
        address=address,
    )


def _storable(text: str) -> str:
    """With NULs, which PostgreSQL refuses, made visible."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


@transaction.atomic
def forget_old_staff_records(*, now: datetime) -> int:
    """Delete a batch of what is older than `STAFF_LOG_DAYS`; returns how many. The trigger lets only this through."""
    old = StaffRecord.objects.filter(at__lt=now - timedelta(days=settings.STAFF_LOG_DAYS)).order_by("pk")
    with retention():
        return StaffRecord.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:BATCH])).delete()[0]
