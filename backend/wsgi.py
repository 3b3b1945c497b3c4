"""The web process: `granian --interface wsgi backend.wsgi:application`; only admission control stands before Django."""

import gc
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
os.environ.setdefault("PGAPPNAME", "tft web")
# Each thread keeps one connection; a pool would set a connection up for each request.
os.environ.setdefault("POSTGRES_POOL", "0")
os.environ.setdefault("SERVES_REQUESTS", "true")

from django.core.wsgi import get_wsgi_application

from backend.core.db.pooler import require_separate_statements, require_session_settings

# The youngest generation is collected after so many new objects; Python's 700 is at least once a request.
YOUNG_MAX = 20_000


def freeze_loaded_objects() -> None:
    """Exclude all objects that exist now from collection: scanning them stops every thread for a tenth of a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, 10, 10)


def with_admission(application: Any) -> Any:
    """The application behind admission control."""
    from backend.core.http.admission import Admission  # noqa: PLC0415 - needs the apps

    return Admission(application)


django_application = get_wsgi_application()
application = with_admission(django_application)
require_separate_statements()
require_session_settings()
freeze_loaded_objects()
