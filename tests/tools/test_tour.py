"""The tools behind `bin/tour`."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from tests.chat.processes import running_process
from tests.waits import PATIENCE_S
from tools.tour.people import WorkerLog
from tools.tour.phone import Phone
from tools.tour.posting import private_data_in, take_photo
from tools.tour.screen import Mismatch, Screen, expect, expect_that, width_of


class TestPhoto:
    def test_holds_all_private_data_of_a_camera(self) -> None:
        assert private_data_in(take_photo(13.75, 100.5)) == ["place", "EXIF", "camera"]


class TestScreen:
    def test_counts_thai_columns_as_a_terminal_does(self) -> None:
        assert width_of("ที่นี่") == 2
        assert width_of("Malee") == 5


class TestChecks:
    def test_raise_with_what_was_expected_and_found(self) -> None:
        with pytest.raises(Mismatch) as caught:
            expect("kilograms", 10, 11)

        assert (caught.value.what, caught.value.expected, caught.value.actual) == ("kilograms", 11, 10)

    def test_do_nothing_when_both_are_equal(self) -> None:
        expect("kilograms", 11, 11)
        expect_that("kilograms", True, expected="some", actual=11)


class TestWorkerLog:
    def test_finds_the_new_pushes_of_one_phone(self, tmp_path: Path) -> None:
        file = tmp_path / "worker.log"
        malee = Phone(Screen(), "http://127.0.0.1", name="Malee", locale="th", colour="green")
        head = f"╭─ push 7 · chat · android {malee.push_token[:8]}…"
        file.write_text(f"{head}{malee.push_token[-4:]} ──\n│ Old message\n╰──\n")
        log = WorkerLog(file)

        with file.open("a") as output:
            output.write(f"something else\n{head}{malee.push_token[-4:]} ──\n│ New message\n│ Hello\n╰──\n")
            output.write(f"{head}#### ──\n│ To another phone\n╰──\n")

        assert asyncio.run(log.pushes_to(malee)) == [["New message", "Hello"]]


ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def worker_log(transactional_db: None, redis_prefix: str, tmp_path: Path) -> Iterator[Path]:
    """The output of a worker that prints pushes, as that of `bin/run`."""
    ours = {"POSTGRES_DB": connection.settings_dict["NAME"], "REDIS_PREFIX": redis_prefix, "PUSH_BACKEND": "console"}
    command = [sys.executable, "manage.py", "procrastinate", "worker", "--shutdown-graceful-timeout", "2"]
    path = tmp_path / "worker.log"
    with path.open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | ours, stdout=log)
        yield path
        process.terminate()
        process.wait(PATIENCE_S)


@pytest.mark.slow
def test_the_tour_finds_everything_as_expected(redis_prefix: str, worker_log: Path) -> None:
    with running_process(redis_prefix, NEW_ACCOUNT_DAYS="0") as (_, address):
        command = [sys.executable, "-m", "tools.tour", f"http://{address}", "--worker-log", str(worker_log)]
        played = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert played.returncode == 0, played.stdout + played.stderr
    assert "🔔" in played.stdout
