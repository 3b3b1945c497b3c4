"""Conversations, who takes part in them, and what they wrote."""

from chat.models.conversation import Conversation, Participant
from chat.models.location import MessageLocation
from chat.models.message import Message
from chat.models.photo import MessagePhoto

__all__ = ["Conversation", "Message", "MessageLocation", "MessagePhoto", "Participant"]
