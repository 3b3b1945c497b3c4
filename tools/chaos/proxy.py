"""A TCP proxy in front of Redis that can stall, cut and slow down what passes."""

import asyncio
from contextlib import suppress

CHUNK = 65_536


class Proxy:
    """Listens on a free port of this machine: `async with Proxy(socket) as proxy`."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._open: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self.port = 0
        self.delay_s = 0.0
        self.drops = False

    async def __aenter__(self) -> "Proxy":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error: object) -> None:
        self.cut()
        self._server.close()

    def cut(self) -> None:
        """Break off every connection, with what is on its way."""
        for writer in tuple(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            if self.drops:
                await self._pump(reader, writer)
                return
            target_reader, target_writer = await asyncio.open_unix_connection(self._target)
            self._open.add(target_writer)
            try:
                back = asyncio.create_task(self._pump(target_reader, writer))
                await self._pump(reader, target_writer)
                back.cancel()
            finally:
                self._drop(target_writer)
        except OSError:
            pass  # Redis is dead, which is the point
        finally:
            self._drop(writer)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                if self.drops:
                    continue
                await asyncio.sleep(self.delay_s)
                writer.write(data)
                await writer.drain()
        self._drop(writer)

    def _drop(self, writer: asyncio.StreamWriter) -> None:
        self._open.discard(writer)
        writer.transport.abort()
