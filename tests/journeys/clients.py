"""A client of the HTTP API for one user."""

import uuid
from typing import Any

from rest_framework.test import APIClient


class Client:
    """A client that has signed in over HTTP; every request must succeed."""

    def __init__(self, *, phone: str, name: str, locale: str = "en") -> None:
        self.client = APIClient()
        body = {"provider": "demo", "phone": phone, "name": name, "locale": locale}
        signed_in = self.post("auth/sign-in", **body)
        self.id: str = signed_in["user"]["id"]
        self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {signed_in['token']}", HTTP_ACCEPT_LANGUAGE=locale)

    def get(self, path: str, **query: Any) -> Any:
        """GET a path and return the JSON."""
        return self._answer(self.client.get(f"/api/v1/{path}", query))

    def post(self, path: str, **body: Any) -> Any:
        """POST with an idempotency key and return the JSON."""
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        return self._answer(self.client.post(f"/api/v1/{path}", body, headers=headers))

    def put(self, path: str, **body: Any) -> Any:
        """PUT and return the JSON."""
        return self._answer(self.client.put(f"/api/v1/{path}", body))

    def events(self) -> list[str]:
        """The names of the user's events, without the cards of the chat, which repeat them."""
        events = self.get("events", since=0)["events"]
        return [event["event"] for event in events if event["data"].get("message", {}).get("kind") != "event"]

    def collect_in_lumphini(self) -> None:
        """Create a collector profile in Lumphini."""
        self.put(
            "me/collector",
            service_point={"lat": 13.7307, "lon": 100.5418},
            radius_m=5000,
            materials=[],
            vehicle="pickup truck",
            available=True,
        )

    @staticmethod
    def _answer(answer: Any) -> Any:
        assert answer.status_code < 300, (answer.status_code, answer.content.decode())
        return answer.json() if answer.content else None
