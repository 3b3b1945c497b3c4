"""Several messages under way at a time, for services that take one a request."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore

from notifications.push.gate import Gate
from notifications.push.protocol import Outcome, Postponed, PushMessage

SendOne = Callable[[PushMessage], Outcome]


class Threads:
    """A pool that is kept; all who send share it."""

    def __init__(self, count: int, *, name: str) -> None:
        self._free = BoundedSemaphore(count)
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)

    def send(self, messages: Sequence[PushMessage], *, gate: Gate, send_one: SendOne) -> Iterator[Outcome]:
        """Send what the gate lets through; each message's own outcome, in turn."""
        try:
            yield from self._send(messages, gate, send_one)
        finally:
            # Also when nobody asks for more than the last outcome.
            gate.report()

    def _send(self, messages: Sequence[PushMessage], gate: Gate, send_one: SendOne) -> Iterator[Outcome]:
        under_way = deque[Future[Outcome]]()
        for number, message in enumerate(messages):
            left = len(messages) - number
            while (held_up := self._wait_for_permit(gate, left)) and under_way:
                # Among these may be the probe that opens the gate.
                yield under_way.popleft().result()
            if held_up:
                yield from [held_up] * left
                break
            under_way.append(self._pool.submit(self._send_one, send_one, gate, message))
            while under_way and under_way[0].done():
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()

    def _wait_for_permit(self, gate: Gate, left: int) -> Postponed | None:
        """None when a thread is free and the next of `left` may be sent. In this order: permits do not keep."""
        self._free.acquire()
        held_up = gate.permit(left=left)
        if held_up:
            self._free.release()
        return held_up

    def _send_one(self, send_one: SendOne, gate: Gate, message: PushMessage) -> Outcome:
        # Noted as soon as it is known: one that hangs ahead of the others must not hide that they fail.
        try:
            return gate.pass_on(send_one(message), address=message.address)
        finally:
            self._free.release()
