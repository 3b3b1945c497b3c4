"""Files that only some users may see: stored outside of `MEDIA_ROOT`, without a URL.

Each app serves its own through a view that checks the user.
"""

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.deconstruct import deconstructible

from backend.core.errors import NotFound


@deconstructible
class PrivateStorage(FileSystemStorage):
    """Files below `PRIVATE_ROOT`, readable by this service alone."""

    @property
    def base_location(self) -> str:
        """Looked up each time, as tests move it."""
        return str(settings.PRIVATE_ROOT)

    @property
    def location(self) -> str:
        """The same, absolute."""
        return str(settings.PRIVATE_ROOT)

    def url(self, name: str | None) -> str:
        """Raise ValueError: a private file has no URL."""
        raise ValueError("A private file has no address.")


def private_jpeg(request: HttpRequest, file: FieldFile) -> HttpResponseBase:
    """A response with the picture. The client may cache it, but must revalidate it each time.

    Raises NotFound when the file does not exist.
    """
    etag = f'"{file.name}"'
    if unchanged := get_conditional_response(request, etag=etag):
        return unchanged
    try:
        content = file.storage.open(str(file.name), "rb")
    except OSError as error:
        raise NotFound from error
    response = FileResponse(content, content_type="image/jpeg")
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
