"""Every address of the service."""

from django.contrib import admin
from django.urls import include, path

handler404 = "backend.shared.problems.not_found"
handler500 = "backend.shared.problems.server_error"

api = [
    path("", include("backend.accounts.urls")),
    path("", include("chat.urls")),
]

urlpatterns = [
    path("api/v1/", include(api)),
    path("admin/", admin.site.urls),
]
