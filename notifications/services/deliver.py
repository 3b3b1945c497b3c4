"""Reaching one person who is not looking: claim what is due, send it, record what became of it.

Between claiming and recording a push is WAITING, so what a killed worker leaves behind is claimed again, under
the same message id. The job's lock keeps two workers from claiming for one person at a time.
"""

import uuid
from collections.abc import Callable
from datetime import datetime

from notifications.push import push_backend
from notifications.services.claim import claim_pushes
from notifications.services.outcomes import record_outcomes


def deliver(*, user_id: uuid.UUID, clock: Callable[[], datetime]) -> int:
    """Send this person's pushes that are due; returns how many were tried.

    Takes the clock, for sending takes time. What is to be retried or held back is left to a later job.
    """
    messages = claim_pushes(user_id=user_id, now=clock())
    if not messages:
        return 0
    # Outside of any transaction: the network may take its time.
    outcomes = push_backend().send(list(messages.values()))
    record_outcomes(user_id=user_id, outcomes=dict(zip(messages, outcomes, strict=True)), now=clock())
    return len(messages)
