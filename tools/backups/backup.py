"""`bin/backup`: back up the database, the files, or both, and remove what is older than `BACKUP_DAYS`."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from tools.backups.programs import (
    FOLDERS,
    BackupFailed,
    backups,
    pgbackrest,
    restic,
    run_as_operator,
    snapshots,
)

KINDS = ("full", "incr", "files", "verify")
# So that /metrics and the admin show when each was last made (notifications.models.PeriodicRun).
_NOTE = """
    INSERT INTO notifications_periodicrun (name, last_run_at) VALUES (%s, now())
    ON CONFLICT (name) DO UPDATE SET last_run_at = excluded.last_run_at
"""


def main(given: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/backup", description="Back up the database and the files.")
    parser.add_argument("kind", choices=KINDS, nargs="?", default="incr", help="what to do (incr)")
    kind = parser.parse_args(given).kind
    return run_as_operator(lambda: _verify() if kind == "verify" else _back_up(kind))


def _back_up(kind: str) -> int:
    days = int(os.environ.get("BACKUP_DAYS", "14"))
    # The files come last: those of all rows in the database's backup are among them.
    if kind != "files":
        _back_up_database(kind, days)
        _note_done("database")
    _require_repository()
    # In a cluster nothing but `files` runs, every few minutes; to prune takes much longer than that.
    prunes = kind != "files" or _is_first_today()
    for folder in FOLDERS:
        _back_up_files(folder, days)
    if prunes:
        restic("prune")
    _note_done("files")
    return 0


def _back_up_database(kind: str, days: int) -> None:
    started = time.monotonic()
    pgbackrest("stanza-create")
    pgbackrest("check")
    keep = ["--repo1-retention-full-type=time", f"--repo1-retention-full={days}"]
    pgbackrest("backup", f"--type={kind}", *keep)
    made = backups()
    print(
        f"database: {made[-1].label}, {_megabytes(made[-1].bytes)}, {_megabytes(made[-1].stored_bytes)} more stored, "
        f"{time.monotonic() - started:.0f} s; {len(made)} backups kept, since {made[0].ended_at:%Y-%m-%d %H:%M} UTC"
    )


def _back_up_files(folder: str, days: int) -> None:
    started, root = time.monotonic(), Path(os.environ[FOLDERS[folder]])
    if not root.is_dir():
        raise BackupFailed(f"{FOLDERS[folder]} is {root}, which is no folder")
    if not any(root.iterdir()):  # which restic refuses
        print(f"{folder}: nothing to back up")
        return
    # From inside, so that a restore may put them elsewhere.
    restic("backup", "--tag", folder, "--host", "tinder-for-trash", ".", cwd=root)
    restic("forget", "--tag", folder, "--group-by", "tags", "--keep-within", f"{days}d")
    kept = snapshots(folder)
    print(f"{folder}: snapshot {kept[-1].id}, {time.monotonic() - started:.0f} s; {len(kept)} snapshots kept")


def _is_first_today() -> bool:
    """Whether no files have been backed up since midnight, UTC."""
    today = datetime.now(UTC).date()
    return all(snapshot.at.astimezone(UTC).date() < today for folder in FOLDERS for snapshot in snapshots(folder))


def _require_repository() -> None:
    """Create restic's repository before the first backup."""
    try:
        restic("cat", "config")
    except BackupFailed as error:
        if "Is there a repository at the following location" not in str(error):
            raise
        restic("init")


def _verify() -> int:
    """Read everything that is stored, and fail when something is missing or damaged."""
    started = time.monotonic()
    said = pgbackrest("verify", "--output=text")
    if "status: error" in said:  # its exit status is 0
        raise BackupFailed(f"the repository of the database is damaged:\n{said}")
    restic("check", "--read-data")
    _note_done("verify")
    print(f"verified: {len(backups())} backups of the database, the files; {time.monotonic() - started:.0f} s")
    return 0


def _note_done(what: str) -> None:
    """Store in the database of the service that this succeeded, when libpq's variables name one (backup.env)."""
    if "PGDATABASE" not in os.environ:
        return
    try:
        with psycopg.connect() as connection:
            connection.execute(_NOTE, [f"backup.{what}"])
    except psycopg.Error as error:
        raise BackupFailed(f"the backup is made, but the database could not take note: {error}") from error


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.0f} MB"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
