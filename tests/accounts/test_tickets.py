"""Tickets open one socket once."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from backend.accounts.errors import TicketsUnavailable
from backend.accounts.models import Session, User
from backend.accounts.services.tickets import TicketHolder, issue_ticket, redeem_ticket
from backend.shared.redis import key, sync_redis
from tests.makers import make_session

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def session(user: User) -> Session:
    return make_session(user)[0]


class TestTicket:
    def test_admits_its_holder(self, session: Session) -> None:
        ticket, expires_at = issue_ticket(session=session, now=NOW)

        assert redeem_ticket(ticket) == TicketHolder(session.user_id, session.public_id)
        assert expires_at == NOW + timedelta(seconds=30)

    def test_works_only_once(self, session: Session) -> None:
        ticket, _ = issue_ticket(session=session, now=NOW)
        redeem_ticket(ticket)

        assert redeem_ticket(ticket) is None

    def test_admits_one_of_many_at_the_same_instant(self, session: Session) -> None:
        ticket, _ = issue_ticket(session=session, now=NOW)
        barrier = threading.Barrier(8)
        holders: list[TicketHolder | None] = []

        def redeem() -> None:
            barrier.wait()
            holders.append(redeem_ticket(ticket))

        threads = [threading.Thread(target=redeem) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sum(holder is not None for holder in holders) == 1

    def test_ends_by_itself(self, session: Session) -> None:
        ticket, _ = issue_ticket(session=session, now=NOW)

        assert sync_redis().ttl(key(f"ticket:{ticket}")) in range(1, 31)

    @pytest.mark.parametrize("ticket", ["", "unknown", "x" * 65, "ä\x00"])
    def test_refuses_what_is_no_ticket(self, ticket: str) -> None:
        assert redeem_ticket(ticket) is None

    def test_says_so_when_redis_is_away(self, session: Session, dead_redis: None) -> None:
        with pytest.raises(TicketsUnavailable):
            issue_ticket(session=session, now=NOW)
        with pytest.raises(TicketsUnavailable):
            redeem_ticket("anything")
