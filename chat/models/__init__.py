"""Conversations, who takes part in them, and what they wrote."""

from chat.models.conversation import Conversation, Participant
from chat.models.message import Message

__all__ = ["Conversation", "Message", "Participant"]
