"""`bin/restore`: the database and the files as they were at a time, in a new folder, checked."""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tools.backups.programs import (
    FOLDERS,
    ROOT,
    Backup,
    BackupFailed,
    Snapshot,
    backups,
    give_to_server,
    newest_archived,
    pgbackrest,
    restic,
    run_as_operator,
    snapshots,
)
from tools.backups.recovery import Recovery

# Replayed one after the other, they need a few segments at a time.
WAL_BYTES = 200_000_000
CHECKS = ("check_database", "verify_receipts", "check_media")


def main(given: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/restore", description="Restore the database and the files.")
    parser.add_argument("--to", required=True, type=_read_time, help="2026-11-30T14:05:00+07:00, or end")
    parser.add_argument("--into", required=True, type=Path, help="a folder that does not exist")
    arguments = parser.parse_args(given)
    return run_as_operator(lambda: _restore(arguments.to, arguments.into.absolute()))


def _read_time(text: str) -> datetime | None:
    """Parse the argument --to; None stands for `end`."""
    if text == "end":
        return None
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise argparse.ArgumentTypeError("has no offset from UTC")
    return found


@dataclass(frozen=True)
class Plan:
    """What is restored from where."""

    to: datetime | None
    backup: Backup
    files: dict[str, list[Snapshot]]


def _restore(to: datetime | None, into: Path) -> int:
    started = time.monotonic()
    if into.exists():
        raise BackupFailed(f"{into} exists; nothing is overwritten")
    plan = _plan(to)
    work = into.with_name(f"{into.name}.unfinished")
    _require_space(plan.backup, work.parent)
    shutil.rmtree(work, ignore_errors=True)
    try:
        work.mkdir(mode=0o755)
        _restore_files(plan, work)
        _restore_database(plan, work)
        with Recovery(work) as recovery:
            newest = recovery.wait(None if to else newest_archived())
            is_whole = _is_whole(recovery.socket, work)
        work.rename(into)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    print(f"restored into {into} in {time.monotonic() - started:.0f} s: {plan.backup.label} and all WAL up to {newest}")
    for folder, found in plan.files.items():
        times = " and ".join(f"{each.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" for each in found)
        print(f"{folder}: {f'snapshots of {times}' if times else 'there is no snapshot'}")
    if not is_whole:
        raise BackupFailed("what was restored is incomplete: see the checks above")
    return 0


def _plan(to: datetime | None) -> Plan:
    now = datetime.now(UTC)
    if to and to > now:
        raise BackupFailed(f"{to} is in the future")
    kept = backups()
    found = [each for each in kept if each.ended_at <= (to or now)]
    if not found:
        oldest = f"the oldest ended at {kept[0].ended_at}" if kept else "there is none"
        raise BackupFailed(f"no backup of the database ended before {to or now}: {oldest}")
    files = {folder: _around(snapshots(folder), to or now) for folder in FOLDERS}
    return Plan(to, found[-1], files)


def _around(kept: list[Snapshot], to: datetime) -> list[Snapshot]:
    """The last snapshot before a time and the first after it: the files of that time's rows are in one of the two.

    The nightly sweep removes files that no row names.
    """
    return [each for each in kept if each.at <= to][-1:] + [each for each in kept if each.at > to][:1]


def _require_space(backup: Backup, folder: Path) -> None:
    free, needed = shutil.disk_usage(folder).free, backup.bytes + WAL_BYTES
    if free < needed:
        has, needs = free // 1_000_000, needed // 1_000_000
        raise BackupFailed(f"{folder} has {has} MB free, and the database alone needs {needs} MB")


def _restore_files(plan: Plan, work: Path) -> None:
    for folder, found in plan.files.items():
        (work / folder).mkdir()
        for snapshot in found:
            restic("restore", snapshot.id, "--target", str(work / folder))


def _restore_database(plan: Plan, work: Path) -> None:
    give_to_server(work / "postgres")
    target = [f"--pg1-path={work / 'postgres'}", f"--set={plan.backup.label}"]
    if plan.to:
        when = f"{plan.to.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00"
        target += ["--type=time", f"--target={when}", "--target-action=promote"]
    pgbackrest("restore", *target)


def _is_whole(socket: Path, work: Path) -> bool:
    """Run the service's own checks on what was restored; they print what is wrong."""
    roots = {variable: str(work / folder) for folder, variable in FOLDERS.items()}
    environment = os.environ | roots | {"POSTGRES_HOST": str(socket), "POSTGRES_PORT": "5432"}
    command = [sys.executable, "bin/lib/call_commands.py", *CHECKS]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
