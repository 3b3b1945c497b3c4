"""The addresses of the open feed, below `/ogc/`."""

from django.urls import path

from geo.feed.api import (
    CollectionsView,
    ConformanceView,
    FeedSchemaView,
    LandingView,
    PointItemsView,
    PointItemView,
    PointsView,
    WeeklyItemsView,
    WeeklyItemView,
    WeeksView,
)

feed = (
    path("", LandingView.as_view()),
    path("conformance", ConformanceView.as_view()),
    path("collections", CollectionsView.as_view()),
    path("collections/collections-by-week", WeeksView.as_view()),
    path("collections/collections-by-week/items", WeeklyItemsView.as_view()),
    path("collections/collections-by-week/items/<int:sum_id>", WeeklyItemView.as_view()),
    path("collections/drop-off-points", PointsView.as_view()),
    path("collections/drop-off-points/items", PointItemsView.as_view()),
    path("collections/drop-off-points/items/<id:point_id>", PointItemView.as_view()),
)
urlpatterns = [*feed, path("api", FeedSchemaView.as_view(feed=feed))]
