"""A WebSocket client that costs little processor time, so that the bench measures the server.

It masks with zeros, which RFC 6455 allows, reads only what our server sends, and answers pings.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any, cast

END_OF_HEAD = b"\r\n\r\n"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
OnText = Callable[[bytes], None]


class LightSocket(asyncio.Protocol):
    """One connection. `on_text` is called with every text frame; `closed` is done when the server closed it."""

    def __init__(self, port: int, path: str, subprotocols: str, on_text: OnText) -> None:
        self._handshake = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            + (f"Sec-WebSocket-Protocol: {subprotocols}\r\n" if subprotocols else "")
        ).encode() + b"\r\n"
        self._on_text = on_text
        self._buffer = bytearray()
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._handshake)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.opened.done() and not self._read_head():
            return
        while self._read_frame():
            pass

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("the connection was closed during the handshake"))
        if not self.closed.done():
            self.closed.set_result(None)

    def send_text(self, text: bytes) -> None:
        """Send a text frame."""
        self._send(TEXT, text)

    def _send(self, opcode: int, payload: bytes) -> None:
        length = len(payload)
        head = (
            bytes([0x80 | opcode, 0x80 | length]) if length < 126 else bytes([0x80 | opcode, 0xFE, *length.to_bytes(2)])
        )
        self.transport.write(head + b"\0\0\0\0" + payload)

    def _read_head(self) -> bool:
        end = self._buffer.find(END_OF_HEAD)
        if end < 0:
            return False
        if not self._buffer.startswith(b"HTTP/1.1 101"):
            self.opened.set_exception(ConnectionError(bytes(self._buffer[:60]).decode()))
            self.transport.abort()
            return False
        del self._buffer[: end + 4]
        self.opened.set_result(None)
        return True

    def _read_frame(self) -> bool:
        buffer = self._buffer
        if len(buffer) < 2:
            return False
        length, start = buffer[1], 2
        if length == 126:
            length, start = int.from_bytes(buffer[2:4], "big"), 4
        elif length == 127:
            length, start = int.from_bytes(buffer[2:10], "big"), 10
        if len(buffer) < start + length:
            return False
        opcode, payload = buffer[0] & 0x0F, bytes(buffer[start : start + length])
        del buffer[: start + length]
        self._handle_frame(opcode, payload)
        return True

    def _handle_frame(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            self._on_text(payload)
        elif opcode == PING:
            self._send(PONG, payload)
        elif opcode == CLOSE:
            self.transport.close()


async def open_light(port: int, path: str, subprotocols: str, on_text: OnText) -> LightSocket:
    """Open a socket. Raises ConnectionError when it is refused."""
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(lambda: LightSocket(port, path, subprotocols, on_text), "127.0.0.1", port)
    await socket.opened
    return socket


async def open_ours(port: int, ticket: str, on_frame: Callable[[dict[str, Any]], None]) -> LightSocket:
    """Open a socket of the service and resume at the head of its user's log; frames are decoded."""
    return await open_unread(port, ticket, lambda text: on_frame(json.loads(text)))


async def open_unread(port: int, ticket: str, on_text: OnText) -> LightSocket:
    """Do the same without decoding frames: decoding one costs the client more than sending one costs the server."""
    greeted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def receive(text: bytes) -> None:
        if not greeted.done():
            greeted.set_result(json.loads(text)["head"])
        on_text(text)

    socket = await open_light(port, "/ws/v1/", f"tft.v1, ticket.{ticket}", receive)
    socket.send_text(json.dumps({"type": "resume", "since": await greeted}).encode())
    return socket
