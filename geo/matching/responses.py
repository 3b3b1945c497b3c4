"""The response bodies of swipes."""

import uuid
from datetime import datetime
from typing import Self

from backend.core.http.responses import ResponseBody
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
