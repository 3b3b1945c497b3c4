"""Chat's addresses under `/api/v1/`."""

from django.urls import path

from chat.api.conversations import Conversations, ReadPosition
from chat.api.message import LargePhoto, MessageView, ThumbPhoto
from chat.api.messages import Messages
from chat.api.mutes import ConversationMute
from chat.api.phrases import PhrasesView

MESSAGE = "conversations/<uuid:conversation_id>/messages/<uuid:message_id>"

urlpatterns = [
    path("conversations", Conversations.as_view()),
    path("conversations/<uuid:conversation_id>/messages", Messages.as_view()),
    path("phrases", PhrasesView.as_view()),
    path(MESSAGE, MessageView.as_view()),
    path(f"{MESSAGE}/photo/large", LargePhoto.as_view()),
    path(f"{MESSAGE}/photo/thumb", ThumbPhoto.as_view()),
    path("conversations/<uuid:conversation_id>/read", ReadPosition.as_view()),
    path("conversations/<uuid:conversation_id>/mute", ConversationMute.as_view()),
]
