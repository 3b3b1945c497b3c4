"""What the Admin SDK asks of Google when somebody signs in, on loopback: keys, OAuth tokens, user records.

The SDK itself is the real one, and so are the signatures.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

import jwt as pyjwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from google.auth import crypt, jwt
from jwt import algorithms as jwt_algorithms

from tests.loopback import running_server

PROJECT = "tft-test"
KEY_ID = "key-of-the-test"


@cache
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem() -> str:
    form = serialization.PrivateFormat.PKCS8
    return private_key().private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


@cache
def certificate_pem() -> str:
    """Self-signed, as Google's are."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private_key().public_key())
    builder = builder.serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    return builder.sign(private_key(), hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def id_token(uid: str = "uid-1", *, key_id: str = KEY_ID, project: str = PROJECT, age_s: int = 0, **claims: Any) -> str:
    """A token as Firebase's phone sign-in issues it, `age_s` seconds ago, valid for an hour."""
    issued_at = int(time.time()) - age_s
    payload = {
        "iss": f"https://securetoken.google.com/{project}",
        "aud": project,
        "sub": uid,
        "iat": issued_at,
        "auth_time": issued_at,
        "exp": issued_at + 3600,
    }
    signer_from, encode = cast(Any, crypt.RSASigner.from_string), cast(Any, jwt.encode)  # google.auth is untyped
    token: bytes = encode(signer_from(private_pem(), key_id=key_id), payload | claims)
    return token.decode()


def app_check_token(*, project: str = PROJECT, age_s: int = 0, key_id: str = KEY_ID, **claims: Any) -> str:
    """A token as App Check issues it to a genuine app, valid for an hour."""
    issued_at = int(time.time()) - age_s
    own = {"iss": "https://firebaseappcheck.googleapis.com/1", "aud": [f"projects/{project}"], "sub": "1:1:android:1"}
    payload = own | {"iat": issued_at, "exp": issued_at + 3600} | claims
    return pyjwt.encode(payload, private_pem(), algorithm="RS256", headers={"kid": key_id})


@dataclass
class FirebaseEndpoint:
    """`users` maps a uid to its record; `down` lists the parts that answer with an error."""

    url: str = ""
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    lookups: int = 0

    def add_user(self, uid: str, **record: Any) -> None:
        self.users[uid] = {"localId": uid, "validSince": "0"} | record

    def respond(self, path: str, body: bytes) -> tuple[int, bytes]:
        status, answer = self.answer(path, body)
        return status, json.dumps(answer).encode()

    def answer(self, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        part = path.rsplit("/", 1)[-1]
        if part in self.down:
            return 404, {"error": {"code": 404, "message": "CONFIGURATION_NOT_FOUND"}}
        if part == "jwks":
            key = jwt_algorithms.RSAAlgorithm.to_jwk(private_key().public_key(), as_dict=True)
            return 200, {"keys": [key | {"kid": KEY_ID, "use": "sig", "alg": "RS256"}]}
        if part == "certs":
            return 200, {KEY_ID: certificate_pem()}
        if part == "token":
            return 200, {"access_token": "of the loopback", "expires_in": 3600, "token_type": "Bearer"}
        self.lookups += 1
        found = [self.users[uid] for uid in json.loads(body)["localId"] if uid in self.users]
        return 200, {"users": found} if found else {}


@contextmanager
def running_endpoint() -> Iterator[FirebaseEndpoint]:
    """An endpoint that answers until the end of the block."""
    endpoint = FirebaseEndpoint()
    with running_server(endpoint.respond) as endpoint.url:
        yield endpoint


def write_service_account(path: Path, endpoint: FirebaseEndpoint) -> None:
    """A service account file whose OAuth tokens come from the endpoint."""
    account = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "1",
        "private_key": private_pem(),
        "client_email": f"tests@{PROJECT}.iam.gserviceaccount.com",
        "token_uri": f"{endpoint.url}/token",
    }
    path.write_text(json.dumps(account))
