"""The plain deck, in the one statement that says too who asks, is the same deck and costs no more."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from backend.accounts.models import User
from backend.shared.prepared import answer, fetch_prepared
from geo.models import Collector
from geo.selectors import deck_plain, deck_sql
from geo.selectors.deck import Deck
from geo.selectors.deck_plain import asking_plain_decks, finding_plain_deck
from geo.selectors.deck_sql import DeckQuery
from tests.geo.test_deck_exact import CODES, MIDDLE, NOW, _explain, _nodes, around, ids_of
from tests.geo.test_deck_exact import make_world as make_world_to_look_at
from tests.makers import make_session, make_user
from tests.makers_geo import make_collector, make_pickup

pytestmark = pytest.mark.django_db


def decks_of(*tokens: str) -> list[Deck | None]:
    """All asked together; None for who is left to the door."""
    rows = fetch_prepared(*asking_plain_decks(tokens, now=NOW))
    found = [answer(finding_plain_deck(token, rows, now=NOW)) for token in tokens]
    return [one and one[1] for one in found]


def moved(random: Random, viewer: User) -> DeckQuery:
    """The viewer's profile somewhere else, with other wishes; and what looking at everything is to look for."""
    place, materials = around(random, 0.06), random.choice([[], ids_of(random.sample(CODES, 3))])
    wishes: dict[str, Any] = {"radius_m": random.choice([500, 2_000, 8_000]), "material_ids": materials}
    has_badge = random.random() < 0.5
    Collector.objects.filter(pk=viewer.pk).update(**wishes, service_point=place, has_hazard_badge=has_badge)
    return DeckQuery(
        viewer_id=viewer.pk, lat=place.y, lon=place.x, with_hazardous=has_badge, limit=20, now=NOW, **wishes
    )


@pytest.fixture(params=[20, 3], ids=["by the next statement", "at once"])
def many(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many materials are many."""
    plain = deck_plain._PLAIN.replace("material_ids) >= 20", f"material_ids) >= {request.param}")
    monkeypatch.setattr(deck_plain, "_PLAIN", plain)
    monkeypatch.setattr(deck_sql, "MANY_MATERIALS", request.param)
    return int(request.param)


@pytest.mark.parametrize("seed", range(2))
def test_is_what_looking_at_everything_finds(seed: int, many: int) -> None:
    random = Random(seed)
    world = make_world_to_look_at(random)
    make_collector(user=world.viewer)
    token = make_session(world.viewer)[1]
    differences = cards = 0

    for _ in range(200):
        query = moved(random, world.viewer)
        (deck,) = decks_of(token)
        assert deck
        differences += list(deck.ids) != world.deck(query)
        cards += len(deck.ids)

    assert differences == 0
    assert cards > 600


def test_brings_everybody_his_own() -> None:
    pickups = [make_pickup(location=around(Random(number), 0.2)) for number in range(30)]
    collectors = [make_collector(service_point=pickup.location, radius_m=500) for pickup in pickups]
    tokens = [make_session(collector.user)[1] for collector in collectors]

    together = decks_of(*tokens)

    assert together == [decks_of(token)[0] for token in tokens]
    for pickup, deck in zip(pickups, together, strict=True):
        assert deck
        assert str(pickup.pk) == deck.ids[0]


def test_tells_tokens_apart_that_begin_alike() -> None:
    make_pickup()
    collector = make_collector()
    session, token = make_session(collector.user)
    another, another_token = make_session(make_collector(radius_m=500, service_point=MIDDLE).user)
    alike = token[:15] + another_token[15:]
    type(another).objects.filter(pk=another.pk).update(token_key=session.token_key)

    assert [bool(deck and deck.ids) for deck in decks_of(token, alike)] == [True, False]


def test_leaves_to_the_door_who_has_to_wait() -> None:
    make_pickup()
    paused, away = make_collector(), make_collector(is_available=False)
    User.objects.filter(pk=paused.user.pk).update(paused_until=NOW + timedelta(days=1))
    tokens = [make_session(user)[1] for user in (paused.user, away.user, make_user())]

    assert decks_of(*tokens, "nobody") == [None] * 4


def test_asks_the_next_statement_for_who_has_swiped_much(monkeypatch: pytest.MonkeyPatch) -> None:
    pickup = make_pickup()
    token = make_session(make_collector().user)[1]
    monkeypatch.setattr(deck_plain, "_PLAIN", deck_plain._PLAIN.replace("swiped < 200", "swiped < 0"))

    rows = fetch_prepared(*asking_plain_decks([token], now=NOW))
    plan = _explain(asking_plain_decks([token], now=NOW))
    (deck,) = decks_of(token)

    assert rows[0][-5:] == (None,) * 5
    assert [node["Actual Loops"] for node in _nodes(plan) if node.get("Relation Name") == "geo_pickup"] == [0]
    assert deck
    assert deck.ids == (str(pickup.pk),)
