"""The path of the socket."""

from typing import Any, cast

from channels.routing import URLRouter
from django.urls import path, re_path

from chat.consumers.consumer import SocketConsumer


async def refuse(scope: Any, receive: Any, send: Any) -> None:
    """Answer the handshake with 403: there is no socket at this path."""
    await receive()
    await send({"type": "websocket.close"})


routes: list[Any] = [path("ws/v1/", SocketConsumer.as_asgi()), re_path("", cast(Any, refuse))]
sockets = URLRouter(routes)
