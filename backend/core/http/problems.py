"""Errors as RFC 9457 problem details: `type, title, status, detail, code`, and `errors` per field."""

import math
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse, UnreadablePostError
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from backend.core.errors import (
    BadRequest,
    BodyTooLarge,
    BodyUnreadable,
    DomainError,
    Forbidden,
    Kind,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    RateLimited,
    ServerError,
    TokenInvalid,
    TokenMissing,
    Unavailable,
    UnsupportedMediaType,
)
from backend.core.metrics import note_refusal

log = structlog.get_logger(__name__)
CONTENT_TYPE = "application/problem+json"
REFUSALS_OF_DRF = {
    "parse_error": BodyUnreadable,
    "authentication_failed": TokenInvalid,
    "not_authenticated": TokenMissing,
    "permission_denied": Forbidden,
    "throttled": RateLimited,
    "not_acceptable": NotAcceptable,
    "method_not_allowed": MethodNotAllowed,
    "unsupported_media_type": UnsupportedMediaType,
}
# When a refusal of this kind does not say itself after how long it is worth another try.
RETRY_AFTER_S = {Kind.RATE_LIMITED: 60, Kind.UNAVAILABLE: 5}
CODES_OF_DRF = {drf: refused.code for drf, refused in REFUSALS_OF_DRF.items()}


def problem(*, status: int, code: str, detail: str, errors: list[dict[str, str]] | None = None) -> dict[str, object]:
    """The body of one problem; `errors` is a list of `{field, code, detail}`."""
    body: dict[str, object] = {
        "type": f"/problems/{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return body | ({"errors": errors} if errors else {})


def problem_response(error: Exception, context: Mapping[str, Any] | None = None) -> Response | None:
    """DRF's exception handler. None for unexpected errors, which belong to the error log."""
    set_rollback()
    response = _response_to(error)
    if response is not None:
        match = context["request"].resolver_match if context else None
        note_refusal(match.route if match else "none", response.data["code"])
    return response


def _response_to(error: Exception) -> Response | None:
    if isinstance(error, DomainError):
        return _of_domain_error(error)
    if isinstance(error, OperationalError | InterfaceError):
        log.warning("database_unavailable", reason=type(error).__name__)
        return _of_domain_error(Unavailable(retry_after_s=5))
    if isinstance(error, SuspiciousOperation | UnreadablePostError):
        return _of_bad_request(error)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    return _of_drf_error(error) if isinstance(error, exceptions.APIException) else None


def _of_domain_error(error: DomainError) -> Response:
    errors = [{"field": error.field, "code": error.code, "detail": error.text}] if error.field else None
    body = problem(status=error.status, code=error.code, detail=error.text, errors=errors)
    return Response(body, status=error.status, headers=_headers_of(error), content_type=CONTENT_TYPE)


def _headers_of(error: DomainError) -> dict[str, str]:
    after_s = error.retry_after_s or RETRY_AFTER_S.get(error.kind)
    headers = {"Retry-After": str(after_s)} if after_s else {}
    return headers | ({"WWW-Authenticate": "Bearer"} if error.status == HTTPStatus.UNAUTHORIZED else {})


def _of_bad_request(error: Exception) -> Response:
    """What Django itself refuses to read."""
    return _of_domain_error(BodyTooLarge() if isinstance(error, RequestDataTooBig) else BadRequest())


def _of_drf_error(error: exceptions.APIException) -> Response:
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(math.ceil(error.wait))  # type: ignore[attr-defined]
    if isinstance(error, exceptions.ValidationError):
        body = problem(
            status=400,
            code="invalid",
            detail=_("Some fields are not right."),
            errors=list(_field_errors(error.detail)),
        )
    elif isinstance(error, exceptions.Throttled):
        body = problem(status=429, code=RateLimited.code, detail=_wait_text(int(headers.get("Retry-After", 1))))
    else:
        code = str(error.get_codes()) if isinstance(error.detail, str) else error.default_code
        body = problem(status=error.status_code, code=CODES_OF_DRF.get(code, code), detail=str(error.detail))
    return Response(body, status=error.status_code, headers=headers, content_type=CONTENT_TYPE)


def _wait_text(seconds: int) -> str:
    if seconds <= 2 * 60:
        return _("Too many requests. Try again in %(seconds)s seconds.") % {"seconds": seconds}
    if seconds <= 2 * 3600:
        return _("That is as much as one person may do for now. Try again in %(minutes)s minutes.") % {
            "minutes": -(-seconds // 60)
        }
    return _("That is as much as one person may do in a day. Try again in %(hours)s hours.") % {
        "hours": -(-seconds // 3600)
    }


def _field_errors(detail: object, path: str = "") -> Iterator[dict[str, str]]:
    """Flatten DRF's nested errors into rows with dotted paths, such as `items.0.quantity`."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            inner_path = path if name == "non_field_errors" else f"{path}.{name}".lstrip(".")
            yield from _field_errors(inner, inner_path)
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            yield from _field_errors(inner, path if isinstance(inner, str) else f"{path}.{index}")
    else:
        yield {"field": path, "code": getattr(detail, "code", "invalid"), "detail": str(detail)}


def page_problem(refusal: DomainError) -> JsonResponse:
    """The problem of a view that is not one of the API's."""
    body = problem(status=refusal.status, code=refusal.code, detail=refusal.text)
    return JsonResponse(body, status=refusal.status, content_type=CONTENT_TYPE, headers=_headers_of(refusal))


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Django's handler404, for addresses that no view answers."""
    return page_problem(NotFound())


def server_error(request: HttpRequest) -> JsonResponse:
    """Django's handler500."""
    return page_problem(ServerError())


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Django's handler400: a forged host, or a body that Django refuses to read."""
    return page_problem(BadRequest())


def forbidden(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Django's handler403."""
    return page_problem(Forbidden())
