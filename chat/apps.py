"""Conversations, their messages, and the socket. Knows no pickups."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChatConfig(AppConfig):
    name = "chat"
    verbose_name = _("chat")

    def ready(self) -> None:
        """Register the personal data, messages as something to report, and the translation of messages in the log."""
        from backend.accounts.registry import register_records  # noqa: PLC0415 - needs the models
        from backend.moderation.subjects import register_subject  # noqa: PLC0415
        from chat import moderation  # noqa: PLC0415
        from chat.records import RECORDS  # noqa: PLC0415
        from chat.responses import render_event  # noqa: PLC0415
        from chat.services import privacy  # noqa: PLC0415
        from notifications.frames import register_renderer  # noqa: PLC0415

        register_records("chat", RECORDS, leave=privacy.leave)
        register_subject("message", moderation)
        register_renderer("message.sent", render_event)
