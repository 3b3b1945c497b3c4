"""The one Firebase app of this process, made when it is first needed: the SDK takes half a second to import.

And App Check: tokens by which Google (Play Integrity) or Apple (App Attest) say that a request comes from our app.
"""

from threading import Lock
from typing import TYPE_CHECKING

import jwt
import structlog
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from backend.core.errors import Unavailable, forbidden

if TYPE_CHECKING:
    from firebase_admin import App

APP_NAME = "tft"
APP_CHECK_HEADER = "X-Firebase-AppCheck"
log = structlog.get_logger(__name__)
_making = Lock()
# The token of App Check is missing, not valid, or of another project.
AppNotGenuine = forbidden(
    "app_not_genuine",
    _("This app could not show that it is genuine. Please use the app from the store."),
    _("Install the app from the store and try again. Developers: send a token of App Check in X-Firebase-AppCheck."),
)


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


def require_genuine_app(token: str) -> None:
    """Check a token of App Check, with Google's keys, which are read every six hours.

    Raises AppNotGenuine, or Unavailable when Google gives no keys.
    """
    from firebase_admin import app_check  # noqa: PLC0415

    try:
        app_check.verify_token(token, firebase_app())
    except jwt.PyJWKClientConnectionError as error:
        log.warning("app_check_unavailable", reason=type(error).__name__)
        raise Unavailable(retry_after_s=5) from error
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise AppNotGenuine from error
