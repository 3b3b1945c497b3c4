"""Conversations, their participants, and their messages."""

from chat.models.conversation import Conversation, Participant, topic_of
from chat.models.message import Message, MessageLocation
from chat.models.photo import MessagePhoto

__all__ = ["Conversation", "Message", "MessageLocation", "MessagePhoto", "Participant", "topic_of"]
