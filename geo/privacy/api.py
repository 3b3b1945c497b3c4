"""The export of everything held about the user."""

from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from django.conf import settings
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from msgspec import Meta
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.errors import NotFound
from backend.core.http.fields import Nothing
from backend.core.http.responses import ResponseBody
from backend.core.http.views import ApiView
from geo.models import DataExport
from geo.privacy.exports import get_export_of, request_export


class DataExportOutput(ResponseBody):
    """The state of the copy."""

    state: Literal["waiting", "ready"]
    requested_at: datetime
    ready_at: datetime | None
    until: Annotated[datetime | None, Meta(description="Until when the file can be fetched.")]
    size: Annotated[int | None, Meta(description="Of the file, in bytes.")]

    @classmethod
    def of(cls, export: DataExport) -> Self:
        ready_at = export.ready_at
        return cls(
            state="ready" if ready_at else "waiting",
            requested_at=export.requested_at,
            ready_at=ready_at,
            until=ready_at + timedelta(days=settings.EXPORT_DAYS) if ready_at else None,
            size=export.bytes if ready_at else None,
        )


class DataExportView(ApiView):
    methods_for_suspended = frozenset({"POST"})

    @extend_schema(
        summary="Read the state of the copy of your data",
        operation_id="get_export",
        tags=["accounts"],
        responses={200: DataExportOutput},
    )
    def get(self, request: Request) -> Response:
        """404 when you have not asked for one, or it is deleted."""
        return Response(DataExportOutput.of(get_export_of(user_of(request))))

    @extend_schema(
        summary="Ask for a copy of everything held about you, with pictures",
        operation_id="request_export",
        tags=["accounts"],
        request=Nothing,
        responses={202: DataExportOutput},
    )
    def post(self, request: Request) -> Response:
        """One at a time: while it is being made, and within an hour, the same is returned. `export.ready` follows."""
        Nothing(data=request.data).is_valid(raise_exception=True)
        return Response(DataExportOutput.of(request_export(user=user_of(request), now=self.now)), status=202)


class DataExportFileView(ApiView):
    @extend_schema(
        summary="Fetch the copy of your data",
        operation_id="get_export_file",
        tags=["accounts"],
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> FileResponse:
        """A zip of JSON and pictures. 404 until it is ready."""
        export = get_export_of(user_of(request))
        if export.ready_at is None:
            raise NotFound
        try:
            content = export.file.storage.open(str(export.file.name), "rb")
        except FileNotFoundError as error:
            raise NotFound from error
        file = FileResponse(
            content, as_attachment=True, filename="tinder-for-trash.zip", content_type="application/zip"
        )
        file["Cache-Control"] = "private, no-store"
        return file
