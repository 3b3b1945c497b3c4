"""The service's settings with one more view, which only the bench has."""

from backend.settings import *  # noqa: F403

ROOT_URLCONF = "tools.bench.api_urls"
