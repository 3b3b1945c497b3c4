"""The formats of the feed besides GeoJSON: tables as CSV and XLSX, and NGSI-LD entities."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import xlsxwriter

from backend.core.http.responses import encode_json, to_json_values
from geo.feed.responses import DropOffFeature, WeeklyFeature

Feature = WeeklyFeature | DropOffFeature
# Spreadsheets take a text that begins with one of these for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
NGSI_CONTEXT = [
    "https://raw.githubusercontent.com/smart-data-models/dataModel.WasteManagement/master/context.jsonld",
    "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld",
]
# Our groups of materials in the words of WasteContainerIsle.storedWasteKind.
STORED_KINDS: Mapping[str, str] = {
    "paper": "paper",
    "plastic": "plastic",
    "metal": "metal",
    "glass": "glass",
    "e_waste": "electronics",
    "oil": "oil",
    "battery": "batteries",
}


def to_csv(features: Sequence[Feature]) -> bytes:
    """One line for each feature, with the names in the first line; UTF-8 with a byte order mark, which Excel needs."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows(_table(features))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def to_xlsx(features: Sequence[Feature]) -> bytes:
    """The same as a workbook of one sheet; texts are never formulas or links."""
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(_table(features)):
            sheet.write_row(number, 0, row)
    return content.getvalue()


def to_ngsi(features: Sequence[Feature]) -> bytes:
    """A list of WasteObserved or WasteContainerIsle entities, each with its context."""
    return encode_json([_entity(feature) for feature in features])


def _table(features: Sequence[Feature]) -> list[list[Any]]:
    """The names of the columns, then the rows. A square is given by its corners, a point by itself."""
    rows = [_row(feature) for feature in features]
    return [list(rows[0]), *(list(row.values()) for row in rows)] if rows else []


def _row(feature: Feature) -> dict[str, Any]:
    properties: dict[str, Any] = to_json_values(feature.properties)
    west, south, east, north = feature.bounds or ("", "", "", "")
    place = {"west": west, "south": south, "east": east, "north": north}
    return {"id": str(feature.id)} | place | {name: _cell(value) for name, value in properties.items()}


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        value = "; ".join(map(str, value))
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return "" if value is None else value


def _entity(feature: Feature) -> dict[str, Any]:
    entity: dict[str, Any] = {"id": f"urn:ngsi-ld:{feature.ngsi_type}:{feature.id}", "type": feature.ngsi_type}
    if feature.geometry:
        entity["location"] = {"type": "GeoProperty", "value": feature.geometry}
    entity |= _collected(feature) if isinstance(feature, WeeklyFeature) else _container(feature)
    return entity | {"@context": NGSI_CONTEXT}


def _collected(feature: WeeklyFeature) -> dict[str, Any]:
    values = feature.properties
    week = {"@type": "Date", "@value": str(values.week)}
    found = {"dateObserved": _property(week), "wasteStream": _property(values.stream or "all")}
    if values.kg is not None:
        found["weight"] = _property(values.kg) | {"unitCode": "KGM"}
    return found


def _container(feature: DropOffFeature) -> dict[str, Any]:
    values = feature.properties
    kinds = list(dict.fromkeys(STORED_KINDS.get(stream, "other") for stream in values.streams))
    return {
        "name": _property(values.name),
        "storedWasteKind": _property(kinds),
        "storedWasteCode": _property(values.ewc_codes),
        "openingHours": _property(values.opening_hours),
        "source": _property(values.source),
        "dateModified": _property({"@type": "Date", "@value": str(values.checked)}),
    }


def _property(value: Any) -> dict[str, Any]:
    return {"type": "Property", "value": value}
