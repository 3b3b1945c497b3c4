"""Erasing an account, while something of it ends in another way."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections, transaction

from backend.accounts.identity import Identity
from backend.accounts.services.account import begin_erasure, erase_due_accounts
from backend.accounts.services.sign_in import sign_in
from backend.core.clock import read_clock
from geo.lifecycle.locks import lock_pickup
from geo.matching.services.matches import release_match
from tests.factories.matches import make_match
from tests.factories.people import client_of, make_user
from tests.races.concurrency import TIMEOUT_S
from tests.waits import count_waiting, wait_until

pytestmark = pytest.mark.usefixtures("committed")


def test_a_match_that_the_other_party_releases_stops_no_erasure() -> None:
    match = make_match()
    client = client_of(match.collector)

    def erase() -> int:
        try:
            return client.delete("/api/v1/me").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            lock_pickup(pickup_id=match.pickup_id)
            erasure = threads.submit(erase)
            wait_until(lambda: count_waiting() > 0)
            release_match(user_id=match.pickup.resident_id, match_id=match.pk, reason="no_answer", now=read_clock())
        assert erasure.result(TIMEOUT_S) == 204


def test_an_account_that_its_user_takes_back_meanwhile_is_kept() -> None:
    user, now = make_user(), read_clock()
    begin_erasure(user=user, now=now)

    def erase_due() -> int:
        try:
            return erase_due_accounts(now=now + timedelta(days=15))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            identity = Identity(phone=user.phone)
            sign_in(identity=identity, installation="", device_name="", keep_account=True, now=now)
            erasure = threads.submit(erase_due)
            wait_until(lambda: count_waiting() > 0)
        assert erasure.result(TIMEOUT_S) == 0

    user.refresh_from_db()
    assert (user.is_active, user.erased_at) == (True, None)
