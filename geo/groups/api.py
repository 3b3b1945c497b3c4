"""Groups: a building, a school, an office that counts together what it gives."""

import uuid
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Self

from drf_spectacular.utils import extend_schema
from msgspec import Meta
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import user_of
from backend.core.http.fields import Body
from backend.core.http.responses import ResponseBody
from backend.core.http.text_fields import Line
from backend.core.http.views import ApiView, valid
from geo.groups.selectors import CountedGroup, get_group_of, groups_of, people_of
from geo.groups.services import found_group, join_group, leave_group, renew_group_code
from geo.models import Group
from geo.responses import READ_ONLY, PersonOutput

TAGS = ["groups"]
operation = partial(extend_schema, tags=TAGS)


class GroupInput(Body):
    """What to call it, and what it is."""

    name = Line(max_length=80)
    kind = serializers.ChoiceField(choices=Group.Kind.choices)


class JoinInput(Body):
    """The code that a member gave one."""

    code = serializers.CharField(max_length=20, help_text="Eight letters and digits, in any case.")


class GroupOutput(ResponseBody):
    """A group, as its members see it."""

    id: uuid.UUID
    name: str
    kind: Group.Kind
    members: Annotated[int, Meta(description="How many there are.")]
    code: Annotated[str, Meta(description="Anyone who has it may join.")]
    is_keeper: Annotated[bool, Meta(description="Whether the reader may give it a new code."), READ_ONLY]
    created_at: datetime

    @classmethod
    def for_member(cls, counted: CountedGroup, user_id: uuid.UUID) -> Self:
        return cls(**_fields_of(counted, user_id))


class GroupDetailOutput(GroupOutput):
    """With who is in it, as far as members may know."""

    people: Annotated[list[PersonOutput], READ_ONLY, Meta(description="The longest members first, at most 200.")]

    @classmethod
    def for_member(cls, counted: CountedGroup, user_id: uuid.UUID) -> Self:
        people = [PersonOutput.of(person) for person in people_of(counted.group.pk)]
        return cls(**_fields_of(counted, user_id), people=people)


class GroupsOutput(ResponseBody):
    """All that one is in."""

    results: list[GroupOutput]


def _fields_of(counted: CountedGroup, user_id: uuid.UUID) -> dict[str, Any]:
    group = counted.group
    return {
        "id": group.pk,
        "name": group.name,
        "kind": Group.Kind(group.kind),
        "members": counted.members,
        "code": group.code,
        "is_keeper": group.keeper_id == user_id,
        "created_at": group.created_at,
    }


def _respond(request: Request, group_id: uuid.UUID, status: int = 200) -> Response:
    user_id = user_of(request).pk
    counted = get_group_of(group_id=group_id, user_id=user_id)
    return Response(GroupDetailOutput.for_member(counted, user_id), status=status)


class MembershipStepView(ApiView):
    """Base of the views that show a group; a repeated request gets it as it is now, and 404 after leaving it."""

    def render_again(self, request: Request, group_id: uuid.UUID) -> Response:
        return _respond(request, group_id)


class GroupsView(MembershipStepView):
    @operation(summary="List your groups", operation_id="list_groups", responses={200: GroupsOutput})
    def get(self, request: Request) -> Response:
        """A handful at most."""
        user_id = user_of(request).pk
        return Response(GroupsOutput([GroupOutput.for_member(counted, user_id) for counted in groups_of(user_id)]))

    @operation(
        summary="Found a group", operation_id="found_group", request=GroupInput, responses={201: GroupDetailOutput}
    )
    def post(self, request: Request) -> Response:
        """You are its first member, and its keeper."""
        body = valid(GroupInput(data=request.data))
        group = found_group(user_id=user_of(request).pk, now=self.now, **body.validated_data)
        return _respond(request, group.pk, status=201)


class JoinView(MembershipStepView):
    rate_scope = "join"

    @operation(
        summary="Join a group by its code",
        operation_id="join_group",
        request=JoinInput,
        responses={200: GroupDetailOutput},
    )
    def post(self, request: Request) -> Response:
        """What you give from now on counts for it too; other members read your first name."""
        body = valid(JoinInput(data=request.data))
        group = join_group(user_id=user_of(request).pk, now=self.now, **body.validated_data)
        return _respond(request, group.pk)


class GroupView(ApiView):
    @operation(summary="Read a group of yours", operation_id="get_group", responses={200: GroupDetailOutput})
    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        """With first names. Strangers read its totals alone, at `/impact/groups/{id}`."""
        return _respond(request, group_id)


class MembershipView(ApiView):
    @operation(summary="Leave a group", operation_id="leave_group", responses={204: None})
    def delete(self, request: Request, group_id: uuid.UUID) -> Response:
        """What you gave as a member stays counted there."""
        leave_group(user_id=user_of(request).pk, group_id=group_id, now=self.now)
        return Response(status=204)


class GroupCodeView(MembershipStepView):
    @operation(
        summary="Give a group a new code",
        operation_id="renew_group_code",
        request=None,
        responses={200: GroupDetailOutput},
    )
    def post(self, request: Request, group_id: uuid.UUID) -> Response:
        """For its keeper. The old one admits nobody any more."""
        renew_group_code(user_id=user_of(request).pk, group_id=group_id)
        return _respond(request, group_id)
