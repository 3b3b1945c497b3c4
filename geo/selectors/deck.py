"""The deck: which pickups one collector may swipe now, nearest first."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

from django.conf import settings

from backend.accounts.guests import Guest, find_guest, guests_sql
from backend.accounts.models import Session
from backend.accounts.selectors.sessions import session_of_row, sessions_sql
from backend.shared.prepared import fetch_prepared
from geo.distance import metres_from
from geo.selectors.deck_sql import DeckQuery, deck_sql
from geo.selectors.deck_unseen import STEPS, reaches, unseen_sql

DISTANCE_STEP_M = 100
SWIPED_MUCH = 200
Reason = Literal["paused", "collector_unavailable", "matches_full", "hazard_badge_needed", "nothing_near"]


@dataclass(frozen=True)
class Deck:
    """Cards as JSON in UTF-8, which go out as they are, and their ids; without any, the reason why."""

    cards: Sequence[bytes] = ()
    ids: Sequence[str] = ()
    reason: Reason | None = None


@dataclass(frozen=True)
class Dealt:
    """What a deck depends on of somebody who collects; `lat` and `lon` are his service point."""

    lat: float
    lon: float
    radius_m: int
    material_ids: list[int]
    is_available: bool
    has_hazard_badge: bool
    active_matches: int
    swiped: int

    @property
    def has_swiped_much(self) -> bool:
        """Whether stepping over what he has swiped pays."""
        return self.swiped >= SWIPED_MUCH

    @property
    def reason_to_wait(self) -> Reason | None:
        """Why there is nothing for him at present, wherever he looks."""
        if not self.is_available:
            return "collector_unavailable"
        return "matches_full" if self.active_matches >= settings.MATCHES_ACTIVE_MAX else None


_DEALT = """
    geo_collector.user_id IS NOT NULL,
    ST_Y(geo_collector.service_point::geometry), ST_X(geo_collector.service_point::geometry),
    geo_collector.radius_m, geo_collector.material_ids, geo_collector.is_available, geo_collector.has_hazard_badge,
    (SELECT count(*) FROM geo_match WHERE collector_id = accounts_user.id AND status = 'active'),
    (SELECT coalesce(sum(size), 0) FROM (SELECT size FROM geo_tile_swiped
        WHERE collector_id = accounts_user.id AND size >= 16 ORDER BY size DESC LIMIT 13) AS tiles)
    + 2 * (SELECT coalesce(sum(cardinality(done)), 0) FROM geo_sheet_swiped WHERE collector_id = accounts_user.id)
"""
_WITH_COLLECTOR = "LEFT JOIN geo_collector ON geo_collector.user_id = accounts_user.id"
_WITH_PROFILE = sessions_sql(more=_DEALT, joined=_WITH_COLLECTOR)
_GUEST_WITH_PROFILE = guests_sql(more=_DEALT, joined=_WITH_COLLECTOR)
_COLUMNS_OF_DEALT = 9


def sessions_with_profile(token_key: str) -> list[tuple[Session, Dealt | None]]:
    """Like `sessions_with_token_key`, each with what his deck depends on: None for who has no collector profile."""
    found = fetch_prepared(_WITH_PROFILE, {"token_key": token_key})
    return [(session_of_row(row), _dealt_of(*row[-_COLUMNS_OF_DEALT:])) for row in found]


def find_dealt(token: str, now: datetime) -> tuple[Guest, Dealt | None] | None:
    """Whom a token lets in, and what his deck depends on."""
    guest = find_guest(_GUEST_WITH_PROFILE, token, now)
    return guest and (guest, _dealt_of(*guest.more))


def _dealt_of(has_profile: bool, *profile: Any) -> Dealt | None:
    return Dealt(*profile) if has_profile else None


def plain_query(viewer_id: uuid.UUID, dealt: Dealt, *, now: datetime, limit: int) -> DeckQuery:
    """The deck of somebody who wishes for nothing but what his profile says."""
    return DeckQuery(
        viewer_id=viewer_id,
        lat=dealt.lat,
        lon=dealt.lon,
        radius_m=dealt.radius_m,
        material_ids=dealt.material_ids,
        with_hazardous=dealt.has_hazard_badge,
        has_swiped_much=dealt.has_swiped_much,
        limit=limit,
        now=now,
    )


def deal_deck(query: DeckQuery) -> Deck:
    """The cards of one query, in one statement, seldom in up to four; the addresses of files have no host yet."""
    found = _found(query)
    metres_to = metres_from(query.lat, query.lon)

    @cache  # where people live densely a deck has few squares
    def ending(x: float, y: float) -> bytes:
        return b', "distance_m": %d}' % (round(metres_to(x, y) / DISTANCE_STEP_M) * DISTANCE_STEP_M)

    cards = [card[:-1] + ending(x, y) for _, card, x, y in found]
    return Deck(cards=cards, ids=[row[0] for row in found], reason=None if cards else "nothing_near")


def _found(query: DeckQuery) -> list[tuple[Any, ...]]:
    """Id, card, and x and y on the map."""
    for step in STEPS if query.has_swiped_much else ():
        rows = fetch_prepared(*unseen_sql(query, step))
        cards = [row[:4] for row in rows if row[0]]
        if len(cards) == query.limit or reaches(query, rows[0][4]):
            return cards
    return fetch_prepared(*deck_sql(query))
