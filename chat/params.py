"""What can be filled into a quick phrase, and within which bounds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from backend.core.clock import city_zone
from chat.errors import PhraseParamsInvalid


class Param(Struct, frozen=True, kw_only=True):
    """One blank. `type` is `integer`, `number` (at most two decimals) or `time` (RFC 3339)."""

    name: str
    type: str
    minimum: int | None = None
    maximum: int | None = None


PARAMS: Mapping[str, Param] = {
    param.name: param
    for param in (
        Param(name="minutes", type="integer", minimum=1, maximum=240),
        Param(name="count", type="integer", minimum=1, maximum=999),
        Param(name="kg", type="number", minimum=0, maximum=5_000),
        Param(name="thb", type="number", minimum=0, maximum=100_000),
        Param(name="at", type="time"),
    )
}


def checked(value: Any, param: Param) -> Any:
    """The value as it is kept. Raises PhraseParamsInvalid."""
    check = _moment if param.type == "time" else _number
    try:
        return check(value, param)
    except (ValueError, TypeError, OverflowError) as error:
        raise PhraseParamsInvalid(field=f"phrase.params.{param.name}") from error


def _moment(value: Any, param: Param) -> str:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)
    moment.astimezone(city_zone())  # what has no time there could not be said to anybody
    return moment.isoformat()


def _number(value: Any, param: Param) -> int | float:
    kinds = (int,) if param.type == "integer" else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise TypeError(value)
    if not (param.minimum or 0) <= value <= (param.maximum or 0):
        raise ValueError(value)
    return round(value, 2)
