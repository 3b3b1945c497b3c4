"""Files that no row speaks of: a process was killed between writing a file and storing its row, or the other way about.

Whoever stores pictures sweeps the folder that is his alone, once a night. Safe beside people who send pictures:

- the folder is listed before the rows are read, so a picture whose row comes meanwhile is not even looked at;
- a file younger than `ORPHAN_AGE_H` hours is left alone: its row may be under way;
- when more than a tenth of the files (and more than `FEW`) seem to have no row, nothing is deleted and the sweep fails.
  That is a folder of another database, or a backup brought back by half, and no work of killed processes.

Only what Django's storage API offers is used, so that the pictures may lie elsewhere than on a disk.
"""

from collections.abc import Iterable
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
    """So many files without a row are no orphans: look whether database and files belong together."""


def remove_orphans(*, storage: Storage, folder: str, rows: QuerySet[Any], now: datetime) -> int:
    """Delete the files in `folder` that no `large` or `thumb` of `rows` names. Returns how many.

    Holds the names of all files in memory, about 150 MB for a million. Raises TooManyOrphans.
    """
    names = _names_in(storage, folder)
    without_row = names.difference(_named(rows))
    if len(without_row) > max(FEW, len(names) * SHARE_MAX):
        raise TooManyOrphans(f"{len(without_row)} of {len(names)} files in {folder}")
    old = [name for name in sorted(without_row) if _is_old(storage, name, now)]
    for name in old:
        storage.delete(name)
    if old:
        log.warning("orphans_removed", folder=folder, files=len(old))
    return len(old)


def _names_in(storage: Storage, folder: str) -> set[str]:
    """Of its files; none where nothing has ever been stored."""
    try:
        return {f"{folder}/{name}" for name in storage.listdir(folder)[1]}
    except FileNotFoundError:
        return set()


def _named(rows: QuerySet[Any]) -> Iterable[str]:
    for pair in rows.values_list("large", "thumb").iterator(chunk_size=5_000):
        yield from pair


def _is_old(storage: Storage, name: str, now: datetime) -> bool:
    """Not what somebody else has deleted meanwhile."""
    try:
        return storage.get_modified_time(name) < now - timedelta(hours=settings.ORPHAN_AGE_H)
    except FileNotFoundError:
        return False
