"""Where people report and object: below `/api/v1/`."""

from django.urls import path

from backend.moderation.api import ActsView, AppealView, ReportsView

urlpatterns = [
    path("reports", ReportsView.as_view()),
    path("me/acts", ActsView.as_view()),
    path("me/acts/<id:act_id>/appeal", AppealView.as_view()),
]
