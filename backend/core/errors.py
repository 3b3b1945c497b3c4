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
    METHOD = "method_not_allowed"
    NOT_ACCEPTABLE = "not_acceptable"
    LENGTH = "length_required"
    MEDIA_TYPE = "unsupported_media_type"
    BROKEN = "broken"


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
    Kind.METHOD: 405,
    Kind.NOT_ACCEPTABLE: 406,
    Kind.LENGTH: 411,
    Kind.MEDIA_TYPE: 415,
    Kind.BROKEN: 500,
}


class DomainError(Exception):
    """An anticipated refusal. Subclasses, which `refusal` makes, have a stable `code`, a `kind` and two texts.

    `message` says what happened, and `advice` what to do next; the page of the code shows both. `field` names the input
    at fault, if there is one; `params` fill the message; `retry_after_s` goes to clients.
    """

    code = "refused"
    kind = Kind.CONFLICT
    message: Text = _("This cannot be done.")
    advice: Text

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
    advice = _("It may have been removed, or it belongs to somebody else. Go back and open it from your lists.")


class Invalid(DomainError):
    """One input is wrong in a way that only the domain can tell."""

    code = "invalid"
    kind = Kind.INVALID
    message = _("Something in this request is not right.")
    advice = _("Look at the fields that are marked, correct them, and send again.")


def refusal(kind: Kind, code: str, message: Text, advice: Text) -> type[DomainError]:
    """A subclass of DomainError."""
    attributes = {"kind": kind, "code": code, "message": message, "advice": advice}
    return cast("type[DomainError]", type(code.title().replace("_", ""), (DomainError,), attributes))


conflict, invalid, forbidden = (partial(refusal, kind) for kind in (Kind.CONFLICT, Kind.INVALID, Kind.FORBIDDEN))

# Refusals of requests that no service has seen:
BadRequest = invalid(
    "bad_request",
    _("We could not read this request."),
    _("Open the page from its beginning, or update the app. Developers: check the host name and the body."),
)
BodyUnreadable = invalid(
    "body_unreadable",
    _("The body of this request is not what it says it is."),
    _("Update the app. Developers: send JSON in UTF-8, or a form with its boundary."),
)
BodyTooLarge = refusal(
    Kind.TOO_LARGE,
    "body_too_large",
    _("This request is too large."),
    _("Send less at once: a shorter text, or fewer and smaller photos."),
)
# A chunked body: it has no Content-Length, and Django would treat it as empty.
LengthRequired = refusal(
    Kind.LENGTH,
    "length_required",
    _("This request has to say how long it is (Content-Length)."),
    _("Update the app. Developers: send the body with its length, not in chunks."),
)
UnsupportedMediaType = refusal(
    Kind.MEDIA_TYPE,
    "unsupported_media_type",
    _("This operation does not take content of this type."),
    _("Update the app. Developers: set Content-Type to application/json, or to a form for photos."),
)
NotAcceptable = refusal(
    Kind.NOT_ACCEPTABLE,
    "not_acceptable",
    _("There is no answer in the format that was asked for."),
    _("Developers: accept application/json."),
)
MethodNotAllowed = refusal(
    Kind.METHOD,
    "method_not_allowed",
    _("This address exists, but not for this method."),
    _("Update the app. Developers: the OpenAPI document lists the methods of each address."),
)
TokenMissing = refusal(
    Kind.UNAUTHENTICATED,
    "token_missing",
    _("This is only for people who have signed in."),
    _("Sign in, and open it again. Developers: send “Authorization: Bearer” with the token of the session."),
)
TokenInvalid = refusal(
    Kind.UNAUTHENTICATED,
    "token_invalid",
    _("This sign-in is not valid any more. Sign in again."),
    _("Sign in again. What you typed stays on the phone and is sent afterwards."),
)
Forbidden = forbidden(
    "forbidden",
    _("You may not do this."),
    _("Go back. If you need this for your work, ask an administrator for the right."),
)
RateLimited = refusal(
    Kind.RATE_LIMITED,
    "rate_limited",
    _("Too many at once. Wait a moment."),
    _("Wait as long as the answer says (Retry-After); then it works again."),
)
ServerError = refusal(
    Kind.BROKEN,
    "server_error",
    _("Something broke on our side. We will look into it."),
    _("Try again in a few minutes. If it happens again, write to the operator what you did."),
)
# The database does not respond.
Unavailable = refusal(
    Kind.UNAVAILABLE,
    "unavailable",
    _("The service is not available now. Try again soon."),
    _("Wait a few seconds and try again. What was confirmed to you is stored."),
)
Overloaded = refusal(
    Kind.UNAVAILABLE,
    "overloaded",
    _("Many people are using the service right now. Please try again in a moment."),
    _("Wait as long as the answer says (Retry-After) and try again. What was confirmed to you is stored."),
)
NotReady = refusal(
    Kind.UNAVAILABLE,
    "not_ready",
    _("The service is not available now. Try again soon."),
    _("For operators: the checks in the answer name the part that is missing."),
)


def refusals_by_code() -> dict[str, type[DomainError]]:
    """Every refusal whose module has been imported."""
    found: dict[str, type[DomainError]] = {}
    waiting = DomainError.__subclasses__()
    for refused in waiting:
        found.setdefault(refused.code, refused)
        waiting.extend(refused.__subclasses__())
    return found
