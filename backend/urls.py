"""Every address of the service."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from backend.shared.health import AliveView, ReadyView
from backend.shared.home import HomeView
from backend.shared.media import MediaView
from backend.shared.metrics import MetricsView
from geo.api.demo_phone import DemoPhoneView, DemoSentView
from geo.api.receipts import ReceiptPageView
from notifications.api.email import UnsubscribeView

handler400 = "backend.shared.problems.bad_request"
handler403 = "backend.shared.problems.forbidden"
handler404 = "backend.shared.problems.not_found"
handler500 = "backend.shared.problems.server_error"

api = [
    path("", include("backend.accounts.urls")),
    path("", include("geo.urls")),
    path("", include("notifications.urls")),
    path("", include("chat.urls")),
]

urlpatterns = [
    path("", HomeView.as_view()),
    path("healthz", AliveView.as_view()),
    path("readyz", ReadyView.as_view()),
    path("metrics", MetricsView.as_view()),
    path("media/<path:name>", MediaView.as_view()),
    path("r/<uuid:token>", ReceiptPageView.as_view(), name="receipt_page"),
    path("api/docs", SpectacularSwaggerView.as_view(url_name="schema")),
    path("api/v1/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/", include(api)),
    path("unsubscribe/<str:token>", UnsubscribeView.as_view()),
    path("demo/phone", DemoPhoneView.as_view()),
    path("demo/phone/sent", DemoSentView.as_view()),
    path("admin/", admin.site.urls),
]
