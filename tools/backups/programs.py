"""The programs that do the work: pgBackRest for the database, restic for the files. Both are configured by their own
variables and files (deploy/pgbackrest.conf, deploy/backup.env.example)."""

import json
import os
import pwd
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
STANZA = "tft"
FOLDERS = {"media": "MEDIA_ROOT", "private": "PRIVATE_ROOT"}
WRONG_KEY = re.compile(r"CryptoError|FormatError|wrong password")
NEEDED = ("RESTIC_REPOSITORY", "MEDIA_ROOT", "PRIVATE_ROOT")


class BackupFailed(Exception):
    """Why a backup or a restore was given up; the text is for the operator."""


@dataclass(frozen=True)
class Backup:
    """A backup of the database."""

    label: str
    ended_at: datetime
    bytes: int
    stored_bytes: int


@dataclass(frozen=True)
class Snapshot:
    """The files of one folder at one time."""

    id: str
    at: datetime


def run_as_operator(work: Callable[[], int]) -> int:
    """Run `work`, and print the reason if it fails. Returns the exit status."""
    try:
        missing = [name for name in NEEDED if not os.environ.get(name)]
        if missing:
            raise BackupFailed(f"not set: {', '.join(missing)} (deploy/backup.env.example, docs/operations.md)")
        return work()
    except (BackupFailed, OSError) as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1


def server_user() -> str | None:
    """PostgreSQL's user when this runs as root, as neither PostgreSQL nor its archive may belong to root."""
    return "postgres" if os.geteuid() == 0 else None


def give_to_server(folder: Path) -> None:
    """Make a folder that PostgreSQL's user alone can enter."""
    folder.mkdir(mode=0o700)
    if user := server_user():
        found = pwd.getpwnam(user)
        os.chown(folder, found.pw_uid, found.pw_gid)


def pgbackrest(*arguments: str, stanza: str = STANZA) -> str:
    """Run pgBackRest as PostgreSQL's user; returns what it prints."""
    command = ["pgbackrest", f"--stanza={stanza}", "--log-level-console=off", "--log-level-stderr=error", *arguments]
    return _run(command, user=server_user(), cwd="/")


def restic(*arguments: str, cwd: str | Path = "/") -> str:
    """Run restic; returns what it prints."""
    return _run(["restic", "--quiet", *arguments], user=None, cwd=cwd)


def _run(command: Sequence[str], user: str | None, cwd: str | Path) -> str:
    try:
        ran = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, cwd=cwd,
            user=user, group=user, extra_groups=[] if user else None,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise BackupFailed(f"{command[0]} is not installed (apt-get install pgbackrest restic)") from error
    if ran.returncode:
        raise BackupFailed(_reason(command[0], ran.stderr or ran.stdout))
    return ran.stdout


def _reason(program: str, said: str) -> str:
    if WRONG_KEY.search(said):
        return f"{program} cannot read the repository: the key is not its key, or the repository is damaged"
    return f"{program}: {said.strip()}"


def backups() -> list[Backup]:
    """The backups of the database that can be restored, oldest first."""
    return [
        Backup(
            found["label"],
            datetime.fromtimestamp(found["timestamp"]["stop"], UTC),
            found["info"]["size"],
            found["info"]["repository"]["delta"],
        )
        for found in _info()["backup"]
        if not found["error"]
    ]


def newest_archived() -> str:
    """The name of the newest WAL segment in the archive, or an empty text."""
    return max((found["max"] or "" for found in _info()["archive"]), default="")


def _info() -> dict[str, Any]:
    [found] = json.loads(pgbackrest("info", "--output=json"), strict=False)
    for repository in found["repo"]:
        if repository["status"]["code"] == 99:
            raise BackupFailed(_reason("pgbackrest", repository["status"]["message"]))
    return dict(found)


def snapshots(folder: str) -> list[Snapshot]:
    """The snapshots of a folder of files (`media` or `private`), oldest first."""
    found = json.loads(restic("snapshots", "--json", "--tag", folder) or "[]") or []
    rows = [Snapshot(row["short_id"], _read_time(row["time"])) for row in found]
    return sorted(rows, key=lambda row: row.at)


def _read_time(text: str) -> datetime:
    # restic writes nanoseconds, which Python 3.11 cannot read.
    return datetime.fromisoformat(re.sub(r"\.(\d{1,6})\d*", r".\1", text))
