"""The response bodies of this app."""

import uuid
from datetime import datetime, time
from typing import Annotated

from msgspec import Meta

from backend.accounts.models import User
from backend.shared.responses import ResponseBody
from notifications.models import Device


class DeviceOut(ResponseBody):
    """A registered device. Its push address is told to nobody."""

    id: uuid.UUID
    kind: Device.Kind
    platform: Device.Platform
    locale: User.Locale
    app_version: str
    created_at: datetime
    last_seen_at: datetime


class Choices(ResponseBody):
    """What the person wants to be told, and when not. Quiet hours are city time; null means the city's own."""

    chat: bool
    likes: bool
    matches: bool
    handover: bool
    nearby: bool
    digest: bool
    push: Annotated[bool, Meta(description="Reach me on my phones and browsers.")]
    line: Annotated[bool, Meta(description="Reach me on LINE, where no phone or browser can be reached.")]
    email: Annotated[bool, Meta(description="A mail a day of what I have not read.")]
    preview: Annotated[bool, Meta(description="Show the text of chat messages in pushes.")]
    quiet_from: Annotated[time | None, Meta(description="City time; the city's own hours when empty.")]
    quiet_until: time | None
