"""The processes that are killed, and a supervisor that starts them again, as systemd or a container would."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 30


def command_of(process: str) -> str:
    """The Procfile's own line, on loopback only."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    command = next(line.split(":", 1)[1] for line in lines if line.startswith(f"{process}:"))
    return command.replace("0.0.0.0", "127.0.0.1").strip()


class Process:
    """One process that is kept running, whatever ends it."""

    def __init__(self, command: str, environment: Mapping[str, str], log: Path) -> None:
        self._command, self._log = command, log
        path = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
        self._environment = {**os.environ, **path, **environment}
        self._popen: subprocess.Popen[bytes] | None = None

    async def keep_running(self) -> None:
        """Start it, and again whenever it ends."""
        while True:
            if self._popen is None or self._popen.poll() is not None:
                self._start()
            await asyncio.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL, to it alone."""
        assert self._popen
        self._popen.kill()

    def kill_worker(self) -> None:
        """SIGKILL to one of the processes it has started to do the work."""
        assert self._popen
        os.kill(children_of(self._popen.pid)[-1], signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, and after a moment SIGKILL to its whole group."""
        if self._popen is None:
            return
        self._popen.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(3)
        with suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()

    def _start(self) -> None:
        with self._log.open("ab") as log:
            self._popen = subprocess.Popen(
                ["bash", "-c", f"exec {self._command}"],
                cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip


def children_of(pid: int) -> list[int]:
    """The processes that this one has started, but Python's resource tracker, which does no work."""
    found = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    rows = [line.split(None, 1) for line in found.stdout.splitlines()]
    return sorted(int(row[0]) for row in rows if "resource_tracker" not in row[1])


def run_quietly(*command: str) -> None:
    """A short command of ours. Raises with what it said when it fails."""
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if ran.returncode:
        raise RuntimeError(f"{command[0]}: {ran.stdout}{ran.stderr}")
