"""The response bodies of moderation."""

import uuid
from datetime import datetime
from typing import Annotated, Self

from msgspec import Meta

from backend.core.clock import read_clock
from backend.core.http.responses import ResponseBody
from backend.moderation.models import Act, Appeal, SubjectKind
from backend.moderation.services.acts import can_appeal


class AppealOut(ResponseBody):
    """What you said against a decision, and what another moderator decided."""

    text: str
    created_at: datetime
    is_granted: Annotated[bool | None, Meta(description="Null until it is decided.")]
    answer: Annotated[str, Meta(description="The moderator's words; empty until it is decided.")]
    decided_at: datetime | None


class ActOut(ResponseBody):
    """A moderator's decision about you or something of yours."""

    id: uuid.UUID
    kind: Act.Kind
    reason: Annotated[str, Meta(description="The moderator's words.")]
    at: datetime
    until: Annotated[datetime | None, Meta(description="The end of a suspension.")]
    subject_kind: SubjectKind
    subject_id: Annotated[uuid.UUID, Meta(description="Of the pickup, the message and so on.")]
    can_appeal: Annotated[bool, Meta(description="Whether you may still object.")]
    appeal: AppealOut | None

    @classmethod
    def of(cls, act: Act) -> Self:
        appeal: Appeal | None = getattr(act, "appeal", None)
        return cls(
            id=act.pk,
            kind=Act.Kind(act.kind),
            reason=act.reason,
            at=act.at,
            until=act.until,
            subject_kind=SubjectKind(act.case.kind),
            subject_id=act.case.object_id,
            can_appeal=appeal is None and can_appeal(act, read_clock()),
            appeal=AppealOut.of(appeal) if appeal else None,
        )


class ActsOut(ResponseBody):
    """The decisions about you, the newest first."""

    results: list[ActOut]
