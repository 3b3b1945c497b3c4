"""The short way to the plain deck: no wishes, and nothing to explain."""

import re
from collections.abc import Container, Mapping, Sequence

from backend.shared.clock import read_clock
from backend.shared.express import Answer, Asked, Means
from backend.shared.prepared import Rows
from backend.shared.together import Together
from geo.api.deck import body_of, note_shown
from geo.api.rendering import media_url_at
from geo.selectors.deck_plain import asking_plain_decks, finding_plain_deck

# A statement for so many decks takes some milliseconds.
TOGETHER_MAX = 16


class DeckLane:
    """What `DeckView` answers somebody with a profile who asks without wishes; what it refuses or explains it says."""

    method = "GET"
    path = re.compile("/api/v1/deck")
    bodies: Container[bytes] = ()
    route = "api/v1/deck"

    def __init__(self, means: Means) -> None:
        self._means = means
        self._rows = Together(self._ask, at_most=TOGETHER_MAX)

    async def answer(self, asked: Asked) -> Answer | None:
        """The deck."""
        if not await asked.may_as_known("read"):
            return None
        rows = await self._rows.get(asked.token)
        found = await self._means.database.answer(finding_plain_deck(asked.token, rows or [], now=asked.now))
        if found is None:
            return None
        guest, deck = found
        if not await asked.may("read", guest.user_id):
            return None
        note_shown(deck, user_id=guest.user_id, now=asked.now, say=self._means.redis.tell)
        return Answer(body_of(deck, media_url=media_url_at(f"{asked.origin}/")), guest.locale)

    async def _ask(self, tokens: Sequence[str]) -> Mapping[str, Rows]:
        rows = await self._means.database.fetch(*asking_plain_decks(tokens, now=read_clock()))
        return dict.fromkeys(tokens, rows)
