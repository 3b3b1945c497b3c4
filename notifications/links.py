"""Every path of the web app that a push, a LINE message, a mail or a calendar file opens. clients/phone has them."""

from enum import StrEnum

from django.conf import settings


class Link(StrEnum):
    """A path inside the app. The names in braces are those of the ids in an event's data."""

    NONE = ""
    CONVERSATION = "/conversations/{conversation}"
    DECK = "/deck"
    LIKES = "/pickups/{pickup}/likes"
    MATCH = "/matches/{match}"
    ME = "/me"
    PRIVACY = "/me/privacy"
    PICKUP = "/pickups/{pickup}"


def url_of(path: str) -> str:
    """The address outside the app of a path inside it."""
    return f"{settings.PUBLIC_URL}{path}"
