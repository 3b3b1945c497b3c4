"""A claim in one round trip does what the same claim does step by step."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from backend.accounts.models import Block, User
from backend.shared.clock import read_clock
from chat.models import Conversation, Participant
from geo.models import Handover, Match, Pickup, Swipe
from geo.services.claims import claim_if_plain
from geo.services.matches import release_match
from geo.services.swipes import record_swipe_step_by_step
from notifications.models import Event, EventCounter
from tests.makers import client_of, make_user
from tests.makers_geo import make_pickup
from tests.makers_match import make_collecting_user, swipe
from tests.makers_notifications import NOON, make_notice, tell

pytestmark = pytest.mark.django_db

Claim = Callable[..., Any]
# Codes that are drawn, and places, which spell themselves by their address in memory.
_LEFT_OUT = {"code", "secret", "location", "cell"}


def step_by_step(**claim: Any) -> Any:
    """The same as the claim in one."""
    return record_swipe_step_by_step(**claim, likes=True, reason="")


def story_of(claim: Claim) -> str:
    """All that is written when somebody claims a pickup of which both were told before, with names in place of ids."""
    resident, collector = make_user(), make_collecting_user()
    pickup = make_pickup(resident=resident, now=NOON, likes_counted=3, revision=2)
    about = {"pickup": str(pickup.pk), "title": "Bottles"}
    tell(make_notice(resident, "pickup.expiring", data=about), make_notice(collector, "pickup.nearby", data=about))

    claim(collector_id=collector.pk, pickup_id=pickup.pk, now=NOON + timedelta(minutes=1))

    match = Match.objects.get(pickup=pickup)
    named = {"resident": resident, "collector": collector, "pickup": pickup, "match": match}
    named |= {"conversation": match.conversation, "like": Swipe.objects.get(pickup=pickup)}
    said = "\n".join(_rows(pickup, match, resident, collector))
    for name, thing in named.items():
        said = said.replace(str(thing.pk), name)
    return said


def _rows(pickup: Pickup, match: Match, *people: User) -> list[str]:
    queries = [
        Pickup.objects.filter(pk=pickup.pk),
        Swipe.objects.filter(pickup=pickup),
        Match.objects.filter(pk=match.pk),
        Handover.objects.filter(pk=match.pk),
        Conversation.objects.filter(pk=match.conversation_id),
        *(Participant.objects.filter(user=person) for person in people),
        *(EventCounter.objects.filter(user=person) for person in people),
        *(Event.objects.filter(user=person).order_by("seq") for person in people),
    ]
    counted = (Participant, Event)
    return [
        str(
            {
                name: value
                for name, value in row.items()
                if name not in _LEFT_OUT and not _is_count(query, name, counted)
            }
        )
        for query in queries
        for row in query.values()
    ]


def _is_count(query: Any, name: str, counted: tuple[type, ...]) -> bool:
    return name == "id" and query.model in counted


def test_writes_what_is_written_step_by_step() -> None:
    story = story_of(claim_if_plain)

    assert story == story_of(step_by_step)
    assert "'queue_number': 4" in story
    assert story.count("match.made") == 2


def test_answers_what_is_answered_step_by_step() -> None:
    one = claim_if_plain(collector_id=make_collecting_user().pk, pickup_id=make_pickup().pk, now=NOON)

    assert one
    for row in one:
        stored = type(row).objects.get(pk=row.pk)
        assert {name: getattr(row, name) for name in vars(stored) if name != "_state"} == {
            name: value for name, value in vars(stored).items() if name != "_state"
        }


def test_draws_a_code_and_a_secret() -> None:
    matches = [claim_if_plain(collector_id=make_collecting_user().pk, pickup_id=make_pickup().pk, now=NOON)]
    matches += [claim_if_plain(collector_id=make_collecting_user().pk, pickup_id=make_pickup().pk, now=NOON)]

    drawn = [(handover.code, handover.secret) for handover in Handover.objects.all()]
    assert len(set(drawn)) == len(matches)
    assert {(len(code), len(secret)) for code, secret in drawn} == {(6, 32)}


def blocked(pickup: Pickup, collector: User) -> None:
    """She does not want to meet him."""
    Block.objects.create(blocker=pickup.resident, blocked=collector)


def blocking(pickup: Pickup, collector: User) -> None:
    """Nor he her."""
    Block.objects.create(blocker=collector, blocked=pickup.resident)


def paused(pickup: Pickup, collector: User) -> None:
    """Others have waited for him."""
    User.objects.filter(pk=collector.pk).update(paused_until=read_clock() + timedelta(days=1))


def passed(pickup: Pickup, collector: User) -> None:
    """He did not want it at first."""
    swipe(collector, pickup, "pass")


def with_fields(**fields: Any) -> Callable[[Pickup, User], None]:
    """Something about the pickup."""

    def happen(pickup: Pickup, collector: User) -> None:
        Pickup.objects.filter(pk=pickup.pk).update(**fields)

    return happen


def taken(pickup: Pickup, collector: User) -> None:
    """Another was first."""
    swipe(make_collecting_user(), pickup)


def hazardous(pickup: Pickup, collector: User) -> None:
    """It needs a badge, and a card about safety."""
    other = make_pickup(items={"lead_acid_battery": 1})
    Pickup.objects.filter(pk=pickup.pk).update(material_ids=other.material_ids)


def own(pickup: Pickup, collector: User) -> None:
    """It is his."""
    Pickup.objects.filter(pk=pickup.pk).update(resident=collector)


def without_profile(pickup: Pickup, collector: User) -> None:
    """He has never said where he collects."""
    collector.collector.delete()


HINDRANCES: dict[str, Callable[[Pickup, User], None]] = {
    "hers to choose": with_fields(choose="resident"),
    "cancelled": with_fields(status="cancelled"),
    "over": with_fields(expires_at=NOON),
    "kept for another": with_fields(reserved_until=read_clock() + timedelta(days=1)),
    "taken": taken,
    "passed": passed,
    "blocked": blocked,
    "blocking": blocking,
    "paused": paused,
    "hazardous": hazardous,
    "own": own,
    "without profile": without_profile,
}


@pytest.mark.parametrize("hindrance", HINDRANCES)
def test_leaves_what_is_not_plain(hindrance: str) -> None:
    pickup, collector = make_pickup(), make_collecting_user()
    HINDRANCES[hindrance](pickup, collector)
    before = [model.objects.count() for model in (Swipe, Match, Event)]

    assert claim_if_plain(collector_id=collector.pk, pickup_id=pickup.pk, now=read_clock()) is None
    assert [model.objects.count() for model in (Swipe, Match, Event)] == before


def test_leaves_who_has_his_hands_full(settings: Settings) -> None:
    settings.MATCHES_ACTIVE_MAX = 1
    collector = make_collecting_user()
    swipe(collector, make_pickup())

    assert claim_if_plain(collector_id=collector.pk, pickup_id=make_pickup().pk, now=read_clock()) is None


def test_leaves_who_gave_something_back() -> None:
    collector = make_collecting_user()
    match = swipe(collector, make_pickup()).match
    assert match
    release_match(user_id=collector.pk, match_id=match.pk, reason="other", now=read_clock())

    assert claim_if_plain(collector_id=collector.pk, pickup_id=make_pickup().pk, now=read_clock()) is None


def test_takes_one_query_and_the_session_s(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    phone, pickup = client_of(make_collecting_user()), make_pickup()

    with django_assert_num_queries(2):
        answer = phone.put(f"/api/v1/pickups/{pickup.pk}/swipe", {"direction": "like"})

    assert answer.data["match"]
