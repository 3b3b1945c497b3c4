"""Files that only some users may see: outside of `MEDIA_ROOT` and without a URL, or in a bucket of their own.

Each app serves its own through a view that checks the user.
"""

from typing import Any, cast

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils.cache import get_conditional_response
from django.utils.functional import LazyObject
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse

from backend.core.errors import NotFound

PRIVATE_JPEG: dict[Any, Any] = {
    (200, "image/jpeg"): OpenApiTypes.BINARY,
    302: OpenApiResponse(
        description="To a signed address that is valid for a minute, where photos are stored elsewhere."
    ),
}


class PrivateStorage(LazyObject[Storage]):
    """The storage `private` of the settings, as Django's own DefaultStorage is the storage `default`."""

    def _setup(self) -> None:
        self._wrapped = storages["private"]

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """For migrations."""
        return "backend.core.media.private_files.PrivateStorage", (), {}


private_storage = cast(Storage, PrivateStorage())


class PrivateFiles(FileSystemStorage):
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

    Where files are in a bucket, it redirects to a signed address that is valid for `S3_SIGNED_S`. Raises NotFound when
    the file does not exist.
    """
    if settings.S3_BUCKET:
        return HttpResponseRedirect(file.url, headers={"Cache-Control": "no-store"})
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
