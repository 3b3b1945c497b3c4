"""A chat that stores messages, and a consumer that forwards what its group receives."""

import json
from typing import Any

import django
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.db import connection
from django.urls import path

django.setup()


@database_sync_to_async  # type: ignore[untyped-decorator]
def store(room: str, client_id: str) -> int:
    """Store the message; return its number."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO stock_message (room, client_id) VALUES (%s, %s) RETURNING id", [room, client_id])
        number: int = cursor.fetchone()[0]
        return number


class ChatConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Stores a message and sends it to the group of its room. It has no event log: an absent client misses it."""

    async def connect(self) -> None:
        self.room = self.scope["url_route"]["kwargs"]["room"]
        self.group = f"chat_{self.room}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        client_id = json.loads(text_data or "{}")["client_id"]
        number = await store(self.room, client_id)
        event = {"type": "chat.message", "client_id": client_id, "number": number}
        await self.channel_layer.group_send(self.group, event)

    async def chat_message(self, event: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps({"client_id": event["client_id"], "number": event["number"]}))


class BroadcastConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Forwards the frames of one group, on the pub/sub layer."""

    channel_layer_alias = "pubsub"

    async def connect(self) -> None:
        await self.channel_layer.group_add("everybody", self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard("everybody", self.channel_name)

    async def chat_message(self, event: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(event["frame"]))


async def http(scope: Any, receive: Any, send: Any) -> None:
    """Respond 200, which shows that the server runs."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": URLRouter(
            [path("ws/chat/<str:room>/", ChatConsumer.as_asgi()), path("ws/broadcast/", BroadcastConsumer.as_asgi())]
        ),
    }
)
