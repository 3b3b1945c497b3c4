"""Which apps open the links of this service: Android App Links and Apple's universal links."""

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from backend.core.errors import NotFound
from backend.core.http.phone import SCREENS
from backend.core.http.views import PublicView

CACHED = {"Cache-Control": "public, max-age=3600"}


class AndroidLinksView(PublicView):
    """`/.well-known/assetlinks.json`"""

    def get(self, request: Request) -> Response:
        """JSON. Raises NotFound without an app."""
        if not settings.ANDROID_PACKAGE:
            raise NotFound
        target = {
            "namespace": "android_app",
            "package_name": settings.ANDROID_PACKAGE,
            "sha256_cert_fingerprints": settings.ANDROID_FINGERPRINTS,
        }
        relations = ["delegate_permission/common.handle_all_urls", "delegate_permission/common.get_login_creds"]
        return Response([{"relation": relations, "target": target}], headers=CACHED)


class AppleLinksView(PublicView):
    """`/.well-known/apple-app-site-association`"""

    def get(self, request: Request) -> Response:
        """JSON: the screens open in the app, all other paths in the browser. Raises NotFound without an app."""
        apps = settings.APPLE_APP_IDS
        if not apps:
            raise NotFound
        components = [{"/": path} for screen in SCREENS for path in (f"/{screen}", f"/{screen}/*")]
        body = {
            "applinks": {"details": [{"appIDs": apps, "components": components}]},
            "webcredentials": {"apps": apps},
        }
        return Response(body, headers=CACHED)
