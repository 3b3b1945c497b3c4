"""A failing service opens the circuit for all workers; single probes close it."""

import pytest
from pytest_django import Settings

from notifications.push.backends import Accepted, Postponed, Retry
from notifications.push.circuit_breaker import FAILURES_MAX, PROBE_S, CircuitBreaker, fcm_circuit_breaker, open_s
from notifications.push.fcm import FcmBackend
from tests.notifications.fcm.waiting import time_passes
from tools.fcm import server as answers
from tools.fcm.quota import make_message
from tools.fcm.server import FcmServer


@pytest.fixture(params=["redis", "alone"])
def circuit(request: pytest.FixtureRequest, redis_prefix: str) -> CircuitBreaker:
    """A circuit with Redis, and one without."""
    if request.param == "alone":
        request.getfixturevalue("dead_redis")
    return CircuitBreaker("fcm")


class TestCircuit:
    def test_lets_all_through_while_answers_come(self, circuit: CircuitBreaker) -> None:
        for _ in range(FAILURES_MAX):
            circuit.report(answered=1, failures=FAILURES_MAX - 1)

        assert circuit.admit(100).count == 100
        assert circuit.state() == "closed"

    def test_opens_after_so_many_failures_in_a_row(self, circuit: CircuitBreaker) -> None:
        circuit.report(answered=0, failures=FAILURES_MAX - 1)
        assert circuit.admit(1).count == 1
        circuit.report(answered=0, failures=1)

        admission = circuit.admit(1)

        assert admission.count == 0
        assert 5 < admission.after_s <= 10
        assert circuit.state() == "open"

    def test_then_one_at_a_time_probes(self, circuit: CircuitBreaker) -> None:
        circuit.report(answered=0, failures=FAILURES_MAX)
        time_passes(circuit)
        assert circuit.state() == "probing"

        admissions = [circuit.admit(100) for _ in range(3)]

        assert [(one.count, one.is_probe) for one in admissions] == [(1, True), (0, False), (0, False)]
        assert admissions[1].after_s == PROBE_S

    def test_one_answer_closes_it(self, circuit: CircuitBreaker) -> None:
        circuit.report(answered=0, failures=FAILURES_MAX)
        time_passes(circuit)
        circuit.admit(1)

        circuit.report(answered=1, failures=0)

        assert circuit.admit(100).count == 100

    def test_a_probe_that_fails_opens_it_for_longer(self, circuit: CircuitBreaker) -> None:
        circuit.report(answered=0, failures=FAILURES_MAX)
        time_passes(circuit)
        circuit.admit(1)

        circuit.report(answered=0, failures=1)

        assert 15 < circuit.admit(1).after_s <= 20

    def test_those_who_saw_the_same_failure_open_it_once(self, circuit: CircuitBreaker) -> None:
        for _ in range(5):
            circuit.report(answered=0, failures=FAILURES_MAX)

        assert circuit.admit(1).after_s <= 10

    def test_waits_as_long_as_the_service_asks(self, circuit: CircuitBreaker) -> None:
        circuit.report(answered=0, failures=FAILURES_MAX, after_s=45)

        assert 35 < circuit.admit(1).after_s <= 45

    @pytest.mark.parametrize(
        ("rounds", "at_least_s", "expected_s"), [(1, 0, 10), (3, 0, 40), (9, 0, 300), (1, 1e6, 300)]
    )
    def test_is_open_for_ten_seconds_to_five_minutes(self, rounds: int, at_least_s: float, expected_s: float) -> None:
        assert open_s(rounds, at_least_s) == expected_s

    def test_counts_an_address_that_is_refused_once(self, circuit: CircuitBreaker) -> None:
        for number in range(FAILURES_MAX - 1):
            for _ in range(2):
                circuit.report(answered=0, failures=0, refused={f"phone-{number}"})
        assert circuit.state() == "closed"

        circuit.report(answered=0, failures=0, refused={"another phone"})

        assert circuit.state() == "open"

    def test_a_probe_to_an_address_that_was_refused_before_fails_too(self, circuit: CircuitBreaker) -> None:
        addresses = {f"phone-{number}" for number in range(FAILURES_MAX)}
        circuit.report(answered=0, failures=0, refused=addresses)
        time_passes(circuit)
        assert circuit.admit(1).is_probe

        circuit.report(answered=0, failures=0, refused={"phone-0"})

        assert circuit.state() == "open"
        assert circuit.admit(1).after_s > 10

    def test_counts_it_anew_after_an_answer(self, circuit: CircuitBreaker) -> None:
        refused = {f"phone-{number}" for number in range(FAILURES_MAX - 1)}
        circuit.report(answered=0, failures=0, refused=refused)

        circuit.report(answered=1, failures=0)
        circuit.report(answered=0, failures=1, refused=refused)

        assert circuit.state() == "open"

    def test_is_shared_by_workers(self, redis_prefix: str) -> None:
        CircuitBreaker("fcm").report(answered=0, failures=FAILURES_MAX)

        assert CircuitBreaker("fcm").admit(1).count == 0
        assert CircuitBreaker("line").admit(1).count == 1


class TestOutage:
    def test_most_of_a_batch_is_not_even_tried(self, backend: FcmBackend, fcm: FcmServer, settings: Settings) -> None:
        messages = [make_message(f"phone-{number}") for number in range(600)]
        fcm.always |= {message.address: answers.BUSY for message in messages}

        outcomes = list(backend.send(messages))

        tried = [outcome for outcome in outcomes if isinstance(outcome, Retry)]
        assert FAILURES_MAX <= len(tried) == sum(fcm.requests[message.address] for message in messages) < 300
        assert all(isinstance(outcome, Postponed) and outcome.after_s > 5 for outcome in outcomes[len(tried) :])

    def test_is_noticed_behind_a_message_that_hangs(self, backend: FcmBackend, fcm: FcmServer) -> None:
        messages = [make_message(f"phone-{number}") for number in range(200)]
        fcm.always |= {message.address: answers.BUSY for message in messages} | {"phone-0": answers.SLOW}

        outcomes = list(backend.send(messages))

        assert isinstance(outcomes[-1], Postponed)

    def test_a_probe_that_is_answered_lets_the_rest_of_its_batch_through(
        self, backend: FcmBackend, fcm: FcmServer
    ) -> None:
        fcm_circuit_breaker("android").report(answered=0, failures=FAILURES_MAX)
        assert isinstance(next(iter(backend.send([make_message()]))), Postponed)
        time_passes(fcm_circuit_breaker("android"))

        outcomes = list(backend.send([make_message(f"phone-{number}") for number in range(20)]))

        assert outcomes == [Accepted()] * 20

    def test_is_reported_too_when_only_the_outcomes_are_read(self, backend: FcmBackend, fcm: FcmServer) -> None:
        """Outcomes that are read one message at a time, as when several channels are joined."""
        messages = [make_message(f"phone-{number}") for number in range(FAILURES_MAX)]
        fcm.always |= {message.address: answers.BUSY for message in messages}

        outcomes = iter(backend.send(messages))
        for _ in messages:
            next(outcomes)
        del outcomes

        assert fcm_circuit_breaker("android").state() == "open"

    def test_a_few_bad_addresses_open_nothing(self, backend: FcmBackend, fcm: FcmServer) -> None:
        bad = [make_message(f"bad-{number}") for number in range(2 * FAILURES_MAX)]
        fcm.always |= {message.address: answers.UNREGISTERED for message in bad}

        list(backend.send(bad))

        assert list(backend.send([make_message("good")])) == [Accepted()]
