"""The deck: which pickups one collector may swipe now, nearest first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from backend.shared.prepared import Questions, Rows, answer
from geo.distance import metres_between
from geo.selectors.dealt import Reason
from geo.selectors.deck_sql import DeckQuery, deck_sql
from geo.selectors.deck_unseen import STEPS, reaches, unseen_sql

DISTANCE_STEP_M = 100


@dataclass(frozen=True)
class Deck:
    """Cards as JSON in UTF-8, which go out as they are, and their ids; without any, the reason why."""

    cards: Sequence[bytes] = ()
    ids: Sequence[str] = ()
    reason: Reason | None = None


def deal_deck(query: DeckQuery) -> Deck:
    """The cards of one query; the addresses of files have no host yet."""
    return answer(dealing_deck(query))


def dealing_deck(query: DeckQuery) -> Questions[Deck]:
    """The same, for whoever asks: one statement, seldom up to four."""
    found = yield from _finding(query)
    return deck_from(found, lat=query.lat, lon=query.lon)


def deck_from(found: Iterable[tuple[str, bytes, float, float]], *, lat: float, lon: float) -> Deck:
    """Of ids, cards, and x and y on the map; with how far each is from a place in degrees."""
    dealt = [(its_id, card[:-1] + _ending(lat, lon, x, y)) for its_id, card, x, y in found]
    if not dealt:
        return Deck(reason="nothing_near")
    ids, cards = zip(*dealt, strict=True)
    return Deck(cards, ids)


# Who asks again asks mostly from the same place, and finds much in the same squares.
@lru_cache(maxsize=50_000)
def _ending(lat: float, lon: float, x: float, y: float) -> bytes:
    return b', "distance_m": %d}' % (round(metres_between(lat, lon, x, y) / DISTANCE_STEP_M) * DISTANCE_STEP_M)


def _finding(query: DeckQuery) -> Questions[Rows]:
    """Id, card, and x and y on the map."""
    for step in STEPS if query.has_swiped_much else ():
        rows = yield unseen_sql(query, step)
        cards = [row[:4] for row in rows if row[0]]
        if len(cards) == query.limit or reaches(query, rows[0][4]):
            return cards
    cards = yield deck_sql(query)
    return cards
