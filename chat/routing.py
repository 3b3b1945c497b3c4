"""Where sockets are opened."""

from typing import Any, cast

from channels.routing import URLRouter
from django.urls import path, re_path

from chat.consumers.socket import Socket


async def refuse(scope: Any, receive: Any, send: Any) -> None:
    """No socket is opened here; the handshake gets 403."""
    await receive()
    await send({"type": "websocket.close"})


routes: list[Any] = [path("ws/v1/", Socket.as_asgi()), re_path("", cast(Any, refuse))]
sockets = URLRouter(routes)
