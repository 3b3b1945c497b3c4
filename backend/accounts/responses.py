"""The response bodies of accounts."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Self

from django.utils.translation import gettext, gettext_noop
from msgspec import UNSET, Meta, UnsetType

from backend.accounts.identity import provider_names
from backend.accounts.models import Block, IdentityKind, Report, Session, User
from backend.accounts.services.identities import can_unlink
from backend.accounts.services.sign_in import SignedIn
from backend.core.http.responses import ResponseBody

_NUMBER_HAS_ACCOUNT = gettext_noop(
    "Your phone number belongs to another account, which keeps it. To use that account, sign in as you did there, or "
    "erase this one and sign in again."
)


class UserSummary(ResponseBody):
    """What everybody may know of a person."""

    id: uuid.UUID
    first_name: str
    avatar_colour: str


class Me(ResponseBody):
    """A person's own account."""

    id: uuid.UUID
    phone: Annotated[str | None, Meta(description="E.164.")]
    display_name: str
    first_name: Annotated[str, Meta(description="What strangers read: chosen, or the first name in the name.")]
    locale: User.Locale
    avatar_colour: str
    created_at: datetime
    rating: Annotated[Decimal | None, Meta(description="The average; null until there are enough.")]
    rating_count: int
    warned_at: Annotated[datetime | None, Meta(description="Warned of a pattern of no-shows.")]
    paused_until: Annotated[datetime | None, Meta(description="May make no new agreements until then.")]
    suspended_at: Annotated[
        datetime | None, Meta(description="By a moderator: may only read, export, erase and object. See `/me/acts`.")
    ]
    suspended_until: Annotated[datetime | None, Meta(description="Null while suspended: for good.")]


class SignInNotice(ResponseBody):
    """Something the user should know or do after signing in."""

    code: Annotated[str, Meta(description="Stable; `number_has_account` is the only one.")]
    detail: Annotated[str, Meta(description="In the reader's language.")]

    @classmethod
    def of_number(cls) -> Self:
        """The number that was proved belongs to another account."""
        return cls(code="number_has_account", detail=gettext(_NUMBER_HAS_ACCOUNT))


class SignInAnswer(ResponseBody):
    """A session of our own; the token is shown this once."""

    token: Annotated[str, Meta(description="Goes into `Authorization: Bearer <token>`.")]
    expires_at: datetime
    session: Annotated[uuid.UUID, Meta(description="The id of this session, as in the list of sessions.")]
    user: Me
    created: Annotated[bool, Meta(description="Whether the account is new.")]
    notice: Annotated[
        SignInNotice | UnsetType,
        Meta(description="What to do; present only when the number proved here belongs to another account."),
    ] = UNSET

    @classmethod
    def of(cls, signed_in: SignedIn) -> Self:
        session = signed_in.session
        return cls(
            token=signed_in.token,
            expires_at=session.expiry,
            session=session.public_id,
            user=Me.of(signed_in.user),
            created=signed_in.created,
            notice=SignInNotice.of_number() if signed_in.has_other_account else UNSET,
        )


class IdentityRow(ResponseBody):
    """A way to sign in to the account."""

    kind: IdentityKind
    phone: Annotated[str | None, Meta(description="E.164; null for other kinds.")]
    can_unlink: Annotated[bool, Meta(description="False for the last one, and for the number of staff.")]


class Identities(ResponseBody):
    """The ways to sign in to the account, and what can be linked."""

    linked: list[IdentityRow]
    providers: Annotated[list[str], Meta(description="Whose proofs can be linked here.")]

    @classmethod
    def of(cls, user: User) -> Self:
        rows = [
            IdentityRow(kind=kind, phone=value if kind == "phone" else None, can_unlink=can_unlink(user, kind))
            for kind, value in user.identities.items()
        ]
        return cls(linked=rows, providers=provider_names())


class SessionRow(ResponseBody):
    """A device on which the person is signed in."""

    id: uuid.UUID
    device_name: str
    created_at: datetime
    expires_at: datetime
    current: Annotated[bool, Meta(description="Whether it is the one that asks.")]

    @classmethod
    def of(cls, session: Session, current: Session | None = None) -> Self:
        return cls(
            id=session.public_id,
            device_name=session.device_name,
            created_at=session.created,
            expires_at=session.expiry,
            current=current is not None and session.pk == current.pk,
        )


class BlockRow(ResponseBody):
    """Somebody blocked."""

    user: UserSummary
    created_at: datetime

    @classmethod
    def of(cls, block: Block) -> Self:
        return cls(user=UserSummary.of(block.blocked), created_at=block.created_at)


class ReportAnswer(ResponseBody):
    """A report as filed."""

    id: uuid.UUID
    reason: Report.Reason
    subject: Annotated[str, Meta(description="What it is about, such as `pickup:<id>`.")]
    text: str
    created_at: datetime


class TicketAnswer(ResponseBody):
    """One ticket, and where to take it."""

    ticket: Annotated[str, Meta(description="Goes into the subprotocol `ticket.<ticket>`.")]
    url: Annotated[str, Meta(description="The address of the socket.")]
    expires_at: datetime
