"""The hub's connection to Redis."""

import asyncio
from contextlib import suppress

import pytest
from django.test import override_settings

from chat.consumers import hub
from tests.waits import PATIENCE_S


def test_reconnects_when_redis_is_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel accepts connections for a process that never responds."""
    monkeypatch.setattr(hub, "SILENCE_S", 0.1)

    assert asyncio.run(_connections_within(PATIENCE_S)) >= 2


async def _connections_within(patience_s: float) -> int:
    """How often the hub connects to a silent server, at most twice."""
    came = 0
    again = asyncio.Event()

    async def stay_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came
        came += 1
        if came > 1:
            again.set()
        await reader.read(-1)
        writer.close()

    async with await asyncio.start_server(stay_silent, "127.0.0.1", 0) as server:
        address = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with override_settings(REDIS_URL=address), suppress(TimeoutError):
            listening = asyncio.create_task(hub.Hub().run())
            await asyncio.wait_for(again.wait(), patience_s)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    return came
