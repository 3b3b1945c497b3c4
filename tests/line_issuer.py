"""An OpenID Connect issuer on loopback, as LINE Login is one: discovery, keys, and ID tokens signed with ES256."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from tests.loopback import running_server

CHANNEL_ID = "1234567890"
CHANNEL_SECRET = "the-channel-secret-of-the-tests!"


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def public_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


@dataclass
class LineIssuer:
    """`keys` are published; `answer` is the body instead of the keys, if set; `asked` lists the paths asked for.

    `on_ask` is called at each request.
    """

    url: str = ""
    keys: dict[str, ec.EllipticCurvePrivateKey] = field(default_factory=lambda: {"key-1": new_key()})
    answer: bytes | None = None
    status: int = 200
    asked: list[str] = field(default_factory=list)
    on_ask: Callable[[], object] = lambda: None

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

    def respond(self, path: str, _: bytes) -> tuple[int, bytes]:
        self.asked.append(path)
        self.on_ask()
        return self.status, self.body(path)

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


@contextmanager
def running_issuer() -> Iterator[LineIssuer]:
    """An issuer that answers until the end of the block."""
    issuer = LineIssuer()
    with running_server(issuer.respond) as issuer.url:
        yield issuer
