"""Every address of the service."""

from django.contrib import admin
from django.urls import path

handler404 = "backend.shared.problems.not_found"
handler500 = "backend.shared.problems.server_error"

urlpatterns = [path("admin/", admin.site.urls)]
