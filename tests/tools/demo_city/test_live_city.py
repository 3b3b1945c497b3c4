"""The bots of the demo city: a visitor who is alone gets a match, a conversation and a receipt."""

import io
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from chat.phrases import PHRASES
from tests.chat.processes import running_process
from tests.geo.bodies import in_hours, pickup_body, spelled
from tests.waits import PATIENCE_S
from tools.demo_city.live.bot import Call, arranging_call
from tools.demo_city.live.phrases import ANSWERS, language_of
from tools.demo_city.people import is_bot, name_of_bot

ROOT = Path(__file__).resolve().parents[3]
CHIANG_MAI = {"lat": 18.7883, "lon": 98.9853}
LIVE_PATIENCE_S = 120  # two processes start first
NOW = datetime(2026, 11, 30, 3, 0, 20, tzinfo=UTC)
WINDOW = {"from": "2026-11-30T01:00:00Z", "until": "2026-11-30T05:00:00Z"}


class Visitor:
    """Somebody who tries the demo, with one phone and nobody else."""

    def __init__(self, url: str, phone: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/api/v1", timeout=PATIENCE_S, trust_env=False)
        signed_in = self.call("POST", "/auth/sign-in", {"provider": "demo", "phone": phone, "name": "Nok Srisuk"})
        self.id = signed_in["user"]["id"]
        self._http.headers["Authorization"] = f"Bearer {signed_in['token']}"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http.request(method, path, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def wait_for(self, path: str, is_there: Callable[[Any], Any]) -> Any:
        """What `is_there` returns of the answer, once that is something."""
        deadline = time.monotonic() + LIVE_PATIENCE_S
        while time.monotonic() < deadline:
            answer = self.call("GET", path)
            if found := is_there(answer):
                return found
            time.sleep(0.1)
        raise AssertionError(f"{path} stays {answer}")

    def wait_for_state(self, match: Any, *states: str) -> Any:
        """The match once its handover is in one of these states."""
        path = f"/matches/{match['id']}"
        return self.wait_for(path, lambda found: found if found["handover"]["state"] in states else None)

    def wait_for_receipt(self, match: Any) -> Any:
        """The match once both have confirmed."""
        return self.wait_for(f"/matches/{match['id']}", lambda found: found["receipt"] and found)

    def texts_in(self, match: Any) -> list[str]:
        """What was said in the conversation of a match."""
        page = self.call("GET", f"/conversations/{match['conversation']}/messages?limit=50")
        return [message["text"] for message in page["results"]]

    def close(self) -> None:
        self._http.close()


class Service:
    """The service as `bin/run` starts it, without a demo city."""

    def __init__(self, redis_prefix: str) -> None:
        self._redis_prefix, self._running, self._port = redis_prefix, ExitStack(), 0
        self.url = ""

    def start(self) -> None:
        _, address = self._running.enter_context(running_process(self._redis_prefix, self._port))
        self.url, self._port = f"http://{address}", int(address.rpartition(":")[2])

    def kill(self) -> None:
        self._running.close()


@pytest.fixture
def service(transactional_db: None, redis_prefix: str) -> Iterator[Service]:
    service = Service(redis_prefix)
    service.start()
    yield service
    service.kill()


@pytest.fixture
def bots(service: Service) -> Iterator[None]:
    """`manage.py live_city` with some residents, quicker than people think."""
    command = [sys.executable, "manage.py", "live_city", "--url", service.url, "--residents", "5", "--pace", "0.2"]
    environment = os.environ | {"POSTGRES_DB": connection.settings_dict["NAME"]}
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    yield
    process.terminate()
    process.wait(PATIENCE_S)


@pytest.fixture
def visitor(service: Service, bots: None) -> Iterator[Visitor]:
    visitor = Visitor(service.url, "+66812345678")
    yield visitor
    visitor.close()


def agree(visitor: Visitor, match: Any) -> Any:
    """Agree to the time that the bot proposes."""
    proposed = visitor.wait_for_state(match, "proposed")["handover"]
    return visitor.call("POST", f"/matches/{match['id']}/handover/agree", {"at": proposed["proposed_for"]})


@pytest.mark.slow
class TestVisitor:
    def test_posts_here_and_elsewhere_and_gets_receipts(self, visitor: Visitor) -> None:
        window = {"from": spelled(in_hours(0)), "until": spelled(in_hours(3))}
        first = visitor.call("POST", "/pickups", pickup_body(window=window, choose="first"))
        elsewhere = pickup_body(window=window, choose="resident", location=CHIANG_MAI)
        chosen = visitor.call("POST", "/pickups", elsewhere)

        likes = visitor.wait_for(f"/pickups/{chosen['id']}/likes", lambda page: page["results"][1:] and page["results"])
        visitor.call("POST", f"/pickups/{chosen['id']}/likes/{likes[1]['id']}/accept")
        matches = visitor.wait_for("/matches", lambda page: page["results"][1:] and page["results"])
        for match in matches:
            agree(visitor, match)
            visitor.wait_for_state(match, "weighed")
            visitor.call("POST", f"/matches/{match['id']}/handover/confirm", {})
        done = [visitor.wait_for_receipt(match) for match in matches]

        assert {match["pickup"]["id"] for match in done} == {first["id"], chosen["id"]}
        assert likes[1]["collector"]["id"] in {match["other"]["id"] for match in done}
        for match in done:
            assert is_bot(match["other"]["first_name"])
            assert match["handover"]["collector_arrived_at"]
            assert match["receipt"]["net_kg"] > 0
            assert "I am a bot" in (said := " ".join(visitor.texts_in(match)))
            assert "ฉันเป็นบอต" in said

    def test_collects_elsewhere_and_gets_a_receipt_although_the_service_is_killed(
        self, visitor: Visitor, service: Service
    ) -> None:
        profile = {"service_point": CHIANG_MAI, "radius_m": 2_000, "vehicle": "Cargo bike"}
        visitor.call("PUT", "/me/collector", profile)

        card = visitor.wait_for("/deck", lambda deck: deck["cards"] and deck["cards"][0])
        visitor.call("PUT", f"/pickups/{card['id']}/swipe", {"direction": "like"})
        match = visitor.wait_for("/matches", lambda page: page["results"] and page["results"][0])
        path = f"/matches/{match['id']}/handover"
        agree(visitor, match)
        service.kill()
        service.start()
        visitor.call("POST", f"{path}/on-my-way", {})
        visitor.wait_for_state(match, "arrived")
        hello = {"code": "is_it_sorted", "params": {}}
        message = {"client_id": "0190d1c8-0000-7000-8000-000000000001", "kind": "phrase", "phrase": hello}
        visitor.call("POST", f"/conversations/{match['conversation']}/messages", message)
        lines = [{"material": item["material"], "gross_kg": item["kg_estimate"]} for item in card["items"]]
        visitor.call("POST", f"{path}/weigh-in", {"lines": lines, "paid": 0})
        visitor.call("POST", f"{path}/confirm", {})
        done = visitor.wait_for_receipt(match)

        assert is_bot(card["resident"]["first_name"])
        assert done["receipt"]["net_kg"] == pytest.approx(card["kg_estimate"])
        visitor.wait_for(
            f"/conversations/{match['conversation']}/messages",
            lambda page: "Yes, it is sorted and clean." in [message["text"] for message in page["results"]],
        )


class TestCommand:
    def test_refuses_production(self, settings: Settings) -> None:
        settings.IS_PRODUCTION = True

        with pytest.raises(CommandError, match="never run in production"):
            call_command("live_city", stdout=io.StringIO())

    def test_refuses_a_firebase_project(self, settings: Settings) -> None:
        settings.FIREBASE_PROJECT_ID = "a-project"

        with pytest.raises(CommandError, match="Firebase"):
            call_command("live_city", stdout=io.StringIO())


def match_with(**handover: Any) -> dict[str, Any]:
    blank = {"state": "arranging", "proposed_by": None, "proposed_for": None, "agreed_for": None}
    return {"pickup": {"window": WINDOW}, "handover": blank | handover}


class TestArranging:
    @pytest.mark.parametrize("hours", [0, 1.75])
    def test_proposes_a_time_soon_that_is_in_the_window(self, hours: float) -> None:
        at = {"at": "2026-11-30T03:20:00+00:00"} if hours == 0 else {"at": "2026-11-30T05:00:00+00:00"}

        call = arranging_call(match_with(), "me", NOW + timedelta(hours=hours))

        assert call == Call("handover/propose", at, "does_time_suit", at)

    def test_proposes_again_when_nobody_agreed_in_time(self) -> None:
        match = match_with(state="proposed", proposed_by="me", proposed_for="2026-11-30T02:00:00Z")

        call = arranging_call(match, "me", NOW)

        assert call is not None
        assert call.path == "handover/propose"

    def test_proposes_nothing_after_the_window(self) -> None:
        assert arranging_call(match_with(), "me", NOW + timedelta(hours=2)) is None

    def test_agrees_to_the_other_ones_proposal(self) -> None:
        at = "2026-11-30T04:00:00Z"
        match = match_with(state="proposed", proposed_by="other", proposed_for=at)

        assert arranging_call(match, "me", NOW) == Call("handover/agree", {"at": at}, "yes")

    @pytest.mark.parametrize(
        "handover",
        [
            {"proposed_by": "me", "proposed_for": "2026-11-30T04:00:00Z"},
            {"proposed_by": "other", "proposed_for": "2026-11-30T02:00:00Z"},
        ],
    )
    def test_waits_otherwise(self, handover: dict[str, Any]) -> None:
        assert arranging_call(match_with(state="proposed", **handover), "me", NOW) is None


class TestWords:
    def test_answer_with_phrases_that_need_nothing(self) -> None:
        assert set(ANSWERS) <= set(PHRASES)
        assert all(not PHRASES[answer].params for answer in ANSWERS.values())

    def test_follow_the_language_of_a_text(self) -> None:
        assert [language_of(text) for text in ("มาได้ไหม", "May I come?")] == ["th", "en"]

    def test_mark_a_name(self) -> None:
        assert is_bot(name_of_bot("กมล", "th"))
        assert not is_bot("กมล")
