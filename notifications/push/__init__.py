"""Ways to send a push: `fcm`, `console` where there is no Firebase project, `memory` in tests; and LINE beside it."""

from django.conf import settings
from django.utils.module_loading import import_string

from notifications.push.channels import Channels
from notifications.push.protocol import PushBackend

BACKENDS = {
    "console": "notifications.push.console.ConsoleBackend",
    "fcm": "notifications.push.fcm.FcmBackend",
    "memory": "notifications.push.memory.MemoryBackend",
}
LINE = "notifications.push.line.LineBackend"


def push_backend() -> PushBackend:
    """The one that `PUSH_BACKEND` names, with LINE for LINE accounts; only what is needed is imported."""
    backend: PushBackend = import_string(BACKENDS[settings.PUSH_BACKEND])()
    if not settings.LINE_CHANNEL_TOKEN:
        return backend
    return Channels(backend, line=import_string(LINE)())
