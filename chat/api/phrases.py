"""`/phrases`: the catalogue of quick phrases."""

from typing import Any

from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from backend.core.http.views import ApiView
from chat.phrases import ALL, GROUP_NAMES, Group, Phrase, catalogue_version


class ParamOut(serializers.Serializer[Any]):
    """A blank that the sender fills."""

    name = serializers.CharField()
    type = serializers.ChoiceField(
        choices=["integer", "number", "time"], help_text="A number has at most two decimals; a time is RFC 3339."
    )
    minimum = serializers.IntegerField(allow_null=True)
    maximum = serializers.IntegerField(allow_null=True)


class PhraseRow(serializers.Serializer[Any]):
    """One phrase."""

    code = serializers.CharField(help_text="Stable; what is sent.")
    group = serializers.ChoiceField(choices=[group.value for group in Group])
    icon = serializers.CharField(help_text="An emoji.")
    text = serializers.SerializerMethodField(help_text="In the reader's language, with blanks such as {minutes}.")
    params = ParamOut(many=True)

    def get_text(self, phrase: Phrase) -> str:
        """With its blanks in braces."""
        return str(phrase.text) % {param.name: f"{{{param.name}}}" for param in phrase.params}


class GroupRow(serializers.Serializer[Any]):
    """A section of the list."""

    code = serializers.CharField()
    name = serializers.CharField(help_text="In the reader's language.")


class PhrasesOut(serializers.Serializer[Any]):
    """All phrases, in the order to show them."""

    version = serializers.CharField(help_text="Changes whenever anything here does.")
    groups = GroupRow(many=True)
    results = PhraseRow(many=True)


class PhrasesView(ApiView):
    """The catalogue of quick phrases."""

    permission_classes = [AllowAny]

    @extend_schema(
        summary="Read the catalogue of quick phrases",
        operation_id="list_phrases",
        tags=["chat"],
        auth=[],
        responses={200: PhrasesOut},
    )
    def get(self, request: Request) -> HttpResponseBase:
        """With an ETag: whoever has this version already gets 304."""
        etag = f'"{catalogue_version()}-{get_language()}"'
        groups = [{"code": code.value, "name": name} for code, name in GROUP_NAMES.items()]
        body = {"version": catalogue_version(), "groups": groups, "results": ALL}
        response = Response(PhrasesOut(body).data)
        response["ETag"] = etag
        response["Cache-Control"] = "no-cache"
        return get_conditional_response(request._request, etag=etag, response=response) or response
