"""A killed PostgreSQL is restored from its archive to a time and to the end; what cannot be restored is said."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from tools.backups.programs import ROOT
from tools.backups.recovery import Recovery
from tools.drills.primary import Primary, archiving_primary

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not (shutil.which("pgbackrest") and shutil.which("restic")), reason="bin/setup --dev could not install them"
    ),
]
# In memory if possible: only a crash of the machine would need a disk.
PLACE = "/dev/shm" if Path("/dev/shm").is_dir() else "/var/tmp"


@dataclass
class Writer:
    """Commits one number after the other until the server dies; knows which were acknowledged, and when."""

    primary: Primary
    acknowledged: list[datetime] = field(default_factory=list)

    def run(self) -> None:
        with suppress(psycopg.OperationalError), self.primary.postgres.connect() as line:
            while True:
                line.execute("INSERT INTO written (number) VALUES (%s)", [len(self.acknowledged) + 1])
                self.acknowledged.append(datetime.now(UTC))


@dataclass
class Killed:
    """What was left of a server that was killed under load."""

    primary: Primary
    writer: Writer
    archived: int  # of the numbers acknowledged, so many were in the archive
    middle: datetime
    noted: set[str]

    def restore(self, to: str, name: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return self.primary.run("restore", "--to", to, "--into", str(self.primary.folder / name), **environment)

    def numbers_in(self, name: str) -> list[int]:
        with Recovery(self.primary.folder / name) as recovery:
            recovery.wait(None)
            database = self.primary.postgres.variables["POSTGRES_DB"]
            with psycopg.connect(host=str(recovery.socket), user="tft", dbname=database) as line:
                return [number for (number,) in line.execute("SELECT number FROM written ORDER BY number")]


@pytest.fixture(scope="module")
def killed(django_db_setup: None) -> Iterator[Killed]:
    with archiving_primary(PLACE) as primary:
        copy_schema(primary)
        (primary.folder / "media" / "pickups").mkdir()
        (primary.folder / "media" / "pickups" / "a.jpg").write_bytes(b"a picture")
        primary.run("backup").check_returncode()
        with primary.postgres.connect() as line:
            noted = {str(name) for (name,) in line.execute("SELECT name FROM notifications_periodicrun")}
        writer = Writer(primary)
        thread = threading.Thread(target=writer.run)
        thread.start()
        primary.archive_all()
        middle = datetime.now(UTC)
        after = len(writer.acknowledged)
        while len(writer.acknowledged) < after + 20 and thread.is_alive():
            pass
        archived = len(writer.acknowledged)
        primary.archive_all()
        primary.postgres.kill_with_sessions()
        thread.join()
        yield Killed(primary, writer, archived, middle, noted)


def copy_schema(primary: Primary) -> None:
    """The schema of the test database; to migrate takes longer."""
    ours = connection.settings_dict
    source = ["--host", ours["HOST"], "--port", str(ours["PORT"]), "--username", ours["USER"], ours["NAME"]]
    dumped = subprocess.run(["pg_dump", *source], capture_output=True, check=True).stdout
    target = primary.postgres.conninfo()
    subprocess.run(
        ["psql", "--quiet", "--single-transaction", target], input=dumped, check=True, stdout=subprocess.DEVNULL
    )
    with primary.postgres.connect() as line:
        line.execute("CREATE TABLE written (number int)")


def test_a_killed_database_is_restored_to_a_time_with_its_files(killed: Killed) -> None:
    restored = killed.restore(killed.middle.isoformat(), "then")

    assert restored.returncode == 0, restored
    assert "The database is complete.\n" in restored.stdout
    assert "All files are there.\n" in restored.stdout
    until = sum(at <= killed.middle for at in killed.writer.acknowledged)
    # A number may be committed just before that time and acknowledged after it.
    assert killed.numbers_in("then") in (list(range(1, until + 1)), list(range(1, until + 2)))
    assert (killed.primary.folder / "then" / "media" / "pickups" / "a.jpg").read_bytes() == b"a picture"


def test_backups_are_noted_for_the_alarm(killed: Killed) -> None:
    assert killed.noted == {"backup.database", "backup.files"}


def test_a_killed_database_is_restored_to_all_that_was_archived(killed: Killed) -> None:
    restored = killed.restore("end", "end")

    assert restored.returncode == 0, restored
    numbers = killed.numbers_in("end")
    assert numbers == list(range(1, len(numbers) + 1))
    assert killed.archived <= len(numbers) <= len(killed.writer.acknowledged) + 1


def test_nothing_is_overwritten(killed: Killed) -> None:
    refused = killed.restore("end", "media")

    assert (refused.returncode, refused.stderr.count("nothing is overwritten")) == (1, 1)


@pytest.mark.parametrize(
    ("to", "environment", "said"),
    [
        ("2020-01-01T00:00:00+00:00", {}, "no backup of the database ended before"),
        ("2999-01-01T00:00:00+00:00", {}, "in the future"),
        ("end", {"PGBACKREST_REPO1_CIPHER_PASS": "another"}, "the key is not its key"),
        ("end", {"RESTIC_PASSWORD_FILE": os.devnull}, "restic"),
    ],
)
def test_what_cannot_be_restored_is_said_and_leaves_nothing(
    killed: Killed, to: str, environment: dict[str, str], said: str
) -> None:
    refused = killed.restore(to, "never", **environment)

    assert refused.returncode == 1
    assert said in refused.stderr
    assert list(killed.primary.folder.glob("never*")) == []


def test_missing_wal_and_damage_are_noticed(killed: Killed) -> None:
    """Last, as it damages the repository."""
    repository = killed.primary.folder / "repository"
    segments = sorted(repository.glob("archive/tft/*/*/0*.zst"))
    hidden = segments[-2].rename(segments[-2].with_suffix(".hidden"))

    assert "WAL is missing" in killed.restore("end", "never").stderr

    hidden.rename(segments[-2])
    [damaged] = repository.glob("backup/tft/*F/pg_data/global/pg_control.zst")
    damage(damaged)
    refused = killed.restore("end", "never")
    assert (refused.returncode, "pgbackrest" in refused.stderr) == (1, True)
    assert list(killed.primary.folder.glob("never*")) == []
    assert killed.primary.run("backup", "verify").returncode == 1


def test_erased_files_leave_the_repository_where_files_alone_are_backed_up(tmp_path: Path) -> None:
    media, private, repository = (tmp_path / name for name in ("media", "private", "repository"))
    media.mkdir()
    private.mkdir()
    (media / "kept.jpg").write_bytes(b"a picture")
    (media / "erased.jpg").write_bytes(os.urandom(100_000))
    places = {"MEDIA_ROOT": str(media), "PRIVATE_ROOT": str(private), "RESTIC_REPOSITORY": str(repository)}
    environment = os.environ | places | {"RESTIC_PASSWORD": "a key", "BACKUP_DAYS": "14"}

    def run(*command: str) -> None:
        subprocess.run(command, env=environment, cwd=media, capture_output=True, check=True)

    run("restic", "init")
    run("restic", "backup", "--tag", "media", "--host", "tinder-for-trash", "--time", "2026-01-01 12:00:00", ".")
    (media / "erased.jpg").unlink()
    run(str(ROOT / "bin" / "backup"), "files")

    assert sum(file.stat().st_size for file in repository.glob("data/*/*")) < 100_000


def damage(file: Path) -> None:
    held = bytearray(file.read_bytes())
    held[len(held) // 2] ^= 0xFF
    file.write_bytes(held)
