"""The addresses of this app, under `/api/v1/`."""

from django.urls import path

from notifications.api.devices import ChoicesDoor, DeviceDoor, DevicesDoor
from notifications.api.email import EmailDoor, EmailVerifyDoor
from notifications.api.events import AcknowledgeDoor, EventsDoor, ReadDoor
from notifications.api.inbox import InboxDoor, ReadAllDoor, ReadEntryDoor, UnreadDoor
from notifications.api.line import LineDoor, LineWebhook

urlpatterns = [
    path("devices", DevicesDoor.as_view()),
    path("devices/<uuid:device_id>", DeviceDoor.as_view()),
    path("me/notifications", ChoicesDoor.as_view()),
    path("me/line", LineDoor.as_view()),
    path("me/email", EmailDoor.as_view()),
    path("me/email/verify", EmailVerifyDoor.as_view()),
    path("line/webhook", LineWebhook.as_view()),
    path("inbox", InboxDoor.as_view()),
    path("inbox/unread", UnreadDoor.as_view()),
    path("inbox/read-all", ReadAllDoor.as_view()),
    path("inbox/<int:seq>/read", ReadEntryDoor.as_view()),
    path("events", EventsDoor.as_view()),
    path("events/ack", AcknowledgeDoor.as_view()),
    path("events/read", ReadDoor.as_view()),
]
