"""The export of everything held about a person: a zip of JSON by record and of pictures, made by a job."""

import zipfile
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from os import SEEK_END
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import msgspec
import structlog
from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import Q, QuerySet

from backend.accounts.models import User
from backend.accounts.registry import copies_of, files_of
from backend.core.errors import NotFound
from backend.core.media.orphans import remove_orphans
from backend.core.media.pictures import discard
from backend.core.media.private_files import private_storage
from geo.models import DataExport
from notifications.services.notify import Notice, notify

log = structlog.get_logger(__name__)
BATCH = 20
AGAIN_AFTER = timedelta(hours=1)
STUCK_AFTER = timedelta(minutes=15)  # a worker was killed while it wrote the file


@transaction.atomic
def request_export(*, user: User, now: datetime) -> DataExport:
    """Ask for an export; returns the one that is being made, or that was made within an hour."""
    DataExport.objects.bulk_create([DataExport(user=user, requested_at=now)], ignore_conflicts=True)
    export = DataExport.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    if export.ready_at and export.ready_at <= now - AGAIN_AFTER:
        transaction.on_commit(partial(discard, export.file))
        export.requested_at, export.started_at, export.ready_at, export.file = now, None, None, ""
        export.save(update_fields=["requested_at", "started_at", "ready_at", "file"])
    return export


def get_export_of(user: User) -> DataExport:
    """The user's export. Raises NotFound."""
    export = DataExport.objects.filter(pk=user.pk).first()
    if export is None:
        raise NotFound
    return export


def make_due_exports(*, now: datetime, limit: int = BATCH) -> int:
    """Make the exports that wait, at most `limit`; returns how many were looked at. One failure does not stop others.

    Each file is written outside of a transaction: a person with many pictures takes long.
    """
    due = list(_due(now).select_related("user").order_by("requested_at")[:limit])
    for export in due:
        try:
            _make(export, now)
        except Exception:
            log.exception("export_failed", user=str(export.pk))
    return len(due)


def remove_old_exports(*, now: datetime) -> int:
    """Delete a batch of exports that were ready `EXPORT_DAYS` ago, with their files. Returns how many."""
    old = DataExport.objects.filter(ready_at__lte=now - timedelta(days=settings.EXPORT_DAYS)).order_by("pk")
    return delete_exports(DataExport.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:BATCH])))


@transaction.atomic
def delete_exports(exports: QuerySet[DataExport]) -> int:
    """Delete exports now, and their files on commit. Returns how many."""
    for export in exports:
        transaction.on_commit(partial(discard, export.file))
    return exports.delete()[0]


def remove_orphaned_exports(*, now: datetime) -> int:
    """Delete the files of exports that have no row; returns how many. Raises TooManyOrphans."""
    rows = DataExport.objects.order_by()
    return remove_orphans(storage=private_storage, folder="exports", rows=rows, fields=["file"], now=now)


def _due(now: datetime) -> QuerySet[DataExport]:
    is_free = Q(started_at=None) | Q(started_at__lte=now - STUCK_AFTER)
    return DataExport.objects.filter(is_free, ready_at=None)


def _make(export: DataExport, now: datetime) -> None:
    """Claim an export, write its file and tell the user; nothing when another worker has it or it is gone."""
    discard(export.file)
    name = export.file.field.generate_filename(export, "export.zip")
    if not _due(now).filter(pk=export.pk).update(started_at=now, file=name):
        return
    export.file.name = name
    with TemporaryFile() as zipped:
        _write(export.user, zipped)
        size = zipped.seek(0, SEEK_END)
        export.file.storage.save(name, File(zipped))
    with transaction.atomic():
        written = DataExport.objects.filter(pk=export.pk, ready_at=None, file=name)
        if written.update(ready_at=now, bytes=size):
            notify(notices=[Notice(user_id=export.pk, event="export.ready", data={}, push=True)], now=now)
            return
    discard(export.file)


def _write(user: User, file: IO[bytes]) -> None:
    """`<section>/<name>.json` for each record that is copied, and the pictures under `<section>/pictures`."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, copied in copies_of(user):
            archive.writestr(f"{name}.json", msgspec.json.encode(copied, enc_hook=str))
        for section, picture in files_of(user):
            with suppress(FileNotFoundError), picture.storage.open(str(picture.name)) as content:
                # Pictures are compressed already.
                name = f"{section}/pictures/{Path(str(picture.name)).name}"
                archive.writestr(name, content.read(), zipfile.ZIP_STORED)
