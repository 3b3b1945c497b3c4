"""`/media/`: the photos as the service has re-encoded them, and the URLs of stored files.

A name is never used twice. Caches keep a photo for an hour, so that a deleted one is gone soon."""

import re
from functools import lru_cache
from pathlib import Path
from urllib.parse import urljoin

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import FileResponse
from rest_framework.request import Request

from backend.core.errors import NotFound
from backend.core.http.views import PublicView

CONTENT_TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
NAME = re.compile(r"[\w-]+(/[\w-]+)*\.(jpg|png|webp)", re.ASCII)


class MediaView(PublicView):
    def get(self, request: Request, name: str) -> FileResponse:
        """The file below `MEDIA_ROOT`. Raises NotFound for everything else."""
        path = path_of(name)
        try:
            content = path.open("rb")
        except OSError as error:
            raise NotFound from error
        response = FileResponse(content, content_type=CONTENT_TYPES[path.suffix])
        response["Cache-Control"] = "public, max-age=3600, immutable"
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return response


def path_of(name: str) -> Path:
    """Where the photo called `name` would lie. Raises NotFound for a name that no photo can have."""
    if not NAME.fullmatch(name):
        raise NotFound
    path = Path(settings.MEDIA_ROOT) / name
    # A link inside the folder could lead out of it.
    if not path.resolve().is_relative_to(Path(settings.MEDIA_ROOT).resolve()):
        raise NotFound
    return path


def media_url_of(request: Request) -> str:
    """The prefix of the URLs of all stored files, for this request's host."""
    return media_url_at(request.build_absolute_uri("/"))


@lru_cache(maxsize=100)
def media_url_at(origin: str) -> str:
    """The same for an origin such as `https://example.org/`."""
    return urljoin(origin, default_storage.url(""))
