"""The photos of the user's own pickup: add and remove."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.views import ApiView, valid
from backend.core.media.uploads import PhotoInput, PhotoUpload
from backend.core.media.urls import media_url_of
from geo.pickups.services.photos import add_photo, remove_photo
from geo.responses import PhotoOutput

TAGS = ["pickups"]


class PhotosView(PhotoUpload):
    @extend_schema(
        summary="Add a photo to a pickup",
        operation_id="add_photo",
        tags=TAGS,
        request={"multipart/form-data": PhotoInput},
        responses={201: PhotoOutput},
    )
    def post(self, request: Request, pickup_id: uuid.UUID) -> Response:
        """Turned upright, made smaller, and cleaned of place and camera."""
        body = valid(PhotoInput(data=request.data))
        file = body.validated_data["photo"]
        resident_id = user_of(request).pk
        photo = add_photo(resident_id=resident_id, pickup_id=pickup_id, file=file, size=file.size, now=self.now)
        return Response(PhotoOutput.of(photo, media_url_of(request)), status=201)


class PhotoView(ApiView):
    @extend_schema(summary="Remove a photo", operation_id="remove_photo", tags=TAGS, responses={204: None})
    def delete(self, request: Request, pickup_id: uuid.UUID, photo_id: uuid.UUID) -> Response:
        """For good: its files go too."""
        resident_id = user_of(request).pk
        remove_photo(resident_id=resident_id, pickup_id=pickup_id, photo_id=photo_id, now=self.now)
        return Response(status=204)
