"""The addresses of this app, under `/api/v1/`."""

from django.urls import path, register_converter
from django.urls.converters import IntConverter

from notifications.api.devices import ChoicesDoor, DeviceDoor, DevicesDoor
from notifications.api.events import AcknowledgeDoor, EventsDoor, ReadDoor
from notifications.api.inbox import InboxDoor, ReadAllDoor, ReadEntryDoor, UnreadDoor


class Seq(IntConverter):
    """The number of an event, as far as the database can count."""

    regex = "[0-9]{1,18}"


register_converter(Seq, "seq")

urlpatterns = [
    path("devices", DevicesDoor.as_view()),
    path("devices/<uuid:device_id>", DeviceDoor.as_view()),
    path("me/notifications", ChoicesDoor.as_view()),
    path("inbox", InboxDoor.as_view()),
    path("inbox/unread", UnreadDoor.as_view()),
    path("inbox/read-all", ReadAllDoor.as_view()),
    path("inbox/<seq:seq>/read", ReadEntryDoor.as_view()),
    path("events", EventsDoor.as_view()),
    path("events/ack", AcknowledgeDoor.as_view()),
    path("events/read", ReadDoor.as_view()),
]
