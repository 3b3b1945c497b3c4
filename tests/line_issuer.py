"""An OpenID Connect issuer on loopback, as LINE Login is one: discovery, keys, and ID tokens signed with ES256."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

CHANNEL_ID = "1234567890"
CHANNEL_SECRET = "the-channel-secret-of-the-tests!"


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def public_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


@dataclass
class LineIssuer:
    """`keys` are published; `answer` is the body instead of the keys, if set; `asked` lists the paths asked for."""

    url: str = ""
    keys: dict[str, ec.EllipticCurvePrivateKey] = field(default_factory=lambda: {"key-1": new_key()})
    answer: bytes | None = None
    status: int = 200
    asked: list[str] = field(default_factory=list)

    def claims(self, line_id: str, *, age_s: int = 0, **claims: Any) -> dict[str, Any]:
        issued_at = int(time.time()) - age_s
        standard = {"iss": self.url, "sub": line_id, "aud": CHANNEL_ID, "iat": issued_at, "exp": issued_at + 3600}
        return {name: value for name, value in (standard | claims).items() if value is not None}

    def id_token(self, line_id: str = "U1", *, key_id: str = "key-1", **claims: Any) -> str:
        """A token as LIFF hands it out."""
        return jwt.encode(self.claims(line_id, **claims), self.keys[key_id], "ES256", headers={"kid": key_id})

    def web_token(self, line_id: str = "U1", *, secret: str | bytes = CHANNEL_SECRET, **claims: Any) -> str:
        """A token as the login in a browser gets it."""
        return jwt.encode(self.claims(line_id, **claims), secret, "HS256")

    def body(self, path: str) -> bytes:
        if path == "/.well-known/openid-configuration":
            return json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/certs"}).encode()
        if self.answer is not None:
            return self.answer
        keys = [
            json.loads(ECAlgorithm.to_jwk(key.public_key())) | {"kid": key_id, "use": "sig", "alg": "ES256"}
            for key_id, key in self.keys.items()
        ]
        return json.dumps({"keys": keys}).encode()


def handler_for(issuer: LineIssuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            body = issuer.body(self.path)
            self.send_response(issuer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@contextmanager
def running_issuer() -> Iterator[LineIssuer]:
    """An issuer that answers until the end of the block."""
    issuer = LineIssuer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(issuer))
    issuer.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
