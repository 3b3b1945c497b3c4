"""A PostgreSQL that archives as deploy/ says, with a repository for its backups, to be killed and restored."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.backups.programs import ROOT, give_to_server, pgbackrest
from tools.chaos.servers import Postgres

ARCHIVE = re.findall(r"^ALTER SYSTEM .*;$", (ROOT / "deploy" / "archive.sql").read_text(), re.MULTILINE)


@dataclass
class Primary:
    """The server, its folder, and the environment of bin/backup and bin/restore."""

    postgres: Postgres
    folder: Path
    environment: dict[str, str]

    def run(self, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of bin/ for this server."""
        return subprocess.run(
            [str(ROOT / "bin" / command[0]), *command[1:]],
            env=os.environ | self.environment | environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def archive_all(self) -> None:
        """Wait until all that is committed is in the archive."""
        pgbackrest("check")


@contextmanager
def archiving_primary(place: str) -> Iterator[Primary]:
    """Start one in a new folder in `place`, which PostgreSQL's user can enter, and remove it."""
    folder = Path(tempfile.mkdtemp(prefix="tft-primary-", dir=place))
    folder.chmod(0o755)
    environment = _environment(folder)
    os.environ.update(environment)  # the server's archive_command reads them
    postgres = Postgres(folder)
    try:
        for name in ("repository", "lock"):
            give_to_server(folder / name)
        postgres.start()
        with postgres.connect() as connection:
            for statement in ARCHIVE:
                connection.execute(statement)
        postgres.stop()
        postgres.start()
        postgres.read_data_directory()
        yield Primary(postgres, folder, environment | postgres.variables | _libpq(postgres.variables))
    finally:
        postgres.remove()
        shutil.rmtree(folder)
        for name in environment:
            os.environ.pop(name, None)


def _libpq(variables: dict[str, str]) -> dict[str, str]:
    """Where bin/backup notes what it has made."""
    return {
        f"PG{to}": variables[f"POSTGRES_{name}"]
        for to, name in (("HOST", "HOST"), ("USER", "USER"), ("DATABASE", "DB"))
    }


def _environment(folder: Path) -> dict[str, str]:
    for name in ("media", "private"):
        (folder / name).mkdir()
    (folder / "key").write_text("a key of the files")
    return {
        "PGBACKREST_CONFIG": str(ROOT / "deploy" / "pgbackrest.conf"),
        "PGBACKREST_REPO1_PATH": str(folder / "repository"),
        "PGBACKREST_REPO1_CIPHER_PASS": "a key of the database",
        "PGBACKREST_PG1_PATH": str(folder / "postgres" / "data"),
        "PGBACKREST_PG1_SOCKET_PATH": str(folder / "postgres"),
        "PGBACKREST_PG1_USER": "tft",
        "PGBACKREST_LOCK_PATH": str(folder / "lock"),
        "RESTIC_REPOSITORY": str(folder / "files"),
        "RESTIC_PASSWORD_FILE": str(folder / "key"),
        "MEDIA_ROOT": str(folder / "media"),
        "PRIVATE_ROOT": str(folder / "private"),
    }
