"""Removing evidence that was kept for long enough, and files without a row."""

from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction

from backend.core.media.orphans import remove_orphans
from backend.core.media.pictures import discard
from backend.core.media.private_files import private_storage
from backend.moderation.models import Case, Evidence, EvidencePhoto

BATCH = 100


@transaction.atomic
def remove_old_evidence(*, now: datetime) -> int:
    """Delete a batch of evidence of cases handled `CASE_EVIDENCE_DAYS` ago, with its photos. Returns how many."""
    handled_before = now - timedelta(days=settings.CASE_EVIDENCE_DAYS)
    old = Evidence.objects.filter(case__status=Case.Status.CLOSED, case__closed_at__lt=handled_before)
    ids = list(old.order_by("pk").values_list("pk", flat=True)[:BATCH])
    files = [photo.file for photo in EvidencePhoto.objects.filter(evidence__in=ids)]
    Evidence.objects.filter(pk__in=ids).delete()
    transaction.on_commit(partial(discard, *files))
    return len(ids)


def remove_orphaned_evidence(*, now: datetime) -> int:
    """Delete files of evidence without a row. Returns how many. Raises TooManyOrphans."""
    rows = EvidencePhoto.objects.order_by()
    return remove_orphans(storage=private_storage, folder="moderation", rows=rows, fields=["file"], now=now)
