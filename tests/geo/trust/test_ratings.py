"""Rating each other: `POST /matches/{id}/rating`, and where the average is shown."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from backend.accounts.models import User
from backend.accounts.registry import export_all
from backend.accounts.services.account import erase_account
from backend.core.clock import read_clock
from geo.models import Match, Rating
from tests.factories.geo import make_pickup
from tests.factories.matches import events_of, make_collecting_user, make_like, make_match, make_receipt, pushed_to
from tests.factories.people import client_of, make_user

pytestmark = pytest.mark.django_db


def make_done(resident: User | None = None) -> Match:
    """A match whose handover is confirmed."""
    match = make_match(make_pickup(resident=resident or make_user()))
    make_receipt(match)
    return Match.objects.select_related("pickup__resident", "collector").get(pk=match.pk)


def rate(match: Match, by: User, **body: Any) -> Any:
    """The response to a rating; four stars by default."""
    return client_of(by).post(f"/api/v1/matches/{match.pk}/rating", {"stars": 4} | body)


def rate_times(person: User, *stars: int) -> None:
    """One handover for each of `stars`, rated by its collector."""
    for number in stars:
        match = make_done(person)
        rate(match, match.collector, stars=number)


class TestRate:
    def test_is_kept_and_shown_to_its_writer_alone(self) -> None:
        match = make_done()

        shown = rate(match, match.collector, stars=2, reasons=["unsorted", "late", "unsorted"], text="Wet paper").json()

        assert shown["rating"] == {"stars": 2, "reasons": ["unsorted", "late"], "text": "Wet paper"}
        other = client_of(match.pickup.resident).get(f"/api/v1/matches/{match.pk}").json()
        assert other["rating"] is None
        assert "Wet paper" not in str(events_of(match.pickup.resident))
        assert events_of(match.pickup.resident)[-1][0] == "match.rated"
        assert pushed_to(match.pickup.resident)[-1] == "match.rated"
        assert "match.rated" not in pushed_to(match.collector)

    def test_goes_both_ways_once_each(self) -> None:
        match = make_done()

        statuses = [rate(match, person).status_code for person in (match.collector, match.pickup.resident) * 2]

        assert statuses == [200, 200, 409, 409]
        assert rate(match, match.collector).json()["code"] == "already_rated"
        match.pickup.resident.refresh_from_db()
        assert (match.pickup.resident.rating_sum, match.pickup.resident.rating_count) == (4, 1)

    def test_waits_for_the_handover(self) -> None:
        match = make_match()

        refused = rate(match, match.collector)

        assert (refused.status_code, refused.json()["code"]) == (409, "match_not_completed")

    def test_has_its_time(self, settings: Settings) -> None:
        match = make_done()
        Match.objects.update(ended_at=read_clock() - timedelta(days=settings.RATING_DAYS, minutes=1))

        refused = rate(match, match.collector)

        assert (refused.status_code, refused.json()["code"]) == (409, "rating_too_late")

    @pytest.mark.parametrize(
        "body", [{"stars": 0}, {"stars": 6}, {"stars": "many"}, {"reasons": ["ugly"]}, {"text": "x" * 501}]
    )
    def test_refuses_a_bad_shape(self, body: dict[str, Any]) -> None:
        match = make_done()

        assert rate(match, match.collector, **body).status_code == 400
        assert not Rating.objects.exists()

    @pytest.mark.parametrize("stars", [0, 6])
    def test_is_one_to_five_in_the_database_too(self, stars: int) -> None:
        match = make_done()

        with pytest.raises(IntegrityError, match="one_to_five_stars"), transaction.atomic():
            Rating.objects.create(
                match=match, rater=match.collector, rated=match.pickup.resident, stars=stars, created_at=read_clock()
            )


class TestAverage:
    @pytest.mark.parametrize(("stars", "shown"), [((5, 4), None), ((5, 4, 4), 4.3), ((1, 1, 2, 5), 2.3)])
    def test_is_shown_from_three_on(self, stars: tuple[int, ...], shown: float | None) -> None:
        resident = make_user()
        rate_times(resident, *stars)
        make_pickup(resident=resident)

        card = client_of(make_collecting_user()).get("/api/v1/deck").json()["cards"][0]

        assert card["resident"]["rating"] == shown
        me = client_of(resident).get("/api/v1/me").json()
        assert (me["rating"], me["rating_count"]) == (shown, len(stars))

    def test_stands_beside_a_like_and_in_a_match(self) -> None:
        collector, resident = make_collecting_user(), make_user()
        User.objects.filter(pk=collector.pk).update(rating="4.5", rating_count=4)
        pickup = make_pickup(resident=resident, choose="resident")
        make_like(pickup, collector)

        like = client_of(resident).get(f"/api/v1/pickups/{pickup.pk}/likes").json()["results"][0]
        match = client_of(resident).post(f"/api/v1/pickups/{pickup.pk}/likes/{like['id']}/accept").json()

        assert like["rating"] == 4.5
        assert (match["other"]["rating"], match["other"]["rating_count"]) == (4.5, 4)


class TestPrivacy:
    def test_nobody_reads_what_others_wrote_not_even_in_their_export(self) -> None:
        match = make_done()
        rate(match, match.collector, stars=2, text="Wet paper", reasons=["unsorted"])

        held = export_all(user=User.objects.get(pk=match.pickup.resident_id))

        assert held["geo"]["ratings_received"] == {"average": None, "count": 1}
        assert "Wet paper" not in str(held)
        assert "unsorted" not in str(held)
        given = export_all(user=match.collector)["geo"]["ratings_given"]
        assert given[0]["match_id"] == match.pk

    def test_erases_words_and_keeps_stars(self) -> None:
        match = make_done()
        rate(match, match.collector, stars=2, text="Wet paper")

        erase_account(user=match.collector, now=read_clock())

        assert Rating.objects.values_list("stars", "text").get() == (2, "")
