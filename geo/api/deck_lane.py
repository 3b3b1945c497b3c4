"""The short way to the plain deck: no wishes, and nothing to explain."""

import re
from collections.abc import Container

from django.conf import settings

from backend.shared.express import Answer, Asked
from backend.shared.throttling import may_read
from geo.api.deck import body_of, note_shown
from geo.api.rendering import media_url_at
from geo.selectors.deck import deal_deck, find_dealt, plain_query


class DeckLane:
    """What `DeckDoor` answers somebody with a profile who asks without wishes; what it refuses or explains it says."""

    method = "GET"
    path = re.compile("/api/v1/deck")
    bodies: Container[bytes] = ()
    route = "api/v1/deck"

    def answer(self, asked: Asked) -> Answer | None:
        """The deck."""
        found = find_dealt(asked.token, asked.now)
        if found is None:
            return None
        guest, dealt = found
        if dealt is None or dealt.reason_to_wait or guest.is_paused_at(asked.now):
            return None
        if not may_read(str(guest.user_id), asked.environ):
            return None
        deck = deal_deck(plain_query(guest.user_id, dealt, now=asked.now, limit=settings.DECK_SIZE))
        note_shown(deck, user_id=guest.user_id, now=asked.now)
        return Answer(body_of(deck, media_url=media_url_at(f"{asked.origin}/")), guest.locale)
