"""uvicorn's WebSocket protocol with a bound on what a client that does not read costs.

Start uvicorn with `--ws chat.consumers.uvicorn_websocket:BoundedWebSocket`.
"""

import asyncio
import socket
from typing import Any

from django.conf import settings
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

# Linux keeps twice as much. Without a limit it grows to megabytes for a client that does not read.
KERNEL_BUFFER_BYTES = 32_768
CLOSE_GRACE_S = 2


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """Buffers one write at most, and drops a connection whose client has not read it for too long.

    The consumer closes the socket with a code after `SOCKET_SEND_TIMEOUT_S`; `CLOSE_GRACE_S` later, when the client has
    not read that either, the connection is dropped.
    """

    _abort_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Limit the buffers of the event loop and of the kernel."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)
        connection = transport.get_extra_info("socket")
        if connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER_BYTES)

    def pause_writing(self) -> None:
        """The kernel's buffer is full: the client has to read before more is written."""
        super().pause_writing()
        delay_s = settings.SOCKET_SEND_TIMEOUT_S + CLOSE_GRACE_S
        self._abort_timer = self.loop.call_later(delay_s, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has read everything."""
        self._stop_abort_timer()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_abort_timer()
        super().connection_lost(exc)

    def _stop_abort_timer(self) -> None:
        if self._abort_timer is not None:
            self._abort_timer.cancel()
            self._abort_timer = None
