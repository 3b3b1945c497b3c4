"""`Idempotency-Key` on any POST, and on swipes: the response is stored in the transaction of its effect.

A second request with the key waits for the first, then gets the same response and changes nothing. Of an object that
others can change or close, only the id is stored: it is rendered again, as its reader may see it now. A refusal that is
raised is not stored: nothing happened, so the client may correct the request and use the key again. A refusal that is
returned, because something happened (a wrong code was counted), is stored like any response.
"""

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from backend.core.errors import DomainError, Invalid, Kind
from backend.core.http.problems import CONTENT_TYPE
from backend.core.http.responses import to_json_values
from backend.core.models import IdempotentAnswer

HEADER = "Idempotency-Key"
KEY_CHARACTERS_MAX = 200


class KeyReused(DomainError):
    """The key was used for another request."""

    code = "idempotency_key_reused"
    kind = Kind.UNPROCESSABLE
    message = _("This Idempotency-Key was used for another request.")
    advice = _("Look whether it has been done already. Developers: use a new key for a new request.")


class KeyInvalid(Invalid):
    """The key is empty, too long or not printable."""

    code = "idempotency_key_invalid"
    message = _("An Idempotency-Key has 1 to 200 printable characters.")
    advice = _("If you use the app, update it. Developers: use a new UUID for each action.")


def key_of(request: Request) -> str | None:
    """The key of a request, checked; None when there is none."""
    text = request.headers.get(HEADER)
    if text is None:
        return None
    if not 1 <= len(text) <= KEY_CHARACTERS_MAX or not text.isprintable():
        raise KeyInvalid
    return text


def fingerprint_of(request: Request) -> str:
    """SHA-256 of the request: method, path, query and parsed body. A file counts by its bytes: names are temporary."""
    digest = hashlib.sha256(f"{request.method} {_plain_path(request)}?{request.META['QUERY_STRING']} ".encode())
    fields = sorted(request.data.items()) if isinstance(request.data, Mapping) else [("", request.data)]
    for name, value in fields:
        digest.update(json.dumps([name, _spelled(value)], cls=JSONEncoder, sort_keys=True).encode())
    return digest.hexdigest()


def _plain_path(request: Request) -> str:
    """The path with its ids in small letters."""
    match = request.resolver_match
    return f"{match.route} {match.kwargs}" if match else request.path


def _spelled(value: object) -> object:
    if not isinstance(value, UploadedFile):
        return value
    content = hashlib.sha256(value.read()).hexdigest()
    value.seek(0)
    return content


def answer_once(
    *,
    owner: uuid.UUID,
    key: str,
    fingerprint: str,
    now: datetime,
    respond: Callable[[], Response],
    render_again: Callable[[uuid.UUID], Response] | None,
    prepare: Callable[[], None] | None = None,
) -> Response:
    """Run `respond` and store its response in one transaction, or return the stored response.

    `prepare` asks the network: it runs before the transaction, and not at all when there is a stored response.

    With `render_again` only the id in a successful response is stored, and the function renders that object for a
    repeated request; it raises NotFound when the user may no longer see it. A refusal raised by `respond` rolls the
    record back too. Raises KeyReused when the key belongs to another request.
    """
    if prepare is not None:
        if IdempotentAnswer.objects.filter(owner=owner, key=key).exists():
            return _kept_answer(owner, key, fingerprint, render_again)
        prepare()
    with transaction.atomic():
        if not _claim(owner, key, fingerprint, now):
            return _kept_answer(owner, key, fingerprint, render_again)
        response = respond()
        _keep(owner, key, response, only_id=render_again is not None)
        return response


def _claim(owner: uuid.UUID, key: str, fingerprint: str, now: datetime) -> bool:
    """Insert the row, waiting for the end of a concurrent claim. False when the key was used before."""
    row = IdempotentAnswer(owner=owner, key=key, fingerprint=fingerprint, created_at=now)
    IdempotentAnswer.objects.bulk_create([row], ignore_conflicts=True)
    # Only the transaction that inserted the row can see it without an answer.
    return IdempotentAnswer.objects.filter(owner=owner, key=key, status__isnull=True).exists()


def _kept_answer(
    owner: uuid.UUID, key: str, fingerprint: str, render_again: Callable[[uuid.UUID], Response] | None
) -> Response:
    kept = IdempotentAnswer.objects.get(owner=owner, key=key)
    if kept.fingerprint != fingerprint:
        raise KeyReused
    is_refusal = kept.status is not None and kept.status >= HTTPStatus.BAD_REQUEST
    body: Any = kept.body
    if render_again is not None and not is_refusal:
        body = render_again(uuid.UUID(body["id"])).data
    headers = {"Idempotent-Replay": "true"}
    return Response(body, status=kept.status, headers=headers, content_type=CONTENT_TYPE if is_refusal else None)


def _keep(owner: uuid.UUID, key: str, response: Response, *, only_id: bool) -> None:
    body = to_json_values(response.data)
    if only_id and response.status_code < HTTPStatus.BAD_REQUEST:
        body = {"id": body["id"]}
    IdempotentAnswer.objects.filter(owner=owner, key=key).update(status=response.status_code, body=body)


def forget_answers(*, owner: uuid.UUID) -> None:
    """Delete all stored responses of this user."""
    IdempotentAnswer.objects.filter(owner=owner).delete()


def delete_old_answers(*, now: datetime) -> int:
    """Delete responses older than `IDEMPOTENCY_HOURS`; returns how many."""
    oldest = now - timedelta(hours=settings.IDEMPOTENCY_HOURS)
    return IdempotentAnswer.objects.filter(created_at__lt=oldest).delete()[0]
