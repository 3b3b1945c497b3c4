"""Conversations, their messages, and the socket. Knows no pickups."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """The chat of a match, and the one socket of an app."""

    name = "chat"
