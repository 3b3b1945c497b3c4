"""Every link that leaves the service is a path of the web app, and Django serves the app there."""

import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.urls import resolve

from backend.core.http.phone import PhoneView
from notifications.kinds import KINDS, PUSHED
from notifications.links import Link, url_of
from notifications.texts import IDS

ROUTES = Path(__file__).resolve().parents[2] / "clients" / "phone" / "src" / "routes.ts"
LINKS = [link for link in Link if link]


def shape_of(path: str) -> str:
    """The path with `*` in place of each parameter."""
    return re.sub(r":\w+|\{\w+\}", "*", path)


@pytest.mark.parametrize("link", LINKS)
def test_the_app_has_the_path(link: Link) -> None:
    table = ROUTES.read_text(encoding="utf-8").split("export const ROUTES = {")[1].split("}")[0]

    assert shape_of(link) in {shape_of(path) for path in re.findall(r"'(/[^']*)'", table)}


@pytest.mark.parametrize("link", LINKS)
def test_django_serves_the_app_at_the_path(link: Link) -> None:
    path = link.format_map(dict.fromkeys(IDS, uuid.uuid4()))

    view: Any = resolve(path).func
    assert view.view_class is PhoneView


def test_every_push_opens_something() -> None:
    assert [name for name in PUSHED if not KINDS[name].link] == []


def test_an_address_begins_with_that_of_the_service() -> None:
    assert url_of(Link.DECK) == "http://127.0.0.1:8000/deck"
