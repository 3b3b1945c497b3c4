"""The addresses of chat under `/api/v1/`."""

from django.urls import path

from chat.api.conversations import ConversationsView, ConversationView, MuteView, ReadPositionView
from chat.api.messages import LargePhotoView, MessagesView, MessageView, PhotoMessagesView, PhrasesView, ThumbPhotoView

MESSAGE = "conversations/<id:conversation_id>/messages/<id:message_id>"

urlpatterns = [
    path("conversations", ConversationsView.as_view()),
    path("conversations/<id:conversation_id>", ConversationView.as_view()),
    path("conversations/<id:conversation_id>/messages", MessagesView.as_view()),
    path("conversations/<id:conversation_id>/photos", PhotoMessagesView.as_view()),
    path("phrases", PhrasesView.as_view()),
    path(MESSAGE, MessageView.as_view()),
    path(f"{MESSAGE}/photo/large", LargePhotoView.as_view()),
    path(f"{MESSAGE}/photo/thumb", ThumbPhotoView.as_view()),
    path("conversations/<id:conversation_id>/read", ReadPositionView.as_view()),
    path("conversations/<id:conversation_id>/mute", MuteView.as_view()),
]
