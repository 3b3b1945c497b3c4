"""Doors to the photos of the scale."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.views import ApiView
from backend.core.media.uploads import PhotoInput
from geo.handover.services.scale_photos import add_scale_photo, remove_scale_photo
from geo.pickups.api.photos import PhotoUpload
from geo.responses.photos import PhotoOutput

TAGS = ["handover"]


class ScalePhotosView(PhotoUpload):
    """The photos of one weigh-in."""

    @extend_schema(
        summary="Add a photo of the scale",
        operation_id="add_scale_photo",
        tags=TAGS,
        request={"multipart/form-data": PhotoInput},
        responses={201: PhotoOutput},
    )
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """By either side, until both have confirmed. Cleaned of place and camera like any other."""
        body = PhotoInput(data=request.data)
        body.is_valid(raise_exception=True)
        file, user_id = body.validated_data["photo"], user_of(request).pk
        photo = add_scale_photo(user_id=user_id, match_id=match_id, file=file, size=file.size, now=self.now)
        return Response(PhotoOutput(photo, context={"request": request}).data, status=201)


class ScalePhotoView(ApiView):
    """One photo of the scale."""

    @extend_schema(
        summary="Remove your photo of the scale", operation_id="remove_scale_photo", tags=TAGS, responses={204: None}
    )
    def delete(self, request: Request, match_id: uuid.UUID, photo_id: uuid.UUID) -> Response:
        """One's own, until both have confirmed."""
        remove_scale_photo(user_id=user_of(request).pk, match_id=match_id, photo_id=photo_id)
        return Response(status=204)
