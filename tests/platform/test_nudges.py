"""A nudge that fails takes nothing with it: what was committed stays, and is answered as such."""

import uuid

import pytest
from django.db import transaction
from redis import ConnectionError as RedisConnectionError
from structlog.testing import capture_logs

from backend.shared.realtime import publish, publish_on_commit


@pytest.mark.parametrize("error", [RedisConnectionError("away"), ZeroDivisionError("a mistake of ours")])
def test_a_failing_nudge_does_not_undo_the_answer(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*commands: object) -> None:
        raise error

    monkeypatch.setattr("backend.shared.realtime.ask_all", fail)

    with transaction.atomic():
        publish_on_commit([(uuid.uuid4(), {"type": "event", "seq": 1})])


@pytest.mark.usefixtures("dead_redis")
def test_nudges_are_lost_with_a_warning_while_redis_is_away() -> None:
    with capture_logs() as logs:
        publish([(uuid.uuid4(), {"type": "event", "seq": 1})] * 3)

    assert [(line["event"], line["count"]) for line in logs] == [("nudges_lost", 3)]
