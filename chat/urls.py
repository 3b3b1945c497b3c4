"""Chat's addresses under `/api/v1/`."""

from django.urls import path

from chat.api.conversations import Conversations, ReadPosition
from chat.api.message import LargePhoto, MessageDoor, ThumbPhoto
from chat.api.messages import Messages
from chat.api.mutes import ConversationMute
from chat.api.phrases import PhrasesDoor

MESSAGE = "conversations/<uuid:conversation_id>/messages/<uuid:message_id>"

urlpatterns = [
    path("conversations", Conversations.as_view()),
    path("conversations/<uuid:conversation_id>/messages", Messages.as_view()),
    path("phrases", PhrasesDoor.as_view()),
    path(MESSAGE, MessageDoor.as_view()),
    path(f"{MESSAGE}/photo/large", LargePhoto.as_view()),
    path(f"{MESSAGE}/photo/thumb", ThumbPhoto.as_view()),
    path("conversations/<uuid:conversation_id>/read", ReadPosition.as_view()),
    path("conversations/<uuid:conversation_id>/mute", ConversationMute.as_view()),
]
