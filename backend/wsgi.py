"""Django as a WSGI application: what answers all that has no shorter way (`backend.web`)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
# A thread of the web that keeps its connection does not set one up for each request.
os.environ.setdefault("POSTGRES_POOL", "0")
# Whoever asks gives up in the end, and what he asked for is to end too: no lock and no answer takes for ever.
os.environ.setdefault("POSTGRES_LOCK_S", "5")
os.environ.setdefault("POSTGRES_STATEMENT_S", "30")

application = get_wsgi_application()
