"""What a deck depends on of the person who asks for it: one row, which comes along with his session."""

from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings

from backend.accounts.models import Session
from backend.accounts.selectors.sessions import session_of_row, sessions_sql
from backend.shared.prepared import fetch_prepared

SWIPED_MUCH = 200
Reason = Literal["paused", "collector_unavailable", "matches_full", "hazard_badge_needed", "nothing_near"]


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


# Of `accounts_user`, with `WITH_COLLECTOR` joined.
DEALT = """
    geo_collector.user_id IS NOT NULL AS has_profile,
    ST_Y(geo_collector.service_point::geometry) AS lat, ST_X(geo_collector.service_point::geometry) AS lon,
    geo_collector.radius_m, geo_collector.material_ids, geo_collector.is_available, geo_collector.has_hazard_badge,
    (SELECT count(*) FROM geo_match WHERE collector_id = accounts_user.id AND status = 'active') AS active_matches,
    (SELECT coalesce(sum(size), 0) FROM (SELECT size FROM geo_tile_swiped
        WHERE collector_id = accounts_user.id AND size >= 16 ORDER BY size DESC LIMIT 13) AS tiles)
    + 2 * (SELECT coalesce(sum(cardinality(done)), 0) FROM geo_sheet_swiped WHERE collector_id = accounts_user.id)
        AS swiped
"""
DEALT_COLUMNS = 9
WITH_COLLECTOR = "LEFT JOIN geo_collector ON geo_collector.user_id = accounts_user.id"
_WITH_PROFILE = sessions_sql(more=DEALT, joined=WITH_COLLECTOR)


def sessions_with_profile(token_key: str) -> list[tuple[Session, Dealt | None]]:
    """Like `sessions_with_token_key`, each with what his deck depends on: None for who has no collector profile."""
    found = fetch_prepared(_WITH_PROFILE, {"token_key": token_key})
    return [(session_of_row(row), dealt_of(*row[-DEALT_COLUMNS:])) for row in found]


def dealt_of(has_profile: bool, *profile: Any) -> Dealt | None:
    """From the columns of `DEALT`."""
    return Dealt(*profile) if has_profile else None
