"""The access log of uvicorn names neither a place nor a token."""

import logging

import pytest

from backend.core.logs import leave_secrets_out


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/api/v1/deck?lat=13.7307&lon=100.5418", "/api/v1/deck"),
        ("/r/0198f1a2-0000-7000-8000-000000000000", "/r/..."),
        ("/s/dGhpcyBpcyBhIHRva2VuIQ", "/s/..."),
        ("/r/0198f1a2-0000-7000-8000-000000000000?h=0123456789abcdef", "/r/..."),
        ("/unsubscribe/ImYwZjA:1abcde:secret", "/unsubscribe/..."),
        ("/unsubscribe/ImYwZjA:1abcde:secret/", "/unsubscribe/..."),
        ("/ws/v1/?ticket=secret", "/ws/v1/"),
        ("/api/v1/receipts/7", "/api/v1/receipts/7"),
        ("/", "/"),
    ],
)
def test_leaves_out_places_and_tokens(path: str, logged: str) -> None:
    arguments = ("127.0.0.1:5000", "GET", path, "1.1", 200)
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, '%s - "%s %s HTTP/%s" %d', arguments, None)

    leave_secrets_out(record)

    assert record.getMessage() == f'127.0.0.1:5000 - "GET {logged} HTTP/1.1" 200'
