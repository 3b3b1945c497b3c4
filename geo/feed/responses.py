"""The responses of OGC API - Features, Part 1 (17-069r3): links, collections and GeoJSON features."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, Self

from msgspec import UNSET, Meta, UnsetType, field

from backend.core.http.responses import ResponseBody
from geo.feed.selectors import Point
from geo.grid import degrees_at
from geo.models import Material, WeeklySum
from geo.models.material import name_in_language
from geo.responses import limited_to

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
Bounds = tuple[float, float, float, float]
Total = Annotated[Decimal, limited_to(10**15)]


class LinkOutput(ResponseBody):
    """A link to another resource."""

    href: str
    rel: str
    type: str
    title: str


class LandingOutput(ResponseBody):
    """The landing page."""

    title: str
    description: str
    links: list[LinkOutput]


class ConformanceOutput(ResponseBody):
    """The classes of the standard that the feed keeps to."""

    conforms_to: list[str] = field(name="conformsTo")


class SpatialExtentOutput(ResponseBody):
    """Boxes of west, south, east, north in degrees."""

    bbox: list[list[float]]
    crs: str = CRS84


class TemporalExtentOutput(ResponseBody):
    """Intervals; null where one is open."""

    interval: list[list[datetime | None]]
    trs: str = GREGORIAN


class ExtentOutput(ResponseBody):
    """Where and when the features of a collection are."""

    spatial: SpatialExtentOutput
    temporal: TemporalExtentOutput | UnsetType = UNSET


class CollectionOutput(ResponseBody):
    """A collection of features."""

    id: str
    title: str
    description: str
    links: list[LinkOutput]
    extent: ExtentOutput
    item_type: str = field(name="itemType", default="feature")
    crs: list[str] = field(default_factory=lambda: [CRS84])


class CollectionsOutput(ResponseBody):
    """All collections."""

    links: list[LinkOutput]
    collections: list[CollectionOutput]


class WeeklyProperties(ResponseBody):
    """Kilograms of one stream in one week and one part of the map. Every handover is in exactly one of them."""

    week: Annotated[date, Meta(description="Its Monday, in the calendar of the city.")]
    part: Annotated[
        WeeklySum.Part,
        Meta(description="A square; the rest of the city; or what is in no other row, because too few people gave it."),
    ]
    side_m: Annotated[int | None, Meta(description="Of the square, in metres on the map (EPSG:3857).")]
    stream: Annotated[str | None, Meta(description="The group of materials, such as plastic; null for all.")]
    kg: Annotated[Total | None, Meta(description="Null where too few people gave it.")]
    kg_co2e: Annotated[Total | None, Meta(description="CO2e avoided; null for materials without a factor.")]
    factor_set: str | None
    factor_version: str | None
    factor_sources: list[str]
    receipts: Annotated[int | None, Meta(description="How many handovers it sums.")]

    @classmethod
    def of(cls, source: WeeklySum) -> Self:
        return cls(
            week=source.week,
            part=WeeklySum.Part(source.part),
            side_m=source.side_m,
            stream=source.stream or None,
            kg=source.kg,
            kg_co2e=source.kg_co2e,
            factor_set=source.factor_set or None,
            factor_version=source.factor_version or None,
            factor_sources=source.factor_sources,
            receipts=source.receipts,
        )


class DropOffProperties(ResponseBody):
    """A place that takes some materials."""

    name: Annotated[str, Meta(description="In the reader's language, where the source has it.")]
    materials: Annotated[list[str], Meta(description="Codes of the catalogue.")]
    streams: Annotated[list[str], Meta(description="The groups of these materials.")]
    ewc_codes: Annotated[list[str], Meta(description="Of the European Waste Catalogue.")]
    opening_hours: Annotated[str, Meta(description="As in OpenStreetMap; empty where unknown.")]
    source: str
    checked: Annotated[date, Meta(description="When the source was last looked at.")]


class PolygonOutput(ResponseBody):
    """A square of the map, in degrees."""

    coordinates: list[list[list[float]]]
    type: Literal["Polygon"] = "Polygon"

    @classmethod
    def around(cls, bounds: Bounds) -> Self:
        west, south, east, north = bounds
        return cls([[[west, south], [east, south], [east, north], [west, north], [west, south]]])


class PointOutput(ResponseBody):
    """A place, in degrees: longitude, latitude."""

    coordinates: list[float]
    type: Literal["Point"] = "Point"


class WeeklyFeature(ResponseBody):
    """A published sum as a GeoJSON feature."""

    ngsi_type: ClassVar[str] = "WasteObserved"

    id: int
    geometry: PolygonOutput | None
    properties: WeeklyProperties
    links: list[LinkOutput] | UnsetType = UNSET
    type: Literal["Feature"] = "Feature"

    @classmethod
    def of(cls, source: WeeklySum) -> Self:
        bounds = _bounds_of(source)
        return cls(
            id=source.pk,
            geometry=PolygonOutput.around(bounds) if bounds else None,
            properties=WeeklyProperties.of(source),
        )

    @property
    def bounds(self) -> Bounds | None:
        """West, south, east, north in degrees; None without a place."""
        if self.geometry is None:
            return None
        (west, south), (east, north) = self.geometry.coordinates[0][0], self.geometry.coordinates[0][2]
        return west, south, east, north


class DropOffFeature(ResponseBody):
    """A drop-off point as a GeoJSON feature."""

    ngsi_type: ClassVar[str] = "WasteContainerIsle"

    id: uuid.UUID
    geometry: PointOutput
    properties: DropOffProperties
    links: list[LinkOutput] | UnsetType = UNSET
    type: Literal["Feature"] = "Feature"

    @classmethod
    def with_materials(cls, point: Point, catalogue: Mapping[int, Material]) -> Self:
        materials = [catalogue[number] for number in point.material_ids if number in catalogue]
        properties = DropOffProperties(
            name=name_in_language(point.name_th or point.name_en, point.name_en or point.name_th),
            materials=[material.code for material in materials],
            streams=_distinct([material.group for material in materials]),
            ewc_codes=_distinct([material.ewc_code for material in materials if material.ewc_code]),
            opening_hours=point.opening_hours,
            source=point.source,
            checked=point.checked_on,
        )
        return cls(id=point.id, geometry=PointOutput([point.lon, point.lat]), properties=properties)

    @property
    def bounds(self) -> Bounds:
        """The point twice."""
        longitude, latitude = self.geometry.coordinates
        return longitude, latitude, longitude, latitude


class FeaturePage(ResponseBody):
    """One page of features."""

    links: list[LinkOutput]
    time_stamp: datetime = field(name="timeStamp")
    number_matched: Annotated[int, Meta(description="On all pages.")] = field(name="numberMatched")
    number_returned: int = field(name="numberReturned")


class WeeklyFeatures(FeaturePage, kw_only=True):
    """One page of published sums."""

    features: list[WeeklyFeature]
    type: Literal["FeatureCollection"] = "FeatureCollection"


class DropOffFeatures(FeaturePage, kw_only=True):
    """One page of drop-off points."""

    features: list[DropOffFeature]
    type: Literal["FeatureCollection"] = "FeatureCollection"


def _bounds_of(row: WeeklySum) -> Bounds | None:
    if row.west_m is None or row.south_m is None or row.side_m is None:
        return None
    south, west = degrees_at(row.west_m, row.south_m)
    north, east = degrees_at(row.west_m + row.side_m, row.south_m + row.side_m)
    return tuple(round(degrees, 6) for degrees in (west, south, east, north))  # type: ignore[return-value]


def _distinct(words: Sequence[Any]) -> list[Any]:
    return list(dict.fromkeys(words))
