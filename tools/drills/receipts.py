"""`bin/drill receipts`: one transaction that has issued a receipt stays open while others hand over.

The control is a second handover of the same collector, which has to wait: their chain may not fork.
"""

import argparse
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, Event
from typing import TYPE_CHECKING

import django
from django.core.management import call_command
from django.db import OperationalError, connection, transaction

if TYPE_CHECKING:
    from geo.models import Match

THREADS = 40
# Far more than a handover takes, and for the control the time after which it counts as waiting.
WAIT_S = 20
CONTROL_S = 2


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/drill receipts")
    parser.add_argument("--handovers", type=int, default=200)
    count = parser.parse_args(arguments).handovers
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("load_materials", verbosity=0)
    return _play(count)


def _play(count: int) -> int:
    from geo.handover.selectors import Audit
    from geo.impact.services import compare_impact
    from geo.models import Receipt
    from tests.factories.matches import make_collecting_user, make_match, weigh

    slow_collector = make_collecting_user()
    held, behind = (weigh(make_match(collector=slow_collector)) for _ in range(2))
    others = [weigh(make_match()) for _ in range(count)]
    start, is_open, done = Barrier(THREADS), Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            _confirm(held, WAIT_S)
            is_open.set()
            done.wait()
        connection.close()

    def hand_over(share: "list[Match]") -> list[float]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")  # connected before the clock runs
        start.wait()
        seconds = [_timed(partial(_confirm, match, WAIT_S)) for match in share]
        connection.close()
        return seconds

    with ThreadPoolExecutor(THREADS + 1) as threads:
        holder = threads.submit(hold)
        is_open.wait()
        futures = [threads.submit(hand_over, others[number::THREADS]) for number in range(THREADS)]
        seconds = [second for future in futures for second in future.result()]
        issued = Receipt.objects.count()
        has_waited = _has_waited(behind)
        done.set()
        holder.result()
    _confirm(behind, WAIT_S)
    flaws = [*Audit().flaws(), *compare_impact()]
    print(f"{issued} of {count} handovers done while one transaction was open; {THREADS} at a time")
    print(f"median {statistics.median(seconds) * 1000:.0f} ms, longest {max(seconds) * 1000:.0f} ms")
    print(f"the next handover of the same collector waited: {'yes' if has_waited else 'no'}")
    print(f"flaws in {Receipt.objects.count()} receipts, their chains and sums: {len(flaws)}")
    return 0 if issued == count and has_waited and not flaws else 1


def _confirm(match: "Match", wait_s: int) -> None:
    from backend.core.clock import read_clock
    from geo.handover.services.confirmations import confirm_handover

    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{wait_s}s'")
    confirm_handover(user_id=match.collector_id, match_id=match.pk, code=match.handover.code, now=read_clock())


def _has_waited(match: "Match") -> bool:
    try:
        _confirm(match, CONTROL_S)
    except OperationalError:
        return True
    return False


def _timed(action: partial[None]) -> float:
    started = time.monotonic()
    action()
    return time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
