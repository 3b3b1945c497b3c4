"""The HTTP door: `granian --interface asgi backend.web:application`."""

from typing import Any, cast
from urllib.parse import quote_from_bytes

from backend.wsgi import application as django_application

# isort: split
# Apps are ready, which lanes need.
from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.http import FileResponse

from backend.shared.express import Express, Means, Message, Receive, Scope, Send
from backend.shared.garbage import leave_what_is_loaded
from backend.shared.loop_database import LoopDatabase
from backend.shared.loop_redis import LoopRedis

_ASCII = bytes(range(128))
# Each piece of a file goes from its thread to the loop and back.
FileResponse.block_size = 1 << 18
_in_threads = WSGIMiddleware(cast(Any, django_application), workers=settings.HTTP_THREADS)


async def django(scope: Scope, receive: Receive, send: Send) -> None:
    """Hand the request to Django in a thread, in the form that a web server would."""
    # `X_Real` and `X-Real` become one name in WSGI, so one could pose as the other.
    headers = [(name, value) for name, value in scope["headers"] if b"_" not in name]
    query = quote_from_bytes(scope["query_string"], safe=_ASCII).encode()

    async def receive_as_coroutine() -> Message:
        return await receive()  # granian's own is something else, which threads cannot hand to the loop

    plain = {**scope, "headers": headers, "query_string": query}
    await _in_threads(cast(Any, plain), cast(Any, receive_as_coroutine), cast(Any, send))


means = Means(LoopDatabase(settings.LANE_CONNECTIONS), LoopRedis())
http = Express(django, [], means)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """HTTP, and the beginning and the end of the process."""
    if scope["type"] == "http":
        await http(scope, receive, send)
    elif scope["type"] == "lifespan":
        await _live(receive, send)


async def _live(receive: Receive, send: Send) -> None:
    await receive()
    leave_what_is_loaded()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await means.close()
    await send({"type": "lifespan.shutdown.complete"})
