"""How often a deck of who has swiped much needs more than its first statement, over a thousand collectors."""

import math
from collections import Counter
from collections.abc import Iterator
from random import Random

from django.db import connection

from benchmarks.deck_sql import Deck, deck_of, pass_on_nearest
from benchmarks.people import sign_in
from benchmarks.rows import Row

COLLECTORS = 1_000
# Each has swiped between so many of the nearest; every tenth up to the last figure.
SWIPED = (200, 5_000, 20_000)
TABLES = "geo_swipe, geo_tile_swiped, geo_sheet_swiped"


def measure() -> Iterator[Row]:
    """One row. Takes some minutes, for the swipes."""
    random, people = Random(1), sign_in("Collector", COLLECTORS)
    for number, person in enumerate(people):
        most = SWIPED[1] if number % 10 else SWIPED[2]
        pass_on_nearest(person, round(math.exp(random.uniform(math.log(SWIPED[0]), math.log(most)))))
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM (ANALYZE) {TABLES}")  # names of our own
    ways = Counter(_way(deck_of(person)) for person in people)
    yield Row(
        row="deck_steps",
        value=sum(len(way) * count for way, count in ways.items()) / COLLECTORS,
        unit="statements a deck",
        floor=1,
        target=1.1,
        at_most=True,
        floor_is="one",
        repeat="bin/bench steps",
        note="; ".join(f"{' + '.join(way)}: {count}" for way, count in ways.most_common()),
    )


def _way(deck: Deck) -> tuple[str, ...]:
    """What kinds of statements it took."""
    return tuple("stepping" if "geo_sheet" in part.statement else "plain" for part in deck)
