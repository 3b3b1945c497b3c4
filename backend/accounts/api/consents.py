"""What a user agreed to: the terms, the privacy notice and the minimum age."""

from datetime import datetime
from typing import Annotated, Self

from drf_spectacular.utils import extend_schema
from msgspec import Meta
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.accounts.models import Consent, User
from backend.accounts.services.consents import current_versions, record_consent
from backend.core.http.fields import Body
from backend.core.http.responses import ResponseBody
from backend.core.http.views import ApiView, valid


class ConsentInput(Body):
    """A consent that is given or withdrawn."""

    purpose = serializers.ChoiceField(Consent.Purpose.choices)
    version = serializers.CharField(max_length=20, help_text="Of the text that the user was shown.")
    is_given = serializers.BooleanField(help_text="False withdraws it.")
    channel = serializers.ChoiceField(Consent.Channel.choices)


class ConsentRow(ResponseBody):
    """What holds for one purpose."""

    purpose: Consent.Purpose
    current_version: Annotated[str, Meta(description="Of the text in force; of `age` the minimum age.")]
    accepted_version: Annotated[str | None, Meta(description="Null when it was never given, or is withdrawn.")]
    at: Annotated[datetime | None, Meta(description="When it was last given or withdrawn.")]
    is_current: Annotated[bool, Meta(description="False: ask the user.")]

    @classmethod
    def of_newest(cls, purpose: str, version: str, newest: Consent | None) -> Self:
        """The row of a purpose whose text has this version."""
        accepted = newest.version if newest and newest.is_given else None
        return cls(
            purpose=Consent.Purpose(purpose),
            current_version=version,
            accepted_version=accepted,
            at=newest.at if newest else None,
            is_current=accepted == version,
        )


class Consents(ResponseBody):
    """One row for each purpose."""

    results: list[ConsentRow]

    @classmethod
    def of(cls, user: User) -> Self:
        newest = {consent.purpose: consent for consent in user.consents.order_by("id")}
        current = current_versions().items()
        return cls(results=[ConsentRow.of_newest(name, version, newest.get(name)) for name, version in current])


class ConsentsView(ApiView):
    @extend_schema(
        summary="List what you agreed to", operation_id="list_consents", tags=["accounts"], responses={200: Consents}
    )
    def get(self, request: Request) -> Response:
        """For each purpose the version in force and the one that you agreed to."""
        return Response(Consents.of(user_of(request)))

    @extend_schema(
        summary="Agree to a text, or withdraw that",
        operation_id="record_consent",
        tags=["accounts"],
        request=ConsentInput,
        responses={200: Consents},
    )
    def post(self, request: Request) -> Response:
        """Only adds to the record. What holds already is not added again."""
        body = valid(ConsentInput(data=request.data))
        record_consent(user=user_of(request), now=self.now, **body.validated_data)
        return Response(Consents.of(user_of(request)))
