"""The plain deck in one statement: who asks, what his deck depends on, and his cards.

It brings no cards to who has to wait, and to who is better served by the next statement, because he has swiped much
or takes only a few materials.
"""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from backend.accounts.guests import Guest, guest_of, guests_sql, token_key_of
from backend.shared.prepared import Question, Questions, Rows, array_of
from geo.grid import EARTH_RADIUS_M
from geo.selectors.dealt import DEALT, DEALT_COLUMNS, SWIPED_MUCH, WITH_COLLECTOR, Dealt, dealt_of
from geo.selectors.deck import Deck, dealing_deck, deck_from
from geo.selectors.deck_sql import MANY_MATERIALS, DeckQuery, deck_around

# The point as `x_of` and `y_of` of `geo.grid` have it, the radius stretched as by `stretch_at`.
_PLACE = f"""
    SELECT id AS viewer, material_ids, has_hazard_badge, radius_m / cos(radians(lat)) AS map_radius,
        ST_SetSRID(ST_MakePoint(
            {EARTH_RADIUS_M} * radians(lon), {EARTH_RADIUS_M} * asinh(tan(radians(lat)))), 3857) AS point
    OFFSET 0
"""
_PLAIN = f"""
WITH guest AS MATERIALIZED ({guests_sql(more=DEALT, joined=WITH_COLLECTOR)})
SELECT guest.*, dealt.*
FROM guest CROSS JOIN LATERAL ({_PLACE}) AS place LEFT JOIN LATERAL (
    SELECT true AS is_dealt, string_agg(id, ' '), string_agg(card, '\n'::bytea), array_agg(x), array_agg(y)
    FROM ({deck_around("place", limit=settings.DECK_SIZE)}) AS one
    -- Before any card is looked for, as a condition of the join would not be.
    HAVING is_available AND active_matches < %(matches_max)s::int AND swiped < {SWIPED_MUCH}
       AND (cardinality(guest.material_ids) = 0 OR cardinality(guest.material_ids) >= {MANY_MATERIALS})
) AS dealt ON true
"""  # noqa: S608 - names and numbers of our own


def asking_plain_decks(tokens: Iterable[str], *, now: datetime) -> Question:
    """What is asked for the decks of some tokens, for `finding_plain_deck`."""
    token_keys = array_of(token_key_of(token) for token in tokens)
    return _PLAIN, {"token_keys": token_keys, "now": now, "matches_max": settings.MATCHES_ACTIVE_MAX}


def finding_plain_deck(token: str, rows: Rows, *, now: datetime) -> Questions[tuple[Guest, Deck] | None]:
    """Whom a token lets in, and his deck; None for nobody, and for whoever has no profile or has to wait."""
    guest = guest_of(token, rows, now)
    if guest is None or guest.is_paused_at(now):
        return None
    dealt = dealt_of(*guest.more[:DEALT_COLUMNS])
    if dealt is None or dealt.reason_to_wait:
        return None
    is_dealt, *found = guest.more[DEALT_COLUMNS:]
    if is_dealt:
        deck = _deck_of(dealt, *found)
    else:
        deck = yield from dealing_deck(_query_of(guest, dealt, now))
    return guest, deck


def _deck_of(dealt: Dealt, ids: str | None, cards: bytes | None, xs: list[float], ys: list[float]) -> Deck:
    if not ids or not cards:
        return Deck(reason="nothing_near")
    return deck_from(zip(ids.split(" "), cards.split(b"\n"), xs, ys, strict=True), lat=dealt.lat, lon=dealt.lon)


def _query_of(guest: Guest, dealt: Dealt, now: datetime) -> DeckQuery:
    """The deck of somebody who wishes for nothing but what his profile says."""
    return DeckQuery(
        viewer_id=guest.user_id,
        lat=dealt.lat,
        lon=dealt.lon,
        radius_m=dealt.radius_m,
        material_ids=dealt.material_ids,
        with_hazardous=dealt.has_hazard_badge,
        has_swiped_much=dealt.has_swiped_much,
        limit=settings.DECK_SIZE,
        now=now,
    )
