"""The TypeScript SDK plays clients/conformance against the real service, by a network that loses and repeats."""

from pathlib import Path

import pytest

from tests.chat.processes import running_process
from tests.clients.nodes import run_node

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.slow
def test_typescript_passes_every_scenario(redis_prefix: str, tmp_path: Path) -> None:
    places = {"MEDIA_ROOT": str(tmp_path / "media"), "PRIVATE_ROOT": str(tmp_path / "private")}
    limits = {"RATE_SIGN_IN": "1000/minute", "RATE_WRITE": "10000/minute", "HEARTBEAT_S": "1"}

    with running_process(redis_prefix, **places, **limits) as (_, server):
        run_node("runner/main.ts", "--service", f"http://{server}", "--at-once", "8", package="conformance")
