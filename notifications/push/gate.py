"""Whether the next message may go out: the circuit first, then the quota, asked for many messages at a time."""

import time
from threading import Lock

from django.conf import settings

from notifications.push.circuit import FAILURES_MAX, Circuit
from notifications.push.protocol import Barred, Outcome, Postponed, Retry
from notifications.push.quota import Grant, Quota

BLOCK = 100
PERMIT_S = 1.0  # a permit that was not used by then is thrown away, so that none adds to a later window


def sending_ends() -> float:
    """Until when, on the clock of `time.monotonic`, who begins now may send.

    What has not begun by then goes back, well before another worker may take it.
    """
    return time.monotonic() + float(settings.PUSH_LEASE_S) / 3


class Gate:
    """For one call of `send`; tells the circuit what became of what it let through.

    Without a quota where the service has none that we could use up. Nothing more begins after `until`.
    """

    def __init__(self, *, circuit: Circuit, until: float, quota: Quota | None = None) -> None:
        self._circuit, self._quota, self._until = circuit, quota, until
        self._permits, self._permits_until = 0, 0.0
        self._answered, self._failures, self._after_s, self._reason = 0, 0, 0.0, ""
        self._refused = set[str]()
        self._noting = Lock()

    def permit(self, *, left: int) -> Postponed | None:
        """None when the next message may be sent; waits for the quota as long as the call may last."""
        in_a_row = self._failures + len(self._refused)
        if self._permits and time.monotonic() < self._permits_until and in_a_row < FAILURES_MAX:
            self._permits -= 1
            return None
        if time.monotonic() > self._until:
            return Postponed("busy", after_s=1)
        return self._ask(min(left, BLOCK))

    def pass_on(self, outcome: Outcome, *, address: str) -> Outcome:
        """Note it and hand it on; from any thread."""
        with self._noting:
            if isinstance(outcome, Retry):
                self._fail(outcome.reason, after_s=outcome.after_s or 0)
            elif isinstance(outcome, Barred):
                self._bar(outcome, address)
            elif not isinstance(outcome, Postponed):
                self._forget(answered=self._answered + 1)
        return outcome

    def report(self) -> None:
        """Tell the circuit what has been noted since."""
        with self._noting:
            answered, failures, after_s, reason = self._answered, self._failures, self._after_s, self._reason
            refused = frozenset(self._refused)
            self._forget()
        if answered or failures or refused:
            self._circuit.report(answered=answered, failures=failures, refused=refused, after_s=after_s, reason=reason)

    def _fail(self, reason: str, *, after_s: float = 0, weight: int = 1) -> None:
        self._failures += weight
        self._after_s, self._reason = max(self._after_s, after_s), reason

    def _bar(self, outcome: Barred, address: str) -> None:
        if outcome.is_for_all:
            self._fail(outcome.reason, weight=FAILURES_MAX)
        else:
            self._refused.add(address)
            self._reason = outcome.reason

    def _forget(self, *, answered: int = 0) -> None:
        self._answered, self._failures, self._after_s, self._reason = answered, 0, 0.0, ""
        self._refused.clear()

    def _ask(self, wanted: int) -> Postponed | None:
        self.report()
        admission = self._circuit.admit(wanted)
        if not admission.count:
            return Postponed("circuit open", after_s=admission.after_s)
        grant = self._take(admission.count)
        while not grant.count:
            if time.monotonic() + grant.after_s > self._until:
                return Postponed("quota", after_s=grant.after_s)
            time.sleep(grant.after_s)
            grant = self._take(admission.count)
        self._permits, self._permits_until = grant.count - 1, time.monotonic() + PERMIT_S
        return None

    def _take(self, wanted: int) -> Grant:
        return self._quota.take(wanted) if self._quota else Grant(wanted, after_s=0)
