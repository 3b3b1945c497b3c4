"""Constraints of likes, matches and weigh-ins."""

import uuid

import pytest
from django.db import IntegrityError, transaction

from backend.core.clock import read_clock
from geo.models import Match, Pickup, Swipe, WeighInLine
from tests.factories.geo import make_pickup
from tests.factories.matches import make_like, make_match, weigh

pytestmark = pytest.mark.django_db


class TestConstraints:
    def test_one_active_match_for_a_pickup(self) -> None:
        match = make_match()
        other = make_match()

        with pytest.raises(IntegrityError, match="one_active_match_per_pickup"), transaction.atomic():
            Match.objects.filter(pk=other.pk).update(pickup=match.pickup)

    def test_one_swipe_of_a_collector_on_a_pickup(self) -> None:
        like = make_like(make_pickup())
        like.pk = uuid.uuid4()
        like.queue_number = 99

        with pytest.raises(IntegrityError, match="one_swipe_per_pickup"), transaction.atomic():
            like.save(force_insert=True)

    def test_one_like_for_a_place_in_the_queue(self) -> None:
        pickup = make_pickup(choose="resident")
        first, second = make_like(pickup), make_like(pickup)

        with pytest.raises(IntegrityError, match="one_place_in_the_queue"), transaction.atomic():
            Swipe.objects.filter(pk=second.pk).update(queue_number=first.queue_number)

    def test_one_asked_like_for_a_pickup(self) -> None:
        pickup = make_pickup(choose="resident")
        make_like(pickup)
        make_like(pickup)

        with pytest.raises(IntegrityError, match="one_asked_like_per_pickup"), transaction.atomic():
            Swipe.objects.filter(pickup=pickup).update(like_state="asked")

    @pytest.mark.parametrize("status", ["matched", "handed_over", "cancelled", "expired"])
    def test_only_open_pickups_are_reserved(self, status: str) -> None:
        pickup = make_pickup(reserved_until=read_clock())

        with pytest.raises(IntegrityError, match="only_an_open_pickup_is_reserved"), transaction.atomic():
            Pickup.objects.filter(pk=pickup.pk).update(status=status)

    def test_no_pass_in_the_queue(self) -> None:
        like = make_like(make_pickup())

        with pytest.raises(IntegrityError, match="only_likes_have_queue_number"), transaction.atomic():
            Swipe.objects.filter(pk=like.pk).update(direction="pass")

    def test_net_weights_are_positive(self) -> None:
        weigh(make_match())

        with pytest.raises(IntegrityError, match="net_is_positive"), transaction.atomic():
            WeighInLine.objects.update(tare_kg=2)

    def test_one_line_for_a_material(self) -> None:
        weigh(make_match(), {"pet_clear": "1", "cardboard": "1"})
        first, second = WeighInLine.objects.order_by("pk")

        with pytest.raises(IntegrityError, match="one_weigh_in_per_material"), transaction.atomic():
            WeighInLine.objects.filter(pk=second.pk).update(material=first.material)
