"""The HTTP door: `granian --interface wsgi backend.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
# A thread of the web that keeps its connection does not set one up for each request.
os.environ.setdefault("POSTGRES_POOL", "0")

application = get_wsgi_application()
