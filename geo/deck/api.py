"""`GET /deck`: what to swipe now."""

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from backend.accounts.authentication import user_of
from backend.core.http.views import ApiView
from backend.core.media.urls import media_url_of
from backend.core.redis.card_presence import note_held
from geo.deck.responses import DeckInput, DeckOutput
from geo.deck.selectors import Deck, DeckWishes, draw_deck

# One instance, because building a serializer copies all of its fields.
_INPUT = DeckInput()


class DeckView(ApiView):
    """The deck of the signed-in person."""

    @extend_schema(
        summary="Draw your deck",
        operation_id="get_deck",
        tags=["deck"],
        parameters=[DeckInput],
        responses={200: DeckOutput},
    )
    def get(self, request: Request) -> HttpResponse:
        """Pickups to swipe, nearest first, without what was swiped before."""
        user = user_of(request)
        deck = draw_deck(viewer=user, wishes=_wishes_of(request), now=self.now)
        if deck.ids:
            # From a time before the cards were read, so that a pickup closed in between counts as shown.
            note_held(user_id=user.pk, things=deck.ids, now=self.now)
        return HttpResponse(_body_of(deck, media_url=media_url_of(request)), content_type="application/json")


def _wishes_of(request: Request) -> DeckWishes:
    """The query parameters, checked. Raises ValidationError and others."""
    if not request.query_params:
        return DeckWishes(limit=settings.DECK_SIZE)
    try:
        return DeckWishes(**_INPUT.run_validation(request.query_params))
    except serializers.ValidationError:
        # A field keeps its messages in the language in which they were first formatted, so a new one writes them.
        return DeckWishes(**DeckInput().run_validation(request.query_params))


def _body_of(deck: Deck, *, media_url: str) -> bytes:
    """The response with absolute file addresses. In the text of a card quotation marks are escaped, so none matches."""
    cards = b", ".join(deck.cards)
    for name in (b'"large": "', b'"thumb": "'):
        cards = cards.replace(name, name + media_url.encode())
    return b'{"cards": [%b], "reason": %b}' % (cards, b'"%b"' % deck.reason.encode() if deck.reason else b"null")
