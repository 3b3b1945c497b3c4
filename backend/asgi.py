"""The realtime process: `uvicorn backend.asgi:application`. It serves sockets, and HTTP where one port serves all."""

import logging
import os
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
os.environ.setdefault("PGAPPNAME", "tft realtime")
os.environ.setdefault("POSTGRES_POOL", "20")

from backend.wsgi import django_application

# isort: split
# Apps are ready, which sockets need.
from a2wsgi import WSGIMiddleware
from channels.routing import ProtocolTypeRouter
from django.conf import settings

from backend.core.http.slow_bodies import WholeBodies
from backend.core.logs import leave_secrets_out
from backend.wsgi import freeze_loaded_objects
from chat.consumers.realtime import Realtime
from chat.routing import sockets

# A message that is not UTF-8 closes the socket with 1007. That is the client's fault and needs no log entry.
logging.getLogger("uvicorn.error").addFilter(lambda record: not record.getMessage().startswith("Invalid UTF-8"))
logging.getLogger("uvicorn.access").addFilter(leave_secrets_out)


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    """Start what all sockets share before the first one, and stop it after the last."""
    await receive()
    freeze_loaded_objects()
    async with Realtime() as scope["state"]["realtime"]:
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


http = WholeBodies(cast(Any, WSGIMiddleware(cast(Any, django_application), workers=settings.HTTP_THREADS)))
application = ProtocolTypeRouter({"http": http, "websocket": sockets, "lifespan": lifespan})
