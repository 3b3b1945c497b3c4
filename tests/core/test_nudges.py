"""A nudge that fails changes nothing that was committed."""

import uuid

import pytest
from django.db import transaction
from structlog.testing import capture_logs

from backend.core.redis.nudges import publish, publish_on_commit


def test_a_nudge_that_cannot_be_encoded_does_not_fail_the_commit(transactional_db: None) -> None:
    with transaction.atomic():
        publish_on_commit([(uuid.uuid4(), {"type": "event", "seq": object()})])


@pytest.mark.usefixtures("dead_redis")
def test_a_nudge_without_redis_does_not_fail_the_commit(transactional_db: None) -> None:
    with transaction.atomic():
        publish_on_commit([(uuid.uuid4(), {"type": "event", "seq": 1})])


@pytest.mark.usefixtures("dead_redis")
def test_nudges_are_lost_with_a_warning_while_redis_is_away() -> None:
    with capture_logs() as logs:
        publish([(uuid.uuid4(), {"type": "event", "seq": 1})] * 3)

    assert [(line["event"], line["count"]) for line in logs] == [("nudges_lost", 3)]
