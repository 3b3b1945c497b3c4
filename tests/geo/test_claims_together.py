"""Claims that come at the same time are made by one statement, each as if it had come alone."""

from datetime import timedelta

import pytest

from backend.accounts.models import Session, User
from backend.shared.clock import read_clock
from backend.shared.ids import new_id
from backend.shared.prepared import fetch_prepared
from geo.models import Handover, Match, Pickup, Swipe
from geo.services.claims import Claim, Claimed, asking_for, claimed_of
from notifications.models import Event
from tests.geo.test_claims import HINDRANCES
from tests.makers import make_session, make_user
from tests.makers_geo import make_pickup
from tests.makers_match import make_collecting_user
from tests.makers_notifications import make_notice, tell

pytestmark = pytest.mark.django_db

Asked = tuple[User, Pickup]


def claim(*asked: Asked, digests: list[str] | None = None) -> dict[int, Claimed]:
    """All at once; those that were made, by their places from 1."""
    claims = [
        Claim(collector_id=collector.pk, pickup_id=pickup.pk, digest=digests[place] if digests else None)
        for place, (collector, pickup) in enumerate(asked)
    ]
    now = read_clock()
    made = claimed_of(claims, fetch_prepared(*asking_for(claims, now=now)), now=now)
    return {place: made[one] for place, one in enumerate(claims, 1) if one in made}


def numbers_of(user: User) -> dict[str, int]:
    """Of what somebody was told, by the pickup it is about."""
    return {event.data["pickup"]: event.seq for event in Event.objects.filter(user=user)}


def test_makes_each_and_says_what_was_written() -> None:
    asked = [
        (make_collecting_user(user=make_user(locale="en")), make_pickup(title="Bottles", likes_counted=3, revision=2)),
        (make_collecting_user(user=make_user(locale="th")), make_pickup(title="Cans")),
    ]

    made = claim(*asked)

    assert [made[place].locale for place in (1, 2)] == ["en", "th"]
    assert len({(one.code, one.secret) for one in Handover.objects.all()}) == 2
    for place, (collector, pickup) in enumerate(asked, 1):
        match, like = Match.objects.get(pickup=pickup), Swipe.objects.get(pickup=pickup)
        assert (match.collector, like.collector, match.status) == (collector, collector, "active")
        assert Handover.objects.get(match=match).code.isdigit()
        assert {one.user_id for one in match.conversation.participants.all()} == {collector.pk, pickup.resident_id}
        assert (made[place].resident_id, made[place].title) == (pickup.resident_id, pickup.title)
        assert (made[place].queue_number, made[place].revision) == (like.queue_number, like.pickup_revision)
        assert numbers_of(collector) == numbers_of(pickup.resident) == {str(pickup.pk): 1}
    assert (made[1].queue_number, made[1].revision) == (4, 2)


def test_tells_one_person_of_several_in_order() -> None:
    resident = make_collecting_user()
    about = {"pickup": str(new_id()), "title": "Paper"}
    tell(make_notice(resident, "pickup.expiring", data=about))
    hers, other = [make_pickup(resident=resident) for _ in range(2)], make_pickup()

    made = claim(*((make_collecting_user(), pickup) for pickup in hers), (resident, other))

    numbers = numbers_of(resident)
    assert [made[place].resident_seq for place in (1, 2)] == [numbers[str(pickup.pk)] for pickup in hers]
    assert made[3].collector_seq == numbers[str(other.pk)]
    assert sorted(numbers.values()) == [1, 2, 3, 4]
    assert numbers[about["pickup"]] == 1


def test_settles_of_each_what_was_told_of_the_same_pickup() -> None:
    asked = [(make_collecting_user(), make_pickup()) for _ in range(2)]
    for collector, pickup in asked:
        tell(make_notice(collector, "pickup.nearby", data={"pickup": str(pickup.pk), "title": "Cans"}))
    tell(make_notice(asked[0][0], "pickup.nearby", data={"pickup": str(asked[1][1].pk), "title": "Cans"}))

    claim(*asked)

    unread = Event.objects.filter(name="pickup.nearby", read_at=None)
    assert [(event.user, event.data["pickup"]) for event in unread] == [(asked[0][0], str(asked[1][1].pk))]


def test_the_first_has_it_of_two_who_want_the_same() -> None:
    pickup, first = make_pickup(), make_collecting_user()

    made = claim((first, pickup), (make_collecting_user(), pickup))

    assert list(made) == [1]
    assert Swipe.objects.get().collector == first


def test_a_collector_has_one_at_a_time() -> None:
    """His second would have to be counted against his limit."""
    collector, pickup = make_collecting_user(), make_pickup()

    made = claim((collector, pickup), (collector, make_pickup()))

    assert list(made) == [1]
    assert Match.objects.get().pickup == pickup


@pytest.mark.parametrize("hindrance", HINDRANCES)
def test_leaves_what_is_not_plain_and_makes_the_others(hindrance: str) -> None:
    asked = [(make_collecting_user(), make_pickup()) for _ in range(3)]
    HINDRANCES[hindrance](asked[1][1], asked[1][0])
    before = Match.objects.count()

    made = claim(*asked)

    assert list(made) == [1, 3]
    assert Match.objects.count() == before + 2


class TestOfWhoSignedIn:
    """Claims that come with the digest of a token, by which nobody has looked at the session yet."""

    def claim(self, collector: User, digest: str) -> dict[int, Claimed]:
        return claim((collector, make_pickup()), digests=[digest])

    def test_is_made(self) -> None:
        collector = make_collecting_user()
        session, _ = make_session(collector)

        assert self.claim(collector, session.digest)

    def test_is_left_with_another_s_token(self) -> None:
        session, _ = make_session(make_user())

        assert not self.claim(make_collecting_user(), session.digest)

    def test_is_left_with_no_token_of_ours(self) -> None:
        collector = make_collecting_user()
        make_session(collector)

        assert not self.claim(collector, "0" * 128)

    def test_is_left_when_the_session_is_over(self) -> None:
        collector = make_collecting_user()
        session, _ = make_session(collector)
        Session.objects.update(expiry=read_clock() - timedelta(seconds=1))

        assert not self.claim(collector, session.digest)

    def test_is_left_when_the_account_is_closed(self) -> None:
        collector = make_collecting_user()
        session, _ = make_session(collector)
        User.objects.filter(pk=collector.pk).update(is_active=False)

        assert not self.claim(collector, session.digest)

    def test_is_left_without_one_where_others_have_one(self) -> None:
        collector = make_collecting_user()
        session, _ = make_session(collector)

        made = claim(
            (collector, make_pickup()), (make_collecting_user(), make_pickup()), digests=[session.digest, "0" * 128]
        )

        assert list(made) == [1]
