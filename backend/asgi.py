"""The socket's door, and at home the one for everything: `uvicorn backend.asgi:application`."""

import logging
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
os.environ.setdefault("POSTGRES_POOL", "20")

from a2wsgi import WSGIMiddleware
from channels.routing import ProtocolTypeRouter
from django.conf import settings

from backend.shared.garbage import leave_what_is_loaded
from backend.shared.logs import leave_query_out

# It makes the apps ready, which everything after it needs.
from backend.wsgi import application as wsgi_application
from chat.consumers.realtime import Realtime
from chat.routing import sockets

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

in_threads = WSGIMiddleware(cast(Any, wsgi_application), workers=settings.HTTP_THREADS)
# Bytes that are no UTF-8 end the socket with 1007; they are the client's fault and nothing to look into.
logging.getLogger("uvicorn.error").addFilter(lambda record: not record.getMessage().startswith("Invalid UTF-8"))
logging.getLogger("uvicorn.access").addFilter(leave_query_out)


async def http(scope: Scope, receive: Receive, send: Send) -> None:
    """Hand the request to the WSGI application, in the form that a web server would."""
    # `X_Real` and `X-Real` become one name in WSGI, so one could pose as the other.
    headers = [(name, value) for name, value in scope["headers"] if b"_" not in name]
    await in_threads(cast(Any, {**scope, "headers": headers}), receive, send)


async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    """Start what the sockets share before the first one, and stop it after the last."""
    await receive()
    leave_what_is_loaded()
    async with Realtime() as scope["state"]["realtime"]:
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


application = ProtocolTypeRouter({"http": http, "websocket": sockets, "lifespan": lifespan})
