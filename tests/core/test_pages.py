"""The pages opened in a browser, and the photos."""

import re
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

OUTSIDE = re.compile(r"""(?:https?:)?//[^"'\s]+""")


class TestDocs:
    def test_needs_nothing_from_outside(self, anonymous: APIClient) -> None:
        page = anonymous.get("/api/docs")

        assert page.status_code == 200
        assert OUTSIDE.findall(page.content.decode()) == []
        assert '"validatorUrl": null' in anonymous.get("/api/docs?script=").content.decode()

    def test_finds_all_it_needs_here(self, anonymous: APIClient) -> None:
        page = anonymous.get("/api/docs").content.decode()

        addresses = re.findall(r'(?:src|href)="([^"]+)"', page)

        assert len(addresses) >= 4
        for address in addresses:
            answer: Any = anonymous.get(address)
            assert answer.status_code == 200, address
            assert b"".join(answer.streaming_content if answer.streaming else [answer.content])

    def test_schema_is_openapi(self, anonymous: APIClient) -> None:
        answer = anonymous.get("/api/v1/schema", HTTP_ACCEPT="application/json")

        assert answer.status_code == 200
        assert answer.json()["openapi"].startswith("3.")
        assert "/api/v1/auth/sign-in" in answer.json()["paths"]


class TestDevelopers:
    def test_leads_to_the_docs(self, anonymous: APIClient) -> None:
        page = anonymous.get("/developers", HTTP_ACCEPT="text/html").content.decode()

        assert 'href="/api/docs"' in page
        assert OUTSIDE.findall(page) == []

    def test_speaks_thai(self, anonymous: APIClient) -> None:
        page = anonymous.get("/developers", HTTP_ACCEPT_LANGUAGE="th").content.decode()

        assert '<html lang="th">' in page
        assert "คัดแยก" in page


@pytest.fixture
def media(settings: Settings) -> Path:
    root = Path(settings.MEDIA_ROOT)
    (root / "photos").mkdir(parents=True)
    (root / "photos" / "one.jpg").write_bytes(b"\xff\xd8\xff")
    (root / "photos" / "secret.txt").write_text("not a photo")
    (root.parent / "outside.jpg").write_bytes(b"outside")
    return root


class TestMedia:
    def test_serves_a_photo_for_ever(self, media: Path) -> None:
        answer: Any = APIClient().get("/media/photos/one.jpg")

        assert b"".join(answer.streaming_content) == b"\xff\xd8\xff"
        assert answer["Content-Type"] == "image/jpeg"
        assert answer["Cache-Control"] == "public, max-age=3600, immutable"
        assert answer["X-Content-Type-Options"] == "nosniff"

    @pytest.mark.parametrize(
        "name",
        [
            "../outside.jpg",
            "photos/../../outside.jpg",
            "%2e%2e/outside.jpg",
            "..%2foutside.jpg",
            "photos//one.jpg",
            "/etc/passwd",
            "photos/secret.txt",
            "photos/none.jpg",
            "photos",
            "photos/one.jpg%00",
            "photos/one.jpg%0a",
            f"photos/{'a' * 300}.jpg",
            "photos/one.jpg/one.jpg",
        ],
    )
    def test_serves_nothing_else(self, media: Path, name: str) -> None:
        answer = APIClient().get(f"/media/{name}")

        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"

    def test_follows_no_link_out_of_the_folder(self, media: Path) -> None:
        (media / "link.jpg").symlink_to(media.parent / "outside.jpg")

        assert APIClient().get("/media/link.jpg").status_code == 404
