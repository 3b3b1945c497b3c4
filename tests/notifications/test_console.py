"""The push that bin/run prints."""

import pytest
from pytest_django import Settings

from notifications.push.backends import Accepted, ConsoleBackend, PushMessage, push_backend


def make_message() -> PushMessage:
    return PushMessage(
        message_id="17",
        address="a-very-long-registration-token",
        address_kind="token",
        platform="ios",
        title="It is a match",
        body="“Cans”: write to each other.",
        collapse_id="match:1",
        channel="matches",
        link="/matches/1",
    )


class TestConsole:
    def test_shows_one_block_for_each_push(self, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
        settings.PUSH_BACKEND = "console"

        outcomes = push_backend().send([make_message(), make_message()])

        assert outcomes == [Accepted(), Accepted()]
        shown = capsys.readouterr().out
        assert shown.count("│ It is a match") == 2
        for part in ("push 17", "ios", "“Cans”: write to each other.", "opens /matches/1"):
            assert part in shown

    def test_shows_no_whole_address(self, capsys: pytest.CaptureFixture[str]) -> None:
        ConsoleBackend().send([make_message()])

        assert "a-very-l…oken" in capsys.readouterr().out
