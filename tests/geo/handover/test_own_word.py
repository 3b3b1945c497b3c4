"""Who is not there says that he sees the other, who has come and waits: `POST /matches/{id}/handover/arrive`."""

from datetime import timedelta
from typing import Any

import pytest

from backend.core.clock import read_clock
from geo.handover.services.arrivals import confirm_arrival
from geo.trust.selectors import reliability_of
from tests.factories.handovers import code_of, come, make_appointment, step
from tests.factories.people import client_of

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("liar", ["collector", "resident"])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_lie_does_not_undo_a_no_show(liar: str, is_first: bool) -> None:
    match = make_appointment(at=read_clock() - 20 * MINUTE)
    absent, there = match.collector, match.pickup.resident
    if liar == "resident":
        absent, there = there, absent
    lie: dict[str, Any] = {"user_id": absent.pk, "match_id": match.pk, "now": read_clock() - 20 * MINUTE}
    if is_first:
        confirm_arrival(**lie)
    come(match, there, now=read_clock() - 10 * MINUTE)
    if not is_first:
        confirm_arrival(**lie)
    shown = client_of(there).get(f"/api/v1/matches/{match.pk}").json()["handover"]

    answer = step(client_of(there), match, "no-show")

    assert shown["no_show_from"]
    assert (answer.status_code, answer.json().get("no_show_by")) == (200, str(absent.pk))
    assert reliability_of(absent.pk, now=read_clock()).arrived_in_time == 0


def test_one_word_is_enough_where_neither_has_gps() -> None:
    match = make_appointment()
    collector, resident = client_of(match.collector), client_of(match.pickup.resident)
    step(resident, match, "arrive", other=True)

    assert code_of(step(collector, match, "no-show")) == (409, "both_arrived")
    assert code_of(step(resident, match, "no-show")) == (409, "both_arrived")
