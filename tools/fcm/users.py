"""The users of the local Firebase, one for each phone number, and their ID tokens, unsigned as the Auth emulator's."""

import json
import time
import uuid
from base64 import urlsafe_b64encode
from typing import Any

PROJECT = "local-project"
HOUR_S = 3600


def uid_of(phone: str) -> str:
    """The same for the same number, on every machine."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"tel:{phone}").hex


def id_token_of(phone: str) -> str:
    """What Firebase's phone sign-in hands to an app, valid for an hour."""
    now = int(time.time())
    payload = {
        "iss": f"https://securetoken.google.com/{PROJECT}",
        "aud": PROJECT,
        "sub": uid_of(phone),
        "iat": now,
        "auth_time": now,
        "exp": now + HOUR_S,
        "phone_number": phone,
        "firebase": {"sign_in_provider": "phone", "identities": {"phone": [phone]}},
    }
    return ".".join([_part({"alg": "none", "typ": "JWT"}), _part(payload), ""])


def look_up(query: dict[str, Any]) -> dict[str, Any]:
    """The response of `accounts:lookup`: every user exists, is enabled and has no revoked token."""
    return {"users": [{"localId": uid, "validSince": "0"} for uid in query.get("localId", [])]}


def _part(content: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
