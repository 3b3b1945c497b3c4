"""The response bodies of swipes."""

import uuid
from datetime import datetime
from typing import Annotated, Self

from msgspec import Meta

from backend.core.http.responses import ResponseBody
from geo.lifecycle.transitions import queue_position
from geo.matching.services.swipes import SwipeResult
from geo.models import Match, Swipe


class NewMatchOutput(ResponseBody):
    """The match a like became; `GET /matches/{id}` has the place."""

    id: uuid.UUID
    status: Match.Status
    conversation: uuid.UUID
    created_at: datetime

    @classmethod
    def of(cls, match: Match) -> Self:
        """A match that was just made, or is still active."""
        return cls(
            id=match.pk,
            status=Match.Status(match.status),
            conversation=match.conversation_id,
            created_at=match.created_at,
        )


class SwipeOutput(ResponseBody):
    """A like has its match, or its place in the queue counted from 1."""

    direction: Swipe.Direction
    match: NewMatchOutput | None
    queue_position: int | None

    @classmethod
    def of(cls, result: SwipeResult) -> Self:
        """The response to a swipe."""
        return cls(
            direction=Swipe.Direction(result.swipe.direction),
            match=NewMatchOutput.of(result.match) if result.match else None,
            queue_position=result.queue_position,
        )


class StandingOutput(ResponseBody):
    """What one said, and what has become of it."""

    direction: Swipe.Direction
    state: Annotated[Swipe.LikeState, Meta(description="Of a like; empty for a pass.")]
    queue_position: Annotated[
        int | None,
        Meta(description="Counted from 1, while it is in the queue.", extra_json_schema={"readOnly": True}),
    ]
    answer_by: Annotated[
        datetime | None,
        Meta(description="Until when to say yes, where one is asked.", extra_json_schema={"readOnly": True}),
    ]
    title: str
    swiped_at: datetime

    @classmethod
    def of(cls, swipe: Swipe) -> Self:
        """A swipe whose pickup is loaded. A like in the queue costs one more statement, for its position."""
        state = Swipe.LikeState(swipe.like_state)
        return cls(
            direction=Swipe.Direction(swipe.direction),
            state=state,
            queue_position=queue_position(swipe) if state in Swipe.QUEUED else None,
            answer_by=swipe.pickup.reserved_until if state == Swipe.LikeState.ASKED else None,
            title=swipe.pickup.title,
            swiped_at=swipe.swiped_at,
        )
