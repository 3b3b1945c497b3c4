"""The addresses of this app, under `/api/v1/`."""

from django.urls import path

from notifications.api.devices import (
    ChoicesView,
    DevicesView,
    DeviceView,
    EmailVerifyView,
    EmailView,
    LineView,
    LineWebhook,
)
from notifications.api.events import (
    AcknowledgeView,
    EventsView,
    InboxView,
    ReadAllView,
    ReadEntryView,
    ReadView,
    UnreadView,
)

urlpatterns = [
    path("devices", DevicesView.as_view()),
    path("devices/<id:device_id>", DeviceView.as_view()),
    path("me/notifications", ChoicesView.as_view()),
    path("me/line", LineView.as_view()),
    path("me/email", EmailView.as_view()),
    path("me/email/verify", EmailVerifyView.as_view()),
    path("line/webhook", LineWebhook.as_view()),
    path("inbox", InboxView.as_view()),
    path("inbox/unread", UnreadView.as_view()),
    path("inbox/read-all", ReadAllView.as_view()),
    path("inbox/<int:seq>/read", ReadEntryView.as_view()),
    path("events", EventsView.as_view()),
    path("events/ack", AcknowledgeView.as_view()),
    path("events/read", ReadView.as_view()),
]
