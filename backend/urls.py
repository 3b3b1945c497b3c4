"""Every address of the service."""

from django.apps import apps
from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularSwaggerSplitView

from backend.accounts.api.erasure import ConfirmErasureView, EraseView
from backend.core.http.app_links import AndroidLinksView, AppleLinksView
from backend.core.http.health import AliveView, DevelopersView, ReadyView, SchemaView
from backend.core.http.legal_pages import PrivacyView, TermsView
from backend.core.http.metrics import MetricsView
from backend.core.http.phone import PATHS, PhoneView, ServiceWorkerView
from backend.core.http.problem_pages import ProblemsView, ProblemView
from backend.core.media.urls import MediaView
from geo.handover.api.receipts import ReceiptPageView
from geo.handover.api.safety import SharedPageView
from notifications.api.devices import UnsubscribeView

handler400 = "backend.core.http.problems.bad_request"
handler403 = "backend.core.http.problems.forbidden"
handler404 = "backend.core.http.problems.not_found"
handler500 = "backend.core.http.problems.server_error"

api = [
    path("", include("backend.accounts.urls")),
    path("", include("backend.moderation.urls")),
    path("", include("geo.urls")),
    path("", include("notifications.urls")),
    path("", include("chat.urls")),
]

urlpatterns = [
    re_path(PATHS, PhoneView.as_view()),
    path("sw.js", ServiceWorkerView.as_view()),
    path(".well-known/assetlinks.json", AndroidLinksView.as_view()),
    path(".well-known/apple-app-site-association", AppleLinksView.as_view()),
    path("privacy", PrivacyView.as_view()),
    path("terms", TermsView.as_view()),
    path("erase", EraseView.as_view()),
    path("erase/confirm", ConfirmErasureView.as_view()),
    path("problems", ProblemsView.as_view()),
    path("problems/<slug:code>", ProblemView.as_view()),
    path("developers", DevelopersView.as_view()),
    path("healthz", AliveView.as_view()),
    path("readyz", ReadyView.as_view()),
    path("metrics", MetricsView.as_view()),
    path("media/<path:name>", MediaView.as_view()),
    path("s/<str:token>", SharedPageView.as_view(), name="shared_page"),
    path("r/<id:token>", ReceiptPageView.as_view(), name="receipt_page"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="core/api_docs.html")),
    path("api/v1/schema", SchemaView.as_view(), name="schema"),
    path("api/v1/", include(api)),
    path("ogc/", include("geo.feed.urls")),
    path("unsubscribe/<str:token>", UnsubscribeView.as_view()),
    path("admin/", admin.site.urls),
]
if apps.is_installed("tools.demo_city"):
    urlpatterns.append(path("demo/", include("tools.demo_city.urls")))
