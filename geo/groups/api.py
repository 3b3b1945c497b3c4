"""Groups: a building, a school, an office that counts together what it gives."""

import uuid
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.schema import StructSerializer
from backend.core.http.text_fields import Line
from backend.core.http.views import ApiView
from geo.groups.selectors import get_group_of, groups_of, members_of
from geo.groups.services import found_group, join_group, leave_group, renew_group_code
from geo.models import Group
from geo.responses import PersonOutput

TAGS = ["groups"]


class GroupInput(serializers.Serializer[Any]):
    """What to call it, and what it is."""

    name = Line(max_length=80)
    kind = serializers.ChoiceField(choices=Group.Kind.choices)


class JoinInput(serializers.Serializer[Any]):
    """The code that a member gave one."""

    code = serializers.CharField(max_length=20, help_text="Eight letters and digits, in any case.")


class GroupOutput(serializers.Serializer[Any]):
    """A group, as its members see it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Group.Kind.choices)
    members = serializers.IntegerField(help_text="How many there are.")
    code = serializers.CharField(help_text="Whoever has it may join.")
    is_keeper = serializers.SerializerMethodField(help_text="Whether the reader may give it a new code.")
    created_at = serializers.DateTimeField()

    def get_is_keeper(self, group: Group) -> bool:
        """Who founded it, or has been there longest since."""
        is_keeper: bool = group.keeper_id == self.context["user_id"]
        return is_keeper


class GroupDetailOutput(GroupOutput):
    """With who is in it, as far as members may know."""

    people = serializers.SerializerMethodField(help_text="The longest members first, at most 200.")

    @extend_schema_field(StructSerializer(PersonOutput, many=True))
    def get_people(self, group: Group) -> Any:
        """First names."""
        members = members_of(group.pk)[: settings.GROUP_PEOPLE_SHOWN]
        return [PersonOutput.of(member.user) for member in members]


class GroupsOutput(serializers.Serializer[Any]):
    """All that one is in."""

    results = GroupOutput(many=True)


def _show(request: Request, group_id: uuid.UUID, status: int = 200) -> Response:
    user_id = user_of(request).pk
    group = get_group_of(group_id=group_id, user_id=user_id)
    return Response(GroupDetailOutput(group, context={"user_id": user_id}).data, status=status)


class GroupsView(ApiView):
    """The groups of the person that asks."""

    @extend_schema(summary="List your groups", operation_id="list_groups", tags=TAGS, responses={200: GroupsOutput})
    def get(self, request: Request) -> Response:
        """A handful at most."""
        user_id = user_of(request).pk
        rows = GroupOutput(groups_of(user_id), many=True, context={"user_id": user_id}).data
        return Response({"results": rows})

    @extend_schema(
        summary="Found a group",
        operation_id="found_group",
        tags=TAGS,
        request=GroupInput,
        responses={201: GroupDetailOutput},
    )
    def post(self, request: Request) -> Response:
        """You are its first member, and its keeper."""
        body = GroupInput(data=request.data)
        body.is_valid(raise_exception=True)
        group = found_group(user_id=user_of(request).pk, now=self.now, **body.validated_data)
        return _show(request, group.pk, status=201)


class JoinView(ApiView):
    """Into a group."""

    rate_scope = "join"

    @extend_schema(
        summary="Join a group by its code",
        operation_id="join_group",
        tags=TAGS,
        request=JoinInput,
        responses={200: GroupDetailOutput},
    )
    def post(self, request: Request) -> Response:
        """What you give from now on counts for it too; other members read your first name."""
        body = JoinInput(data=request.data)
        body.is_valid(raise_exception=True)
        group = join_group(user_id=user_of(request).pk, now=self.now, **body.validated_data)
        return _show(request, group.pk)


class GroupView(ApiView):
    """One group."""

    @extend_schema(
        summary="Read a group of yours", operation_id="get_group", tags=TAGS, responses={200: GroupDetailOutput}
    )
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        """With first names. Strangers read its totals alone, at `/impact/groups/{id}`."""
        return _show(request, group_id)


class MembershipView(ApiView):
    """Out of a group."""

    @extend_schema(summary="Leave a group", operation_id="leave_group", tags=TAGS, responses={204: None})
    def delete(self, request: Request, group_id: uuid.UUID) -> Response:
        """What you gave as a member stays counted there."""
        leave_group(user_id=user_of(request).pk, group_id=group_id, now=self.now)
        return Response(status=204)


class GroupCodeView(ApiView):
    """The code of a group."""

    @extend_schema(
        summary="Give a group a new code",
        operation_id="renew_group_code",
        tags=TAGS,
        request=None,
        responses={200: GroupDetailOutput},
    )
    def post(self, request: Request, group_id: uuid.UUID) -> Response:
        """For its keeper. The old one admits nobody any more."""
        renew_group_code(user_id=user_of(request).pk, group_id=group_id)
        return _show(request, group_id)
