"""Refusals: why a request cannot be granted, with a code that never changes.

Services raise them; HTTP turns the kind into a status and problem details, the socket sends the same code.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from typing import cast

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class Kind(StrEnum):
    """What sort of refusal it is; decides the HTTP status."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    TOO_SLOW = "too_slow"
    TOO_LARGE = "too_large"
    UNPROCESSABLE = "unprocessable"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"


STATUS_OF_KIND: Mapping[Kind, int] = {
    Kind.INVALID: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.TOO_SLOW: 408,
    Kind.TOO_LARGE: 413,
    Kind.UNPROCESSABLE: 422,
    Kind.RATE_LIMITED: 429,
    Kind.UNAVAILABLE: 503,
}


class DomainError(Exception):
    """An anticipated refusal. Subclasses, which `refusal` makes, have a stable `code`, a `kind` and a `message`.

    `field` names the input at fault, if there is one; `params` fill the message; `retry_after_s` goes to clients.
    """

    code = "refused"
    kind = Kind.CONFLICT
    message: Text = _("This cannot be done.")

    def __init__(self, *, field: str | None = None, retry_after_s: int | None = None, **params: object) -> None:
        super().__init__(self.code)
        self.field = field
        self.params = params
        self.retry_after_s = retry_after_s

    @property
    def status(self) -> int:
        return STATUS_OF_KIND[self.kind]

    @property
    def text(self) -> str:
        """The message in the language that is active now."""
        return str(self.message) % self.params if self.params else str(self.message)


class NotFound(DomainError):
    """Nothing there, or nothing there for this person: both look the same."""

    code = "not_found"
    kind = Kind.NOT_FOUND
    message = _("We could not find this.")


class Invalid(DomainError):
    """One input is wrong in a way that only the domain can tell."""

    code = "invalid"
    kind = Kind.INVALID
    message = _("Something in this request is not right.")


def refusal(kind: Kind, code: str, message: Text) -> type[DomainError]:
    """A subclass of DomainError."""
    name = code.title().replace("_", "")
    return cast("type[DomainError]", type(name, (DomainError,), {"kind": kind, "code": code, "message": message}))


conflict, invalid, forbidden = (partial(refusal, kind) for kind in (Kind.CONFLICT, Kind.INVALID, Kind.FORBIDDEN))
