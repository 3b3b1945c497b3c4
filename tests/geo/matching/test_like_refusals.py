"""Every refusal of a like: each error class that `record_swipe` or a function it calls can raise has a case here."""

import inspect
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest
from pytest_django import Settings

from backend.accounts.models import Block, User
from backend.core.clock import read_clock
from backend.core.errors import DomainError
from chat.services.conversations import open_conversation
from geo.matching.services.likes import decline_like
from geo.matching.services.matches import release_match
from geo.matching.services.swipes import record_swipe
from geo.models import Collector, Match, Pickup, Swipe
from notifications.models import Event
from tests.factories.geo import make_pickup
from tests.factories.matches import make_collecting_user, make_like, make_match
from tests.factories.people import client_of

pytestmark = pytest.mark.django_db

Arrange = Callable[[Pickup, User, Settings], object]


def block(pickup: Pickup, collector: User, settings: Settings) -> None:
    Block.objects.create(blocker=pickup.resident, blocked=collector)


def make_own(pickup: Pickup, collector: User, settings: Settings) -> None:
    Pickup.objects.filter(pk=pickup.pk).update(resident=collector)


def close(pickup: Pickup, collector: User, settings: Settings) -> None:
    Pickup.objects.filter(pk=pickup.pk).update(status="cancelled")


def decline(pickup: Pickup, collector: User, settings: Settings) -> None:
    Pickup.objects.filter(pk=pickup.pk).update(choose="resident")
    like = make_like(pickup, collector)
    decline_like(resident_id=pickup.resident_id, pickup_id=pickup.pk, like_id=like.pk, now=read_clock())


def release(pickup: Pickup, collector: User, settings: Settings) -> None:
    match = make_match(pickup, collector)
    release_match(user_id=collector.pk, match_id=match.pk, reason="other", now=read_clock())


def delete_profile(pickup: Pickup, collector: User, settings: Settings) -> None:
    Collector.objects.filter(user=collector).delete()


def pause(pickup: Pickup, collector: User, settings: Settings) -> None:
    User.objects.filter(pk=collector.pk).update(paused_until=read_clock() + timedelta(days=1))


def make_hazardous(pickup: Pickup, collector: User, settings: Settings) -> None:
    battery = make_pickup(items={"lead_acid_battery": 1})
    Pickup.objects.filter(pk=pickup.pk).update(material_ids=battery.material_ids)


def fill_likes(pickup: Pickup, collector: User, settings: Settings) -> None:
    Pickup.objects.filter(pk=pickup.pk).update(choose="resident")
    settings.LIKES_WAITING_MAX = 1
    make_like(make_pickup(choose="resident"), collector)


def fill_matches(pickup: Pickup, collector: User, settings: Settings) -> None:
    settings.MATCHES_ACTIVE_MAX = 1
    make_match(collector=collector)


def give_back(pickup: Pickup, collector: User, settings: Settings) -> None:
    settings.GIVEN_BACK_A_DAY_MAX = 1
    release(make_pickup(), collector, settings)


def match_without_lock(pickup: Pickup, collector: User, settings: Settings) -> None:
    """A match by code that neither locked nor moved the pickup: only the unique index detects it."""
    other = make_collecting_user()
    conversation = open_conversation(user_ids=[pickup.resident_id, other.pk], title="", now=read_clock())
    Match.objects.create(pickup=pickup, collector=other, conversation=conversation, created_at=read_clock())


CASES: dict[str, Arrange] = {
    "not_found": block,
    "own_pickup": make_own,
    "pickup_closed": close,
    "like_declined": decline,
    "like_released": release,
    "collector_profile_needed": delete_profile,
    "paused": pause,
    "hazard_badge_needed": make_hazardous,
    "too_many_likes": fill_likes,
    "too_many_matches": fill_matches,
    "too_many_given_back": give_back,
    "pickup_taken": match_without_lock,
}


# In code that `record_swipe` reaches, but not with a like.
NOT_OF_A_LIKE = {"like_is_match": "a pass on a match; a like on it returns the match again"}


def names_in(code: CodeType) -> set[str]:
    """Every global and attribute that a function uses, with those of the functions inside it."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return set(code.co_names).union(*map(names_in, inner))


def used_by(function: FunctionType) -> Iterator[Any]:
    """The objects behind the names that a function uses, also those of modules and in dictionaries."""
    names = names_in(function.__code__)
    for name in names & function.__globals__.keys():
        value = function.__globals__[name]
        yield value
        if isinstance(value, ModuleType):
            yield from (getattr(value, attribute) for attribute in names if hasattr(value, attribute))
        if isinstance(value, dict):
            yield from value.values()


def is_ours(function: object) -> bool:
    return isinstance(function, FunctionType) and function.__module__.split(".")[0] in {"backend", "geo", "chat"}


def refusals_of(service: Callable[..., object]) -> dict[str, type[DomainError]]:
    """By code, the error classes used by a service and by all functions of this project that it calls."""
    found: dict[str, type[DomainError]] = {}
    functions: list[Any] = [inspect.unwrap(service)]
    for function in functions:
        for value in used_by(function):
            if isinstance(value, type) and issubclass(value, DomainError):
                found[value.code] = value
            elif callable(value) and is_ours(called := inspect.unwrap(value)) and called not in functions:
                functions.append(called)
    return found


REFUSALS = refusals_of(record_swipe)


@pytest.mark.parametrize("code", sorted(REFUSALS.keys() - NOT_OF_A_LIKE.keys()))
def test_refuses_and_writes_nothing(code: str, settings: Settings) -> None:
    pickup, collector = make_pickup(), make_collecting_user()
    CASES[code](pickup, collector, settings)
    written = [list(model.objects.order_by("pk").values()) for model in (Swipe, Match, Event)]

    answer = client_of(collector).put(f"/api/v1/pickups/{pickup.pk}/swipe", {"direction": "like"})

    assert (answer.status_code, answer.json()["code"]) == (REFUSALS[code]().status, code)
    assert [list(model.objects.order_by("pk").values()) for model in (Swipe, Match, Event)] == written


def test_has_no_case_for_another_code() -> None:
    assert CASES.keys() | NOT_OF_A_LIKE.keys() == REFUSALS.keys()
