"""Doing what is due pickup by pickup, so that one that fails holds up no other."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

import structlog

log = structlog.get_logger(__name__)


class PickupStep(Protocol):
    """A service for one pickup, in a transaction of its own; says whether there was anything to do."""

    def __call__(self, *, pickup_id: uuid.UUID, now: datetime) -> bool:
        """Do it."""


def do_one_by_one(*, step: PickupStep, pickup_ids: Iterable[uuid.UUID], now: datetime, failure: str) -> int:
    """Run `step` for each, logging those that fail as `failure`; returns for how many it did something."""
    return sum(_do(step, pickup_id, now, failure) for pickup_id in pickup_ids)


def _do(step: PickupStep, pickup_id: uuid.UUID, now: datetime, failure: str) -> bool:
    try:
        return step(pickup_id=pickup_id, now=now)
    except Exception:
        log.exception(failure, pickup=str(pickup_id))
        return False
