"""Deletes files without a row, left by a process that was killed between writing a file and storing its row.

Each app that stores pictures sweeps its own folder once a night. Uploads may run at the same time:

- the folder is listed before the rows are read, so a picture whose row is inserted meanwhile is not considered;
- a file younger than `ORPHAN_AGE_H` hours is kept: its row may not be committed yet;
- when more than a tenth of the files (and more than `FEW`) have no row, nothing is deleted and the sweep fails: the
  folder belongs to another database, or a backup was restored only in part.

It uses only Django's storage API, so that the pictures need not be on a disk.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.files.storage import Storage
from django.db.models import QuerySet

log = structlog.get_logger(__name__)
FEW = 100
SHARE_MAX = 0.1


class TooManyOrphans(RuntimeError):
    """Too many files have no row: check whether the database and the files belong together."""


def remove_orphans(
    *, storage: Storage, folder: str, rows: QuerySet[Any], fields: Collection[str] = ("large", "thumb"), now: datetime
) -> int:
    """Delete the files in `folder` that none of the `fields` of `rows` names. Returns how many.

    Holds the names of all files in memory, about 150 MB for a million. Raises TooManyOrphans.
    """
    names = _names_in(storage, folder)
    without_row = names.difference(_named(rows, fields))
    if len(without_row) > max(FEW, len(names) * SHARE_MAX):
        raise TooManyOrphans(f"{len(without_row)} of {len(names)} files in {folder}")
    old = [name for name in sorted(without_row) if _is_old(storage, name, now)]
    for name in old:
        storage.delete(name)
    if old:
        log.warning("orphans_removed", folder=folder, files=len(old))
    return len(old)


def _names_in(storage: Storage, folder: str) -> set[str]:
    """The names of its files; none when the folder does not exist."""
    try:
        return {f"{folder}/{name}" for name in storage.listdir(folder)[1]}
    except FileNotFoundError:
        return set()


def _named(rows: QuerySet[Any], fields: Collection[str]) -> Iterable[str]:
    for named in rows.values_list(*fields).iterator(chunk_size=5_000):
        yield from named


def _is_old(storage: Storage, name: str, now: datetime) -> bool:
    """Whether the file is old enough; False when it was deleted meanwhile."""
    try:
        return storage.get_modified_time(name) < now - timedelta(hours=settings.ORPHAN_AGE_H)
    except FileNotFoundError:
        return False
