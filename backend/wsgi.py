"""The HTTP door: `granian --interface wsgi backend.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
# A thread of the web that keeps its connection does not set one up for each request.
os.environ.setdefault("POSTGRES_POOL", "0")
# Whoever asks gives up in the end, and what he asked for is to end too: no lock and no answer takes for ever.
os.environ.setdefault("POSTGRES_LOCK_S", "5")
os.environ.setdefault("POSTGRES_STATEMENT_S", "30")

django_application = get_wsgi_application()

# Lanes need apps that are ready.
from backend.shared.express import Express  # noqa: E402
from backend.shared.garbage import leave_what_is_loaded  # noqa: E402
from geo.api.deck_lane import DeckLane  # noqa: E402
from geo.api.like_lane import LikeLane  # noqa: E402

application = Express(django_application, lanes=[DeckLane(), LikeLane()])
leave_what_is_loaded()
