"""The web process: `granian --interface wsgi backend.wsgi:application`, with nothing between granian and Django."""

import gc
import os

from django.core.wsgi import get_wsgi_application

from backend.core.db.pooler import require_separate_statements

# The youngest generation is collected after so many new objects; Python's 700 is at least once a request.
YOUNG_MAX = 20_000


def freeze_loaded_objects() -> None:
    """Exclude all objects that exist now from collection: scanning them stops every thread for a tenth of a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, 10, 10)


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
os.environ.setdefault("PGAPPNAME", "tft web")
# Each thread keeps one connection; a pool would set a connection up for each request.
os.environ.setdefault("POSTGRES_POOL", "0")
# Clients give up after a while. What they asked for must end too: no lock and no statement lasts for ever.
os.environ.setdefault("POSTGRES_LOCK_S", "5")
os.environ.setdefault("POSTGRES_STATEMENT_S", "30")

application = get_wsgi_application()
require_separate_statements()
freeze_loaded_objects()
