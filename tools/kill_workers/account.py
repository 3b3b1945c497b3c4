"""What was told, what arrived at Firebase, and what a phone shows of it that drops what it has seen."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

Fact = tuple[str, str]  # the address of a phone, and the number of an event in its person's log


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One request that Firebase accepted."""

    fact: Fact
    message_id: str


@dataclass(frozen=True, kw_only=True)
class Account:
    """`most` is how often the message that was sent most often was sent."""

    told: int
    lost: int
    shown_twice: int
    sent_twice: int
    most: int

    def __str__(self) -> str:
        return (
            f"told {self.told}, lost {self.lost}, shown twice {self.shown_twice}, "
            f"sent again {self.sent_twice} (no message more than {self.most} times)"
        )


def account_of(*, told: Collection[Fact], arrivals: Iterable[Arrival]) -> Account:
    """A phone shows each message id once; a fact that came under two ids is shown twice."""
    sent = Counter(arrivals)
    shown = Counter(arrival.fact for arrival in sent)
    return Account(
        told=len(set(told)),
        lost=len(set(told) - set(shown)),
        shown_twice=sum(count > 1 for count in shown.values()),
        sent_twice=sum(count - 1 for count in sent.values()),
        most=max(sent.values(), default=0),
    )
