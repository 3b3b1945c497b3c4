"""`/privacy` and `/terms`, with the numbers and the operator of this service."""

from django.conf import settings
from django.http import HttpResponse
from knox.settings import knox_settings
from rest_framework.request import Request

from backend.core.http.pages import PageView, render_page

# The dates of the texts in templates/core; users agree to a version, and to each new one again.
TERMS_VERSION = "2026-11-30"
PRIVACY_VERSION = "2026-12-01"
CACHED = "public, max-age=3600"


class PrivacyView(PageView):
    def get(self, request: Request) -> HttpResponse:
        """What is kept about people, who sees it, and how long."""
        numbers = {
            "grid_m": settings.GRID_SIZE_M,
            "event_days": settings.EVENT_DAYS,
            "session_days": knox_settings.TOKEN_TTL.days,
            "device_days": settings.DEVICE_DAYS,
            "place_days": settings.PLACE_DAYS,
            "chat_days": settings.CHAT_DAYS,
            "evidence_days": settings.EVIDENCE_DAYS,
            "case_evidence_days": settings.CASE_EVIDENCE_DAYS,
            "staff_log_days": settings.STAFF_LOG_DAYS,
            "grace_days": settings.ERASURE_GRACE_DAYS,
            "version": PRIVACY_VERSION,
        }
        return _cached(render_page(request, "core/privacy.html", numbers))


class TermsView(PageView):
    def get(self, request: Request) -> HttpResponse:
        """What people agree to."""
        numbers = {
            "strikes_to_warn": settings.STRIKES_TO_WARN,
            "strikes_to_pause": settings.STRIKES_TO_PAUSE,
            "strike_days": settings.STRIKE_DAYS,
            "pause_days": settings.PAUSE_DAYS,
            "correction_days": settings.RECEIPT_CORRECTION_DAYS,
            "minimum_age": settings.MINIMUM_AGE,
            "version": TERMS_VERSION,
        }
        return _cached(render_page(request, "core/terms.html", numbers))


def _cached(page: HttpResponse) -> HttpResponse:
    page["Cache-Control"] = CACHED
    return page
