"""Ways to send a push: `fcm`, `console` where there is no Firebase project, `memory` in tests."""

from django.conf import settings
from django.utils.module_loading import import_string

from notifications.push.protocol import PushBackend

BACKENDS = {
    "console": "notifications.push.console.ConsoleBackend",
    "fcm": "notifications.push.fcm.FcmBackend",
    "memory": "notifications.push.memory.MemoryBackend",
}


def push_backend() -> PushBackend:
    """The one that `PUSH_BACKEND` names; only that one is imported."""
    backend: PushBackend = import_string(BACKENDS[settings.PUSH_BACKEND])()
    return backend
