"""The page of the web app and its files, as Django and WhiteNoise serve them."""

import re
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.core.http.phone import PUSH_SOURCES, SCREENS, content_security_policy

ROUTES = Path(__file__).resolve().parents[2] / "clients" / "phone" / "src" / "routes.ts"


def screen_paths() -> list[str]:
    """Every path of routes.ts, with an id in place of its parameters."""
    table = ROUTES.read_text(encoding="utf-8").partition("export const ROUTES = {")[2].partition("}")[0]
    paths: list[str] = re.findall(r"'(/[^']*)'", table)
    return [re.sub(r":\w+", "01936f5e-0000-7000-8000-000000000001", path) for path in paths]


class TestPage:
    @pytest.mark.parametrize("path", screen_paths())
    def test_is_served_at_every_path_of_the_app(self, path: str) -> None:
        answer = APIClient().get(path)

        assert answer.status_code == 200
        assert answer["Content-Type"] == "text/html; charset=utf-8"
        assert '<div id="app">' in answer.content.decode()

    def test_knows_no_screens_that_the_app_lacks(self) -> None:
        assert set(SCREENS) == {path.split("/")[1] for path in screen_paths()} - {""}

    @pytest.mark.parametrize("path", ["/nothing", "/give.php", "/me/../admin2", "/matches/a%20b", "/static/nothing.js"])
    def test_is_not_served_elsewhere(self, path: str) -> None:
        assert APIClient().get(path).status_code == 404

    def test_allows_no_code_from_elsewhere(self) -> None:
        policy = APIClient().get("/")["Content-Security-Policy"]

        assert "script-src 'self';" in policy
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy

    def test_allows_maps_photos_and_pushes_where_the_settings_say(self, settings: Settings) -> None:
        settings.MAP_SOURCES = ["https://tiles.example/style.json", "https://{s}.tiles.example/{z}"]
        settings.MEDIA_URL = "https://photos.example/media/"
        settings.FIREBASE_WEB_CONFIG = {"vapidKey": "key"}
        content_security_policy.cache_clear()
        policy = content_security_policy()
        content_security_policy.cache_clear()

        assert "img-src 'self' data: blob: https://photos.example https://tiles.example;" in policy
        assert " ".join(PUSH_SOURCES) in policy

    @pytest.mark.parametrize("way", ["firebase", "line"])
    def test_allows_a_way_to_sign_in_once_it_is_configured(self, settings: Settings, way: str) -> None:
        of_firebase = ("identitytoolkit.googleapis.com", "www.google.com", "www.gstatic.com", "recaptcha.google.com")
        hosts = {"firebase": of_firebase, "line": ("static.line-scdn.net", "api.line.me", "access.line.me")}
        settings.FIREBASE_WEB_CONFIG = {"apiKey": "key"} if way == "firebase" else {}
        settings.FIREBASE_PROJECT_ID = "city" if way == "firebase" else ""
        settings.LINE_LIFF_ID = "1-a" if way == "line" else ""
        content_security_policy.cache_clear()
        page = APIClient().get("/")
        content_security_policy.cache_clear()

        allowed = set(re.findall(r"https://([\w.-]+)", page["Content-Security-Policy"]))
        assert allowed == set(hosts[way])
        assert ("style-src-attr 'unsafe-inline'" in page["Content-Security-Policy"]) == (way == "firebase")
        assert "style-src 'self';" in page["Content-Security-Policy"]
        assert page["Referrer-Policy"] == {"firebase": "strict-origin", "line": "same-origin"}[way]

    def test_says_what_to_do_before_it_is_built(self, settings: Settings, tmp_path: Path) -> None:
        settings.PHONE_DIR = tmp_path
        answer = APIClient().get("/deck")

        assert (answer.status_code, answer["Retry-After"]) == (503, "60")
        assert b"bin/setup" in answer.content


def fetch(path: str, **headers: str) -> Any:
    """The response, whose file is closed."""
    answer = APIClient().get(path, headers=headers)
    answer.close()
    return answer


def files_of_page() -> list[str]:
    """Every file that the page names."""
    return re.findall(r'(?:src|href)="([^"]+)"', APIClient().get("/").content.decode())


@pytest.mark.django_db
class TestFiles:
    def test_those_of_the_page_exist(self) -> None:
        files = files_of_page()

        assert len(files) >= 4
        assert {file: fetch(file).status_code for file in files} == dict.fromkeys(files, 200)

    def test_hashed_ones_are_kept_for_ever_and_compressed(self) -> None:
        script = next(file for file in files_of_page() if file.endswith(".js"))

        answer = fetch(script, accept_encoding="gzip")

        assert answer["Cache-Control"] == "max-age=315360000, public, immutable"
        assert answer["Content-Encoding"] == "gzip"

    def test_the_service_worker_lies_above_all_paths_and_is_checked_again(self) -> None:
        answer = fetch("/sw.js")

        assert answer["Content-Type"] == "text/javascript; charset=utf-8"
        assert answer["Cache-Control"] == "no-cache"

    def test_the_manifest_starts_the_app(self) -> None:
        answer: Any = APIClient().get("/static/phone/manifest.webmanifest")

        assert b'"start_url": "/"' in b"".join(answer.streaming_content)
        answer.close()
