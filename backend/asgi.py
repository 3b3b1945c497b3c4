"""The socket's door, and at home the one for everything: `uvicorn backend.asgi:application`."""

import logging
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
os.environ.setdefault("POSTGRES_POOL", "20")

from backend.web import http, means

# isort: split
# Apps are ready, which sockets need.
from channels.routing import ProtocolTypeRouter

from backend.shared.express import Receive, Scope, Send
from backend.shared.garbage import leave_what_is_loaded
from backend.shared.logs import leave_query_out
from chat.consumers.realtime import Realtime
from chat.routing import sockets

# Bytes that are no UTF-8 end the socket with 1007; they are the client's fault and nothing to look into.
logging.getLogger("uvicorn.error").addFilter(lambda record: not record.getMessage().startswith("Invalid UTF-8"))
logging.getLogger("uvicorn.access").addFilter(leave_query_out)


async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    """Start what the sockets share before the first one, and stop it after the last."""
    await receive()
    leave_what_is_loaded()
    async with Realtime() as scope["state"]["realtime"]:
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await means.close()
    await send({"type": "lifespan.shutdown.complete"})


application = ProtocolTypeRouter({"http": http, "websocket": sockets, "lifespan": lifespan})
