"""`/ogc/`: the open feed by OGC API - Features, Part 1: what was handed over by week, and drop-off points."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Max, Min
from django.http import HttpResponse
from django.urls import URLPattern, include, path
from django.utils.translation import gettext as _
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import patched_settings
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from backend.core.clock import city_zone
from backend.core.db.replica import read_from_replica
from backend.core.http.pagination import CursorInvalid
from backend.core.http.responses import encode_json
from backend.core.http.views import ApiView, PublicView
from geo.feed.formats import to_csv, to_ngsi, to_xlsx
from geo.feed.inputs import FORMATS, FeatureQuery, FeaturesQuery, days_of
from geo.feed.responses import (
    CollectionOutput,
    CollectionsOutput,
    ConformanceOutput,
    DropOffFeature,
    DropOffFeatures,
    ExtentOutput,
    LandingOutput,
    LinkOutput,
    SpatialExtentOutput,
    TemporalExtentOutput,
    WeeklyFeature,
    WeeklyFeatures,
)
from geo.feed.selectors import Found, Page, Point, get_point, get_sum, page_of_points, page_of_sums
from geo.models import Material, WeeklySum

JSON, GEOJSON = "application/json", "application/geo+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
MEDIA_TYPES = {
    "json": GEOJSON,
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ngsi-ld": "application/ld+json",
}
ENCODERS: dict[str, Callable[[Sequence[Any]], bytes]] = {"csv": to_csv, "xlsx": to_xlsx, "ngsi-ld": to_ngsi}
CONFORMANCE = [
    f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" for name in ("core", "oas30", "geojson")
]
CACHE = "public, max-age=300"


def address(path: str, **parameters: Any) -> str:
    """The absolute address of a resource of the feed."""
    query = f"?{urlencode(parameters)}" if parameters else ""
    return f"{settings.PUBLIC_URL}/ogc/{path}{query}"


class FeedView(ApiView):
    """A public view of the feed, which everybody may cache for some minutes."""

    authentication_classes = ()
    permission_classes = [AllowAny]
    is_for_apps = False

    def acts_in(self, request: Request) -> Iterable[tuple[str, str]]:
        """A file takes about as long to write as a receipt to print: a workbook of 5,000 rows half a second."""
        return [("print", "")] if request.query_params.get("f", "json") != "json" else []

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Let what was found be cached, and read by scripts of other sites."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Access-Control-Allow-Origin"] = "*"
        if response.status_code == 200:
            response["Cache-Control"] = CACHE
        return response


class LandingView(FeedView):
    @extend_schema(summary="The landing page", operation_id="get_landing", responses={200: LandingOutput})
    def get(self, request: Request) -> Response:
        """Links to the other resources."""
        FeatureQuery.values_in(request)
        links = [
            LinkOutput(address(""), "self", JSON, _("This page")),
            LinkOutput(address("api"), "service-desc", OPENAPI, _("The definition of this API")),
            LinkOutput(f"{settings.PUBLIC_URL}/developers", "service-doc", "text/html", _("For developers")),
            LinkOutput(address("conformance"), "conformance", JSON, _("Conformance")),
            LinkOutput(address("collections"), "data", JSON, _("The collections")),
        ]
        text = _("What residents and collectors recycle, by week and area, without personal data.")
        return Response(LandingOutput(title="Tinder for Trash", description=text, links=links))


class ConformanceView(FeedView):
    @extend_schema(summary="Conformance", operation_id="get_conformance", responses={200: ConformanceOutput})
    def get(self, request: Request) -> Response:
        """Classes of OGC API - Features."""
        FeatureQuery.values_in(request)
        return Response(ConformanceOutput(conforms_to=CONFORMANCE))


class CollectionsView(FeedView):
    @extend_schema(summary="The collections", operation_id="get_collections", responses={200: CollectionsOutput})
    def get(self, request: Request) -> Response:
        """Weekly sums and drop-off points."""
        FeatureQuery.values_in(request)
        links = [LinkOutput(address("collections"), "self", JSON, _("The collections"))]
        return Response(CollectionsOutput(links=links, collections=[describe_weeks(), describe_points()]))


class WeeksView(FeedView):
    @extend_schema(summary="The collection of weekly sums", operation_id="get_weeks", responses={200: CollectionOutput})
    def get(self, request: Request) -> Response:
        """What it holds, where and when."""
        FeatureQuery.values_in(request)
        return Response(describe_weeks())


class PointsView(FeedView):
    @extend_schema(summary="The collection of points", operation_id="get_points", responses={200: CollectionOutput})
    def get(self, request: Request) -> Response:
        """What it holds, and where."""
        FeatureQuery.values_in(request)
        return Response(describe_points())


def describe_weeks() -> CollectionOutput:
    """The collection of weekly sums."""
    found = WeeklySum.objects.aggregate(first=Min("week"), last=Max("week"))
    start, end = (
        datetime.combine(day, time(), city_zone()) if day else None
        for day in (found["first"], found["last"] and found["last"] + timedelta(days=7))
    )
    extent = ExtentOutput(_service_area(), TemporalExtentOutput([[start, end]]))
    text = _(
        "Kilograms handed over, by week, stream and square of the map. A square with fewer than %(residents)s "
        "residents or %(collectors)s collectors is merged into a larger one, or left out; every handover is in one row."
    ) % {"residents": settings.FEED_RESIDENTS_MIN, "collectors": settings.FEED_COLLECTORS_MIN}
    return _collection(WEEKS.collection, _("Collections by week"), text, extent)


def describe_points() -> CollectionOutput:
    """The collection of drop-off points."""
    text = _("Places to which people can take material themselves, with the source of each.")
    return _collection(POINTS.collection, _("Drop-off points"), text, ExtentOutput(_service_area()))


def _service_area() -> SpatialExtentOutput:
    return SpatialExtentOutput([list(settings.SERVICE_AREA)])


def _collection(name: str, title: str, description: str, extent: ExtentOutput) -> CollectionOutput:
    items = [
        LinkOutput(
            address(f"collections/{name}/items", **({} if form == "json" else {"f": form})),
            "items",
            MEDIA_TYPES[form],
            f"{title} ({form})",
        )
        for form in FORMATS
    ]
    links = [LinkOutput(address(f"collections/{name}"), "self", JSON, title), *items]
    return CollectionOutput(id=name, title=title, description=description, links=links, extent=extent)


@dataclass(frozen=True)
class Items:
    """How the pages of one collection are read and shown."""

    collection: str
    # The id before all others, and how the id in a link is read. Raises ValueError.
    before_first: Any
    parse_id: Callable[[str], Any]
    find: Callable[[Page], Found]
    features_of: Callable[[Sequence[Any]], list[Any]]
    body: type[Any]


def _points_with_materials(rows: Sequence[Point]) -> list[DropOffFeature]:
    catalogue = Material.objects.in_bulk({number for row in rows for number in row.material_ids})
    return [DropOffFeature.with_materials(row, catalogue) for row in rows]


WEEKS = Items(
    collection="collections-by-week",
    before_first=0,
    parse_id=int,
    find=page_of_sums,
    features_of=lambda rows: [WeeklyFeature.of(row) for row in rows],
    body=WeeklyFeatures,
)
POINTS = Items(
    collection="drop-off-points",
    before_first=uuid.UUID(int=0),
    parse_id=uuid.UUID,
    find=page_of_points,
    features_of=_points_with_materials,
    body=DropOffFeatures,
)


class WeeklyItemsView(FeedView):
    @extend_schema(
        summary="Read weekly sums",
        operation_id="list_weeks",
        parameters=[FeaturesQuery],
        responses={200: WeeklyFeatures},
    )
    def get(self, request: Request) -> HttpResponse:
        """In the order of their publication. A box keeps only squares; the rest of the city has no place."""
        return respond_items(request, WEEKS, now=self.now)


class PointItemsView(FeedView):
    @extend_schema(
        summary="Read drop-off points",
        operation_id="list_points",
        parameters=[FeaturesQuery],
        responses={200: DropOffFeatures},
    )
    def get(self, request: Request) -> HttpResponse:
        """Points have no time, so `datetime` leaves out none."""
        return respond_items(request, POINTS, now=self.now)


def respond_items(request: Request, items: Items, *, now: datetime) -> HttpResponse:
    """One page of a collection, in the format asked for. Raises ValidationError and CursorInvalid."""
    values = FeaturesQuery.values_in(request)
    page = _page(values, items)
    found, features = read_from_replica(lambda: _find(items, page))
    links = _page_links(request, items.collection, found)
    if values["f"] != "json":
        return _respond_file(features, items.collection, values["f"], links)
    body = items.body(
        links=links,
        time_stamp=now,
        number_matched=found.matched,
        number_returned=len(features),
        features=features,
    )
    return Response(body, content_type=GEOJSON)


def _find(items: Items, page: Page) -> tuple[Found, list[Any]]:
    found = items.find(page)
    return found, items.features_of(found.rows)


def _page(values: dict[str, Any], items: Items) -> Page:
    try:
        after = items.parse_id(values["after"]) if "after" in values else items.before_first
    except ValueError as error:
        raise CursorInvalid(field="after") from error
    first, last = days_of(values)
    return Page(limit=values["limit"], after=after, box=values.get("bbox"), first=first, last=last)


def _page_links(request: Request, collection: str, found: Found) -> list[LinkOutput]:
    own, items = request.query_params.dict(), f"collections/{collection}/items"
    form = own.get("f", "json")
    links = [
        LinkOutput(address(items, **own), "self", MEDIA_TYPES[form], _("This page")),
        LinkOutput(address(f"collections/{collection}"), "collection", JSON, _("The collection")),
    ]
    links += [
        LinkOutput(address(items, **own | {"f": other}), "alternate", MEDIA_TYPES[other], other)
        for other in FORMATS
        if other != form
    ]
    if found.has_more:
        following = address(items, **own | {"after": str(found.rows[-1].id)})
        links.append(LinkOutput(following, "next", MEDIA_TYPES[form], _("The next page")))
    return links


def _respond_file(features: Sequence[Any], name: str, form: str, links: Sequence[LinkOutput]) -> HttpResponse:
    """A file; its links are in the `Link` header."""
    response = HttpResponse(ENCODERS[form](features), content_type=MEDIA_TYPES[form])
    if form != "ngsi-ld":
        response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    response["Link"] = ", ".join(f'<{link.href}>; rel="{link.rel}"; type="{link.type}"' for link in links)
    return response


class WeeklyItemView(FeedView):
    @extend_schema(summary="Read a weekly sum", operation_id="get_week", responses={200: WeeklyFeature})
    def get(self, request: Request, sum_id: int) -> Response:
        """One row."""
        FeatureQuery.values_in(request)
        return _respond_feature(WeeklyFeature.of(get_sum(sum_id)), WEEKS.collection)


class PointItemView(FeedView):
    @extend_schema(summary="Read a drop-off point", operation_id="get_point", responses={200: DropOffFeature})
    def get(self, request: Request, point_id: uuid.UUID) -> Response:
        """One point."""
        FeatureQuery.values_in(request)
        [feature] = POINTS.features_of([get_point(point_id)])
        return _respond_feature(feature, POINTS.collection)


def _respond_feature(feature: WeeklyFeature | DropOffFeature, collection: str) -> Response:
    path = f"collections/{collection}"
    feature.links = [
        LinkOutput(address(f"{path}/items/{feature.id}"), "self", GEOJSON, _("This feature")),
        LinkOutput(address(path), "collection", JSON, _("The collection")),
    ]
    return Response(feature, content_type=GEOJSON)


SCHEMA_SETTINGS = {
    "TITLE": "Tinder for Trash: the open feed",
    "DESCRIPTION": "OGC API - Features, Part 1.",
    "SCHEMA_PATH_PREFIX": "/ogc",
    "PREPROCESSING_HOOKS": [],
    "POSTPROCESSING_HOOKS": ["backend.core.http.schema_hooks.finish_feed_schema"],
}


class FeedSchemaView(PublicView):
    """`/ogc/api`: the OpenAPI document of the feed, generated once in each process."""

    feed: tuple[URLPattern, ...] = ()

    def get(self, request: Request) -> HttpResponse:
        """JSON."""
        return HttpResponse(_describe(self.feed), content_type=OPENAPI, headers={"Cache-Control": CACHE})


@cache
def _describe(feed: tuple[URLPattern, ...]) -> bytes:
    with patched_settings(SCHEMA_SETTINGS):
        generator = SchemaGenerator(patterns=[path("ogc/", include(list(feed)))])  # type: ignore[no-untyped-call]
        return encode_json(generator.get_schema(request=None, public=True))  # type: ignore[no-untyped-call]
