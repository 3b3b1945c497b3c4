"""Sending many messages at once, as fast as a circuit breaker and a quota allow."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore, Lock

from django.conf import settings

from notifications.push.circuit_breaker import FAILURES_MAX, CircuitBreaker
from notifications.push.protocol import Barred, Outcome, Postponed, PushMessage, Retry
from notifications.push.quota import Grant, Quota

BLOCK = 100
PERMIT_S = 1.0  # unused permits expire, so that none adds to a later window
SendOne = Callable[[PushMessage], Outcome]


def sending_deadline() -> float:
    """Until when, on the clock of `time.monotonic`, a call of `send` may start messages: well before leases expire."""
    return time.monotonic() + float(settings.PUSH_LEASE_S) / 3


class Throttle:
    """Permits for one call of `send`, from the circuit breaker and the quota if there is one.

    Reports outcomes to the circuit breaker. No message starts after `deadline`.
    """

    def __init__(self, *, circuit: CircuitBreaker, deadline: float, quota: Quota | None = None) -> None:
        self._circuit, self._quota, self._deadline = circuit, quota, deadline
        self._permits, self._permits_until = 0, 0.0
        self._answered, self._failures, self._after_s, self._reason = 0, 0, 0.0, ""
        self._refused = set[str]()
        self._lock = Lock()

    def permit(self, *, left: int) -> Postponed | None:
        """None when the next message may be sent. Waits for the quota until the deadline."""
        in_a_row = self._failures + len(self._refused)
        if self._permits and time.monotonic() < self._permits_until and in_a_row < FAILURES_MAX:
            self._permits -= 1
            return None
        if time.monotonic() > self._deadline:
            return Postponed("busy", after_s=1)
        return self._request_permits(min(left, BLOCK))

    def record(self, outcome: Outcome, *, address: str) -> Outcome:
        """Count the outcome and return it; from any thread."""
        with self._lock:
            if isinstance(outcome, Retry):
                self._count_failure(outcome.reason, after_s=outcome.after_s or 0)
            elif isinstance(outcome, Barred):
                self._count_barred(outcome, address)
            elif not isinstance(outcome, Postponed):
                self._reset_counts(answered=self._answered + 1)
        return outcome

    def report(self) -> None:
        """Report the outcomes counted so far to the circuit breaker."""
        with self._lock:
            answered, failures, after_s, reason = self._answered, self._failures, self._after_s, self._reason
            refused = frozenset(self._refused)
            self._reset_counts()
        if answered or failures or refused:
            self._circuit.report(answered=answered, failures=failures, refused=refused, after_s=after_s, reason=reason)

    def _count_failure(self, reason: str, *, after_s: float = 0, weight: int = 1) -> None:
        self._failures += weight
        self._after_s, self._reason = max(self._after_s, after_s), reason

    def _count_barred(self, outcome: Barred, address: str) -> None:
        if outcome.is_for_all:
            self._count_failure(outcome.reason, weight=FAILURES_MAX)
        else:
            self._refused.add(address)
            self._reason = outcome.reason

    def _reset_counts(self, *, answered: int = 0) -> None:
        self._answered, self._failures, self._after_s, self._reason = answered, 0, 0.0, ""
        self._refused.clear()

    def _request_permits(self, wanted: int) -> Postponed | None:
        self.report()
        admission = self._circuit.admit(wanted)
        if not admission.count:
            return Postponed("circuit open", after_s=admission.after_s)
        grant = self._take(admission.count)
        while not grant.count:
            if time.monotonic() + grant.after_s > self._deadline:
                return Postponed("quota", after_s=grant.after_s)
            time.sleep(grant.after_s)
            grant = self._take(admission.count)
        self._permits, self._permits_until = grant.count - 1, time.monotonic() + PERMIT_S
        return None

    def _take(self, wanted: int) -> Grant:
        return self._quota.take(wanted) if self._quota else Grant(wanted, after_s=0)


class SenderPool:
    """A thread pool for services that take one message per request. All calls of `send` share it."""

    def __init__(self, count: int, *, name: str) -> None:
        self._free = BoundedSemaphore(count)
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)

    def send(self, messages: Sequence[PushMessage], *, throttle: Throttle, send_one: SendOne) -> Iterator[Outcome]:
        """Send what the throttle permits; yields the outcome of each message, in order."""
        try:
            yield from self._send(messages, throttle, send_one)
        finally:
            # Also when the caller stops after the last outcome.
            throttle.report()

    def _send(self, messages: Sequence[PushMessage], throttle: Throttle, send_one: SendOne) -> Iterator[Outcome]:
        in_flight = deque[Future[Outcome]]()
        for number, message in enumerate(messages):
            left = len(messages) - number
            while (postponed := self._wait_for_permit(throttle, left)) and in_flight:
                # One of these may be the probe that closes the circuit.
                yield in_flight.popleft().result()
            if postponed:
                yield from [postponed] * left
                break
            in_flight.append(self._pool.submit(self._send_one, send_one, throttle, message))
            while in_flight and in_flight[0].done():
                yield in_flight.popleft().result()
        while in_flight:
            yield in_flight.popleft().result()

    def _wait_for_permit(self, throttle: Throttle, left: int) -> Postponed | None:
        """None when a thread is free and the next message may be sent. In this order, since permits expire."""
        self._free.acquire()
        postponed = throttle.permit(left=left)
        if postponed:
            self._free.release()
        return postponed

    def _send_one(self, send_one: SendOne, throttle: Throttle, message: PushMessage) -> Outcome:
        # Recorded at once: a message that hangs must not hide that later ones fail.
        try:
            return throttle.record(send_one(message), address=message.address)
        finally:
            self._free.release()
