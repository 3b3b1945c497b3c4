"""The one Firebase app of this process, made when it is first needed: the SDK takes half a second to import."""

from threading import Lock
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from firebase_admin import App

APP_NAME = "tft"
_making = Lock()


def firebase_app() -> "App":
    """The app of `FIREBASE_PROJECT_ID`, with a time limit on everything it asks of Google."""
    import firebase_admin  # noqa: PLC0415
    from firebase_admin import credentials  # noqa: PLC0415

    with _making:
        try:
            return firebase_admin.get_app(APP_NAME)
        except ValueError:
            file = settings.FIREBASE_CREDENTIALS_FILE
            credential = credentials.Certificate(file) if file else credentials.ApplicationDefault()
            options = {
                "projectId": settings.FIREBASE_PROJECT_ID or settings.FCM_PROJECT_ID,
                "httpTimeout": settings.FIREBASE_HTTP_TIMEOUT_S,
            }
            return firebase_admin.initialize_app(credential, options, APP_NAME)
