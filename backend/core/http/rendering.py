"""URLs of stored files."""

from functools import lru_cache
from urllib.parse import urljoin

from django.core.files.storage import default_storage
from rest_framework.request import Request


def media_url_of(request: Request) -> str:
    """The prefix of the URLs of all stored files, for this request's host."""
    return media_url_at(request.build_absolute_uri("/"))


@lru_cache(maxsize=100)
def media_url_at(origin: str) -> str:
    """The same for an origin such as `https://example.org/`."""
    return urljoin(origin, default_storage.url(""))
