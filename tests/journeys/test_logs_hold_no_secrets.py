"""A story through real processes: nothing that they write holds a token, a number, a place, a code or words."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection

from notifications.models import Push
from tests.chat.phones import open_socket
from tests.chat.processes import ROOT, running_process
from tests.factories.people import make_user
from tests.firebase_endpoint import PROJECT, FirebaseEndpoint, write_service_account
from tests.geo.bodies import pickup_body
from tests.loopback import running_server
from tests.waits import wait_until

PASSWORD, WORDS, ACCESS_NOTE = "correct horse battery", "Ring at the blue gate", "The key hangs behind the fuse box"
PHONES = {"nok": "+66812345678", "lek": "+66898765432", "boss": "+66811112222"}
HERE = {"lat": 13.730712, "lon": 100.541834}
PUSH_TOKEN = "push-token-of-a-phone-1234567890"


class Story:
    """Clients of one server, and everything that must not be written down."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.http = httpx.Client(base_url=f"http://{server}", timeout=60)
        self.secrets: set[str] = {PASSWORD, WORDS, ACCESS_NOTE, PUSH_TOKEN, "Srisuk", "99/1 Rama IV Road"}
        self.secrets |= {phone.removeprefix("+66") for phone in PHONES.values()}
        self.secrets |= {str(value) for value in HERE.values()}

    def call(self, method: str, path: str, token: str = "", **body: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.http.request(method, f"/api/v1/{path}", json=body or None, headers=headers)

    def sign_in(self, name: str) -> str:
        answer = self.call("POST", "auth/sign-in", provider="demo", phone=PHONES[name], name=f"{name.title()} Srisuk")
        token: str = answer.json()["token"]
        self.secrets.add(token)
        return token

    def send_by_socket(self, token: str, conversation: str) -> None:
        ticket = self.call("POST", "realtime/tickets", token).json()["ticket"]
        self.secrets.add(ticket)
        frame = {"type": "message.send", "conversation": conversation, "client_id": str(uuid.uuid4()), "text": WORDS}
        with open_socket(self.server, ["tft.v1", f"ticket.{ticket}"]) as socket:
            socket.send(json.dumps(frame))
            socket.send(json.dumps(frame | {"text": 1}))
            while json.loads(socket.recv(timeout=60))["type"] != "error":
                pass


def tell(story: Story) -> None:
    """From sign-in to a weighed handover, with mistakes: wrong tokens, passwords, bodies and addresses."""
    nok, lek = story.sign_in("nok"), story.sign_in("lek")
    story.call("POST", "devices", nok, value=PUSH_TOKEN, platform="android")
    story.call("PUT", "me/collector", lek, service_point=HERE, radius_m=5000, materials=[])
    pickup = story.call("POST", "pickups", nok, **pickup_body(location=HERE, access_note=ACCESS_NOTE)).json()
    story.call("GET", f"deck?lat={HERE['lat']}&lon={HERE['lon']}", lek)
    match = story.call("PUT", f"pickups/{pickup['id']}/swipe", lek, direction="like").json()["match"]
    story.send_by_socket(lek, match["conversation"])
    code = story.call("GET", f"matches/{match['id']}", nok).json()["handover"]["code"]
    story.secrets.add(f'"{code}"')
    lines = [{"material": "pet_clear", "gross_kg": 2.35}]
    story.call("POST", f"matches/{match['id']}/handover/weigh-in", lek, lines=lines, paid=18.0)
    story.call("POST", f"matches/{match['id']}/handover/confirm", lek, code=code)
    story.call("GET", "me", nok[:-1])
    story.call("POST", "pickups", nok, title=WORDS, location=HERE, address=ACCESS_NOTE)
    login = {"username": PHONES["boss"], "password": PASSWORD}
    page = story.http.get("/admin/login/")
    form = login | {"csrfmiddlewaretoken": page.cookies["csrftoken"]}
    story.http.post("/admin/login/", data=form, headers={"Referer": str(page.url)})
    story.http.post("/admin/login/", data=form | {"password": f"{PASSWORD}!"}, headers={"Referer": str(page.url)})


def push_all(redis_prefix: str, account: Path) -> None:
    """Run a real worker until it has sent a push to an FCM on loopback."""

    def answer(path: str, body: bytes) -> tuple[int, bytes]:
        if path.endswith("token"):
            return 200, b'{"access_token": "of the loopback", "expires_in": 3600, "token_type": "Bearer"}'
        return 200, b'{"name": "projects/tft-test/messages/1"}'

    with running_server(answer) as url:
        write_service_account(account, FirebaseEndpoint(url=url))
        google = {"FCM_PROJECT_ID": PROJECT, "FCM_ENDPOINT": url, "GOOGLE_APPLICATION_CREDENTIALS": str(account)}
        ours = {"POSTGRES_DB": str(connection.settings_dict["NAME"]), "REDIS_PREFIX": redis_prefix}
        environment = os.environ | google | ours | {"LOG_LEVEL": "DEBUG"}
        worker = [sys.executable, "manage.py", "procrastinate", "worker", "--concurrency", "2"]
        process = subprocess.Popen(worker, cwd=ROOT, env=environment)
        try:
            wait_until(lambda: Push.objects.filter(state="accepted").exists(), patience_s=120)
        finally:
            process.kill()
            process.wait()


@pytest.mark.slow
def test_nothing_secret_is_written(
    transactional_db: None,
    redis_prefix: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("WARNING", logger="httpx")  # the clients of this test
    boss = make_user(phone=PHONES["boss"], is_staff=True, role="viewer")
    boss.set_password(PASSWORD)
    boss.save(update_fields=["password"])
    with running_process(redis_prefix, LOG_LEVEL="DEBUG") as (_, server):
        story = Story(server)
        with story.http:
            tell(story)
        push_all(redis_prefix, tmp_path / "account.json")

    written = "".join(capfd.readouterr())

    assert written.count("/api/v1/") > 10  # the control: requests are logged, with their paths
    assert sorted(secret for secret in story.secrets if secret in written) == []
