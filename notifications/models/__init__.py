"""The event log, the devices that can be reached, and what was sent to them."""

from notifications.models.device import Device
from notifications.models.event import Event, EventCounter
from notifications.models.periodic import PeriodicRun
from notifications.models.preferences import EmailAddress, Mute, Preferences
from notifications.models.push import Push
from notifications.models.set_aside import SetAside

__all__ = ["Device", "EmailAddress", "Event", "EventCounter", "Mute", "PeriodicRun", "Preferences", "Push", "SetAside"]
