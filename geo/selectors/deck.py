"""The deck: which pickups one collector may swipe now, nearest first."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from django.conf import settings
from django.db import connection
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from geo.grid import degrees_at
from geo.models import Collector, Match
from geo.selectors.deck_sql import DeckQuery, deck_sql

DISTANCE_STEP_M = 100
Reason = Literal["collector_unavailable", "matches_full", "hazard_badge_needed", "nothing_near"]
Card = dict[str, Any]


@dataclass(frozen=True)
class Deck:
    """Cards as they are shown; without any, the reason why."""

    cards: list[Card]
    reason: Reason | None


@dataclass(frozen=True)
class Dealt:
    """Somebody who collects, and how many matches he has to finish."""

    collector: Collector
    active_matches: int

    @property
    def reason_to_wait(self) -> Reason | None:
        """Why there is nothing for him at present, wherever he looks."""
        if not self.collector.is_available:
            return "collector_unavailable"
        return "matches_full" if self.active_matches >= settings.MATCHES_ACTIVE_MAX else None


def dealt_or_none(user_id: uuid.UUID) -> Dealt | None:
    """The collector profile of a person with his active matches, in one query; None for who has no profile."""
    active = Match.objects.filter(collector_id=OuterRef("pk"), status=Match.Status.ACTIVE).order_by()
    counted = active.values("collector_id").annotate(count=Count("pk")).values("count")
    collector = Collector.objects.annotate(active_matches=Coalesce(Subquery(counted), 0)).filter(pk=user_id).first()
    return Dealt(collector=collector, active_matches=collector.active_matches) if collector else None


def deal_deck(query: DeckQuery, *, media_url: str) -> Deck:
    """The cards of one query, in one statement; file addresses begin with `media_url`."""
    with connection.cursor() as cursor:
        cursor.execute(*deck_sql(query))
        names = [column.name for column in cursor.description or ()]
        cards = [_card_of(dict(zip(names, row, strict=True)), media_url) for row in cursor.fetchall()]
    return Deck(cards=cards, reason=None if cards else "nothing_near")


def _card_of(row: Mapping[str, Any], media_url: str) -> Card:
    card = msgspec.json.decode(row["card"])
    return {
        "id": row["id"],
        "title": row["title"],
        "items": card["items"],
        "photos": [_photo_of(photo, media_url) for photo in card["photos"]],
        "kg_estimate": row["kg_estimate"],
        "price": {"mode": row["price_mode"], "amount": row["price_thb"]},
        "window": {"from": row["window_from"], "until": row["window_until"]},
        "choose": row["choose"],
        "area": row["area"],
        "cell": _degrees_of(row["x"], row["y"]),
        "distance_m": round(row["distance_m"] / DISTANCE_STEP_M) * DISTANCE_STEP_M,
        "resident": {"first_name": row["first_name"], "rating": row["rating"]},
        "expires_at": row["expires_at"],
        "created_at": row["created_at"],
    }


def _photo_of(photo: Card, media_url: str) -> Card:
    return photo | {"large": media_url + photo["large"], "thumb": media_url + photo["thumb"]}


def _degrees_of(x: float, y: float) -> dict[str, float]:
    latitude, longitude = degrees_at(x, y)
    return {"lat": round(latitude, 6), "lon": round(longitude, 6)}
