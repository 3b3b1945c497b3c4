"""A consumer of the tutorials on channels-redis' pub/sub layer, for comparison alone."""

import json
from typing import Any

import django
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

django.setup()


class ChatConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Sends on what its group is sent."""

    async def connect(self) -> None:
        await self.channel_layer.group_add("everybody", self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard("everybody", self.channel_name)

    async def chat_message(self, event: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(event["frame"]))


async def http(scope: Any, receive: Any, send: Any) -> None:
    """Says that it is there."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


application = ProtocolTypeRouter({"http": http, "websocket": URLRouter([path("ws/chat/", ChatConsumer.as_asgi())])})
