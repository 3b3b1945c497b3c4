"""Weights that are far from the estimate."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import User
from geo.models import Match, WeighInVersion
from notifications.texts import text_of
from tests.factories.handovers import step
from tests.factories.matches import events_of
from tests.factories.people import client_of

pytestmark = pytest.mark.django_db


def pet(kg: float) -> list[dict[str, Any]]:
    return [{"material": "pet_clear", "gross_kg": kg}]


class TestFarFromTheEstimate:
    """5 kg of clear PET and 2 kg of cardboard are expected."""

    @pytest.mark.parametrize(
        "lines",
        [
            pet(50),
            pet(500),
            pet(0.5),
            pet(0.05),
            [*pet(5), {"material": "cardboard", "gross_kg": 20}],
            [*pet(5), {"material": "copper", "gross_kg": 60}],
            [{"material": "pet_clear", "gross_kg": 60, "tare_kg": 10}],
        ],
    )
    def test_has_to_be_confirmed_and_is_marked(
        self, match: Match, collector: APIClient, resident: APIClient, lines: list[dict[str, Any]]
    ) -> None:
        refusal = step(collector, match, "weigh-in", lines=lines)
        assert (refusal.status_code, refusal.json()["code"]) == (409, "weight_unusual")
        assert not WeighInVersion.objects.exists()

        assert step(collector, match, "weigh-in", lines=lines, is_sure=True).status_code == 200

        shown = resident.get(f"/api/v1/matches/{match.pk}").json()["handover"]
        assert (shown["is_unusual"], shown["versions"][0]["is_unusual"]) == (True, True)
        assert events_of(match.pickup.resident)[-1][1]["is_unusual"] is True

    @pytest.mark.parametrize(("locale", "mark"), [("en", "far from the estimate"), ("th", "ต่างจากที่ประเมินไว้มาก")])
    def test_is_marked_in_the_push_and_the_chat(
        self, match: Match, collector: APIClient, locale: str, mark: str
    ) -> None:
        User.objects.filter(pk=match.pickup.resident_id).update(locale=locale)
        step(collector, match, "weigh-in", lines=pet(50), is_sure=True)

        name, data = events_of(match.pickup.resident)[-1]
        assert mark in text_of(event=name, data=data, locale=locale).body
        reader = client_of(User.objects.get(pk=match.pickup.resident_id))
        chat = reader.get(f"/api/v1/conversations/{match.conversation_id}/messages")
        assert mark in chat.json()["results"][0]["text"]

    def test_is_no_mark_on_the_usual(self, match: Match, collector: APIClient) -> None:
        step(collector, match, "weigh-in", lines=pet(5))

        name, data = events_of(match.pickup.resident)[-1]
        assert text_of(event=name, data=data, locale="en").body == "The scale says 5 kg. Please look and confirm."

    def test_says_both_weights(self, match: Match, collector: APIClient) -> None:
        detail = step(collector, match, "weigh-in", lines=pet(50)).json()["detail"]

        assert "50 kg" in detail
        assert "7 kg" in detail

    @pytest.mark.parametrize("lines", [pet(5), pet(14), pet(3), [*pet(5), {"material": "copper", "gross_kg": 9}]])
    def test_is_not_asked_of_the_usual(self, match: Match, collector: APIClient, lines: list[dict[str, Any]]) -> None:
        handover = step(collector, match, "weigh-in", lines=lines).json()["handover"]

        assert (handover["is_unusual"], handover["versions"][0]["is_unusual"]) == (False, False)

    def test_knows_what_is_left(self, match: Match, collector: APIClient) -> None:
        left = [{"material": "pet_clear", "quantity": 4.5}, {"material": "cardboard", "quantity": 2}]

        assert step(collector, match, "weigh-in", lines=pet(0.5), left=left).status_code == 200
        assert step(collector, match, "weigh-in", lines=pet(5), left=left).json()["code"] == "weight_unusual"

    def test_is_unmarked_when_weighed_again(self, match: Match, collector: APIClient) -> None:
        step(collector, match, "weigh-in", lines=pet(50), is_sure=True)

        handover = step(collector, match, "weigh-in", lines=pet(5)).json()["handover"]

        assert [row["is_unusual"] for row in handover["versions"]] == [True, False]
        assert not handover["is_unusual"]

    def test_is_asked_of_the_resident_too(self, match: Match, collector: APIClient, resident: APIClient) -> None:
        step(collector, match, "weigh-in", lines=pet(5))

        assert step(resident, match, "dispute", lines=pet(50)).json()["code"] == "weight_unusual"
        assert step(resident, match, "dispute", lines=pet(50), is_sure=True).json()["handover"]["versions"][1][
            "is_unusual"
        ]
