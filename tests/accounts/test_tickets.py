"""Tickets open one socket once."""

import os
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.accounts.errors import TicketsUnavailable
from backend.accounts.models import Session, UsedTicket, User
from backend.accounts.services.tickets import TicketHolder, forget_used_tickets, issue_ticket, redeem_ticket
from backend.core.redis.client import key, sync_redis
from tests.factories.people import make_session
from tests.races.concurrency import at_once

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def session(user: User) -> Session:
    return make_session(user)[0]


class TestTicket:
    def test_admits_its_holder(self, session: Session) -> None:
        ticket, expires_at = issue_ticket(session=session, now=NOW)

        assert redeem_ticket(ticket, now=NOW) == TicketHolder(session.user_id, session.public_id)
        assert expires_at == NOW + timedelta(seconds=30)

    def test_works_only_once(self, session: Session) -> None:
        ticket, _ = issue_ticket(session=session, now=NOW)
        redeem_ticket(ticket, now=NOW)

        assert redeem_ticket(ticket, now=NOW) is None

    def test_admits_one_of_many_at_the_same_instant(self, session: Session) -> None:
        ticket, _ = issue_ticket(session=session, now=NOW)

        holders = at_once([lambda: redeem_ticket(ticket, now=NOW)] * 8)

        assert sum(isinstance(holder, TicketHolder) for holder in holders) == 1
        assert holders.count(None) == 7

    def test_ends_by_itself(self, session: Session) -> None:
        ticket, _ = issue_ticket(session=session, now=NOW)

        assert sync_redis().ttl(key(f"ticket:{ticket}")) in range(1, 31)

    @pytest.mark.parametrize("ticket", ["", "unknown", "x" * 65, "ä\x00"])
    def test_refuses_what_is_no_ticket(self, ticket: str) -> None:
        assert redeem_ticket(ticket, now=NOW) is None


class TestWithoutRedis:
    def test_is_signed_instead(self, session: Session, dead_redis: None) -> None:
        ticket, expires_at = issue_ticket(session=session, now=NOW)

        assert redeem_ticket(ticket, now=NOW) == TicketHolder(session.user_id, session.public_id)
        assert expires_at == NOW + timedelta(seconds=30)

    def test_fits_into_a_subprotocol(self, session: Session, dead_redis: None) -> None:
        ticket, _ = issue_ticket(session=session, now=NOW)

        assert re.fullmatch(r"[A-Za-z0-9_.-]+", ticket)

    def test_works_only_once(self, session: Session, dead_redis: None) -> None:
        ticket, _ = issue_ticket(session=session, now=NOW)
        redeem_ticket(ticket, now=NOW)

        assert redeem_ticket(ticket, now=NOW) is None

    def test_works_only_once_though_redis_comes_back(self, session: Session, settings: Any, dead_redis: None) -> None:
        ticket, _ = issue_ticket(session=session, now=NOW)
        redeem_ticket(ticket, now=NOW)
        settings.REDIS_URL = os.environ["REDIS_URL"]
        sync_redis.cache_clear()

        assert redeem_ticket(ticket, now=NOW) is None

    def test_ends_by_itself(self, session: Session, dead_redis: None) -> None:
        ticket, expires_at = issue_ticket(session=session, now=NOW)

        assert redeem_ticket(ticket, now=expires_at) is None

    def test_is_gone_with_its_session(self, session: Session, dead_redis: None) -> None:
        ticket, _ = issue_ticket(session=session, now=NOW)
        session.delete()

        assert redeem_ticket(ticket, now=NOW) is None

    @pytest.mark.parametrize("place", [0, 20, -1])
    def test_refuses_one_that_was_changed(self, session: Session, dead_redis: None, place: int) -> None:
        ticket, _ = issue_ticket(session=session, now=NOW)
        letters = list(ticket)
        letters[place] = "B" if letters[place] != "B" else "C"

        assert redeem_ticket("".join(letters), now=NOW) is None

    def test_a_kept_one_waits_for_redis(self, session: Session, dead_redis: None) -> None:
        with pytest.raises(TicketsUnavailable):
            redeem_ticket("anything", now=NOW)

    def test_used_ones_are_forgotten_when_they_are_too_old(self, session: Session, dead_redis: None) -> None:
        redeem_ticket(issue_ticket(session=session, now=NOW)[0], now=NOW)
        later = NOW + timedelta(seconds=20)
        redeem_ticket(issue_ticket(session=session, now=later)[0], now=later)

        assert forget_used_tickets(now=NOW + timedelta(hours=1, seconds=30)) == 1
        assert UsedTicket.objects.count() == 1
