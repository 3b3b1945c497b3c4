"""The weigh-in: weigh, dispute, accept, confirm, and photos of the scale."""

import uuid
from functools import partial

from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.fields import Body, Moment
from backend.core.http.problems import CONTENT_TYPE, problem
from backend.core.http.text_fields import SixDigits
from backend.core.http.views import ApiView, valid
from backend.core.media.private_files import PRIVATE_JPEG, private_jpeg
from backend.core.media.uploads import PhotoInput, PhotoUpload
from geo.handover.inputs import AcceptInput, DisputeInput, WeighInInput
from geo.handover.selectors import get_scale_photo_for
from geo.handover.services.confirmations import confirm_handover
from geo.handover.services.scale_photos import add_scale_photo, remove_scale_photo
from geo.handover.services.weigh_ins import accept_figures, dispute_weigh_in, weigh_in
from geo.matching.api.matches import MatchStepView, show_match
from geo.matching.responses import MatchOutput
from geo.responses import PhotoOutput

TAGS = ["handover"]
operation = partial(extend_schema, tags=TAGS)
match_operation = partial(operation, responses={200: MatchOutput})


class ConfirmInput(Body):
    """What one confirms; with the resident's code, the collector confirms for both."""

    code = SixDigits(
        required=False, allow_blank=True, help_text="The code that stays, or a one-time code: six digits of any script."
    )
    entered_at = Moment(required=False, help_text="When the code was typed, if there was no signal then.")
    weighed_at = Moment(
        required=False, help_text="Of the weigh-in that was shown; refused when it has been weighed again since."
    )


class WeighInView(MatchStepView):
    @match_operation(summary="Weigh in", operation_id="weigh_in", request=WeighInInput)
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """Replaces an earlier weigh-in, and what had been confirmed of it. Materials nobody posted may be added."""
        body = valid(WeighInInput(data=request.data))
        weigh_in(user_id=user_of(request).pk, match_id=match_id, now=self.now, **body.figures())
        return show_match(request, match_id)


class DisputeView(MatchStepView):
    @match_operation(summary="Dispute the weigh-in", operation_id="dispute_weigh_in", request=DisputeInput)
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """Both versions are kept. Nobody can confirm until one accepts the other's, or it is weighed again."""
        body = valid(DisputeInput(data=request.data))
        dispute_weigh_in(user_id=user_of(request).pk, match_id=match_id, now=self.now, **body.figures())
        return show_match(request, match_id)


class AcceptFiguresView(MatchStepView):
    @match_operation(summary="Accept the other side's figures", operation_id="accept_figures", request=AcceptInput)
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """Ends the dispute: both agree now, so there is a receipt."""
        body = valid(AcceptInput(data=request.data))
        number = body.validated_data["version"]
        accept_figures(user_id=user_of(request).pk, match_id=match_id, number=number, now=self.now)
        return show_match(request, match_id)


class ConfirmView(MatchStepView):
    @match_operation(summary="Confirm the handover", operation_id="confirm_handover", request=ConfirmInput)
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """One's own side, or by the collector with the resident's code both; then there is a receipt."""
        body = valid(ConfirmInput(data=request.data))
        confirmation = confirm_handover(
            user_id=user_of(request).pk, match_id=match_id, now=self.now, **body.validated_data
        )
        if confirmation.refusal is None:
            return show_match(request, match_id)
        # Answered, not raised: an error would take the counted try back with it.
        refusal = confirmation.refusal
        body_of_refusal = problem(status=refusal.status, code=refusal.code, detail=refusal.text)
        return Response(body_of_refusal, status=refusal.status, content_type=CONTENT_TYPE)


class ScalePhotosView(PhotoUpload):
    @operation(
        summary="Add a photo of the scale",
        operation_id="add_scale_photo",
        request={"multipart/form-data": PhotoInput},
        responses={201: PhotoOutput},
    )
    def post(self, request: Request, match_id: uuid.UUID) -> Response:
        """By either side, until both have confirmed. Cleaned of place and camera like any other."""
        body = valid(PhotoInput(data=request.data))
        file, user_id = body.validated_data["photo"], user_of(request).pk
        photo = add_scale_photo(user_id=user_id, match_id=match_id, file=file, size=file.size, now=self.now)
        return Response(PhotoOutput.of_scale(photo, match_id), status=201)


class ScalePhotoView(ApiView):
    @operation(summary="Remove your photo of the scale", operation_id="remove_scale_photo", responses={204: None})
    def delete(self, request: Request, match_id: uuid.UUID, photo_id: uuid.UUID) -> Response:
        """One's own, until both have confirmed."""
        remove_scale_photo(user_id=user_of(request).pk, match_id=match_id, photo_id=photo_id)
        return Response(status=204)


class LargeScalePhotoView(ApiView):
    """A photo of the scale; fits 1600 x 1600 pixels."""

    @operation(summary="Show a photo of the scale", operation_id="show_scale_photo", responses=PRIVATE_JPEG)
    def get(self, request: Request, match_id: uuid.UUID, photo_id: uuid.UUID) -> HttpResponseBase:
        """For the two parties."""
        photo = get_scale_photo_for(user_id=user_of(request).pk, match_id=match_id, photo_id=photo_id)
        return private_jpeg(request, photo.large)


class ThumbScalePhotoView(ApiView):
    """A photo of the scale; fits 400 x 400 pixels."""

    @operation(summary="Show a small photo of the scale", operation_id="show_scale_photo_thumb", responses=PRIVATE_JPEG)
    def get(self, request: Request, match_id: uuid.UUID, photo_id: uuid.UUID) -> HttpResponseBase:
        """For the two parties."""
        photo = get_scale_photo_for(user_id=user_of(request).pk, match_id=match_id, photo_id=photo_id)
        return private_jpeg(request, photo.thumb)
