"""Concurrent attempts at codes, and concurrently issued receipts."""

from functools import partial
from threading import Barrier

from django.db import IntegrityError, OperationalError, connection, transaction

from backend.core.clock import read_clock
from backend.core.errors import DomainError
from geo.groups.services import found_group, join_group
from geo.handover.selectors import Audit
from geo.handover.services.confirmations import Confirmation, confirm_handover
from geo.handover_errors import CodeLocked
from geo.impact.services import compare_impact, fold_impact, rebuild_impact
from geo.models import Handover, ImpactSum, Match, Receipt, ReceiptLine
from tests.factories.matches import make_collecting_user, make_match, names_of_events, weigh
from tests.races import unlocked
from tests.races.concurrency import at_once, require_consistent, require_no_errors

ROUNDS = 5


def confirm(match: Match, code: str = "") -> Confirmation:
    """The collector confirms, by default with the right code."""
    return confirm_handover(
        user_id=match.collector_id, match_id=match.pk, code=code or match.handover.code, now=read_clock()
    )


def wrong_code(match: Match) -> str:
    """A code that is not the resident's."""
    return f"{(int(match.handover.code) + 1) % 1_000_000:06d}"


def was_refused(result: Confirmation | Match | DomainError) -> bool:
    """Whether the call was refused, by an exception or a returned refusal."""
    return isinstance(result, DomainError) or (isinstance(result, Confirmation) and result.refusal is not None)


class TestWrongCodes:
    def test_are_all_counted(self) -> None:
        match = weigh(make_match())

        results = at_once([partial(confirm, match, wrong_code(match))] * 12)

        require_no_errors(results)
        assert Handover.objects.get().wrong_codes == 5
        assert sum(isinstance(result.refusal, CodeLocked) for result in results) == 8

    def test_would_be_lost_without_the_lock(self) -> None:
        """The control: two attempts are counted as one."""
        match, both_read = weigh(make_match()), Barrier(2)

        at_once([partial(unlocked.count_wrong_code, match.pk, meanwhile=both_read.wait)] * 2)

        assert Handover.objects.get().wrong_codes == 1


class TestConfirmTwice:
    def test_issues_one_receipt(self) -> None:
        match = weigh(make_match())

        results = at_once([partial(confirm, match)] * 4)

        require_no_errors(results)
        require_consistent(match.pickup_id)
        assert Receipt.objects.count() == 1
        assert names_of_events(match.collector).count("receipt.issued") == 1


class TestConfirmAndWeighAgain:
    def test_never_confirm_figures_the_client_did_not_see(self) -> None:
        for _ in range(ROUNDS):
            match = weigh(make_match())
            seen = Handover.objects.get(pk=match.pk).weighed_at
            by_both = partial(
                confirm_handover,
                user_id=match.collector_id,
                match_id=match.pk,
                code=match.handover.code,
                weighed_at=seen,
                now=read_clock(),
            )

            results = at_once([by_both, partial(weigh, match, {"pet_clear": "0.1"})])

            require_no_errors(results)
            require_consistent(match.pickup_id)
            assert sum(was_refused(result) for result in results) == 1
            receipt = ReceiptLine.objects.filter(receipt__match=match).first()
            assert receipt is None or receipt.net_kg == 2


def confirm_without_waiting(match: Match) -> Confirmation:
    """Confirm; an error if a lock is not free within five seconds."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '5s'")
    return confirm(match)


class TestOneSlowHandover:
    """One transaction has issued a receipt and stays open."""

    def test_delays_no_other_of_the_same_group_month_and_material(self) -> None:
        matches = [weigh(make_match()) for _ in range(13)]
        residents = [match.pickup.resident_id for match in matches]
        group = found_group(user_id=residents[0], name="Rim Khlong", kind="building", now=read_clock())
        for resident in residents[1:]:
            join_group(user_id=resident, code=str(group.code), now=read_clock())

        with transaction.atomic():
            confirm(matches[0])
            results = at_once([partial(confirm_without_waiting, match) for match in matches[1:]])

            require_no_errors(results)
            assert Receipt.objects.count() == 13
        assert list(Audit().flaws()) == []
        fold_impact()
        assert compare_impact() == []
        assert ImpactSum.objects.get(scope="city").kg == 26

    def test_delays_the_next_of_the_same_collector(self) -> None:
        """The control."""
        collector = make_collecting_user()
        matches = [weigh(make_match(collector=collector)) for _ in range(2)]

        with transaction.atomic():
            confirm(matches[0])
            (result,) = at_once([partial(confirm_without_waiting, matches[1])])

        assert isinstance(result, OperationalError)


class TestFolding:
    def test_beside_handovers_loses_and_doubles_nothing(self) -> None:
        matches = [weigh(make_match()) for _ in range(8)]

        results = at_once([partial(confirm, match) for match in matches] + [fold_impact, rebuild_impact] * 2)

        require_no_errors(results)
        assert compare_impact() == []
        fold_impact()
        assert compare_impact() == []


class TestReceiptChain:
    def test_of_one_collector_never_forks(self) -> None:
        collector = make_collecting_user()
        matches = [weigh(make_match(collector=collector)) for _ in range(5)]

        results = at_once([partial(confirm, match) for match in matches])

        require_no_errors(results)
        receipts = list(Receipt.objects.order_by("number"))
        assert [receipt.link for receipt in receipts] == [1, 2, 3, 4, 5]
        assert [receipt.previous_hash for receipt in receipts[1:]] == [row.content_hash for row in receipts[:-1]]
        assert list(Audit().flaws()) == []

    def test_would_fork_without_the_lock(self) -> None:
        """The control: both link to the same receipt, even with different numbers."""
        collector, both_read = make_collecting_user(), Barrier(2)
        matches = [weigh(make_match(collector=collector)) for _ in range(2)]

        results = at_once(
            [
                partial(unlocked.issue_receipt, match, number=number, meanwhile=both_read.wait)
                for number, match in enumerate(matches, start=1)
            ]
        )

        assert [type(result) for result in results if result] == [IntegrityError]
