"""Every address of the service."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from backend.shared.health import AliveDoor, ReadyDoor
from backend.shared.home import HomeDoor
from backend.shared.media import MediaDoor
from backend.shared.metrics import MetricsDoor
from geo.api.demo_phone import DemoPhoneDoor, DemoSentDoor
from geo.api.receipts import ReceiptPageDoor
from notifications.api.email import UnsubscribeDoor

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
    path("", HomeDoor.as_view()),
    path("healthz", AliveDoor.as_view()),
    path("readyz", ReadyDoor.as_view()),
    path("metrics", MetricsDoor.as_view()),
    path("media/<path:name>", MediaDoor.as_view()),
    path("r/<uuid:token>", ReceiptPageDoor.as_view(), name="receipt_page"),
    path("api/docs", SpectacularSwaggerView.as_view(url_name="schema")),
    path("api/v1/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/", include(api)),
    path("unsubscribe/<str:token>", UnsubscribeDoor.as_view()),
    path("demo/phone", DemoPhoneDoor.as_view()),
    path("demo/phone/sent", DemoSentDoor.as_view()),
    path("admin/", admin.site.urls),
]
