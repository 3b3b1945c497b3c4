"""The comparison: a consumer as the tutorials show it, which stores the message and sends it to the room's group.

`uvicorn tools.chaos.stock:application` with `tools.chaos.stock_settings`. It knows no event log: what is sent while a
client is away, or while Redis is, is told to nobody.
"""

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
    """Keep the message; returns its number."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO stock_message (room, client_id) VALUES (%s, %s) RETURNING id", [room, client_id])
        number: int = cursor.fetchone()[0]
        return number


class ChatConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """The tutorial's, which keeps what it is sent before it tells the group."""

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


application = ProtocolTypeRouter({"websocket": URLRouter([path("ws/chat/<str:room>/", ChatConsumer.as_asgi())])})
