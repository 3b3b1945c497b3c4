"""Broken files of each accepted format: refused or decoded, never with much memory or time.

`PICTURE_MUTATIONS=1000 bin/test tests/core/test_mutated_pictures.py` tries a thousand of each.
"""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

COUNT = int(os.environ.get("PICTURE_MUTATIONS", "60"))
ALLOWED = {"decoded", "photo_unreadable", "photo_too_many_pixels", "photo_too_long"}


@pytest.mark.slow
def test_broken_files_take_little_memory_and_time() -> None:
    command = [sys.executable, "-m", "tests.core.mutate_pictures", str(COUNT)]
    run = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True, timeout=900)

    seen = json.loads(run.stdout.splitlines()[-1])

    print(f"mutated pictures: {seen}")  # noqa: T201
    assert sum(seen["outcomes"].values()) == 4 * COUNT
    assert set(seen["outcomes"]) <= ALLOWED
    assert seen["outcomes"]["photo_unreadable"] > COUNT
    assert seen["grown_mb"] < 200
    assert seen["slowest_s"] < 2
