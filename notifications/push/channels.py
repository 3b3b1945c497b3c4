"""Each message by the way that its address asks for."""

from collections.abc import Iterator, Sequence

from notifications.push.protocol import Outcome, PushBackend, PushMessage

LINE_ADDRESS = "line"


class Channels:
    """Firebase for apps, LINE for LINE accounts; outcomes stay in the order of the messages."""

    def __init__(self, apps: PushBackend, *, line: PushBackend) -> None:
        self.apps, self.line = apps, line

    def send(self, messages: Sequence[PushMessage]) -> Iterator[Outcome]:
        """Send them all. Give those for LINE last: what comes after one waits for LINE."""
        by_app = [message for message in messages if message.address_kind != LINE_ADDRESS]
        by_line = [message for message in messages if message.address_kind == LINE_ADDRESS]
        apps = iter(self.apps.send(by_app)) if by_app else iter(())
        line = iter(self.line.send(by_line)) if by_line else iter(())
        for message in messages:
            yield next(line if message.address_kind == LINE_ADDRESS else apps)
