"""Workers as a deployment starts them, to be killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-W", "ignore", "manage.py", "procrastinate", "worker", "--concurrency", "4"]


class Worker:
    """`manage.py procrastinate worker`, in a process group of its own."""

    def __init__(self, environment: Mapping[str, str], log: IO[bytes]) -> None:
        self._process = subprocess.Popen(
            COMMAND, cwd=ROOT, env={**os.environ, **environment}, stdout=log, stderr=log, start_new_session=True
        )

    def is_running(self) -> bool:
        """Whether it has not ended by itself."""
        return self._process.poll() is None

    def kill(self) -> None:
        """As the kernel does when memory runs out: nothing of it gets a chance to tidy up."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
