"""Conversations, their messages, and the socket. Knows no pickups."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """The chat of a match, and the one socket of an app."""

    name = "chat"

    def ready(self) -> None:
        """Take part in a person's copy and erasure; say messages in the reader's language."""
        from backend.accounts.holders import register_holder  # noqa: PLC0415 - ready only once the models are
        from chat.services import privacy  # noqa: PLC0415
        from chat.shapes import render_event  # noqa: PLC0415
        from notifications.frames import register_renderer  # noqa: PLC0415

        register_holder("chat", privacy)
        register_renderer("message.sent", render_event)
