"""The short way of a like that matches at once."""

import re
import uuid
from collections.abc import Container, Mapping, Sequence

from django.db import IntegrityError
from knox.crypto import hash_token

from backend.accounts.guests import guest_of, guests_sql, token_key_of
from backend.shared.clock import read_clock
from backend.shared.express import Answer, Asked, Means
from backend.shared.prepared import array_of
from backend.shared.together import Together
from geo.api.rendering import FastJSONRenderer
from geo.api.swipes import shown_claim
from geo.services.claims import Claim, Claimed, asking_for, claimed_of

_GUEST = guests_sql()
_render = FastJSONRenderer().render
# A statement for so many claims takes some milliseconds, for which it holds their pickups.
TOGETHER_MAX = 8


class LikeLane:
    """What `SwipeView` answers to a plain claim; what takes more it does, for which the same like comes once more."""

    method = "PUT"
    path = re.compile("/api/v1/pickups/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/swipe")
    bodies: Container[bytes] = frozenset({b'{"direction": "like"}', b'{"direction":"like"}'})
    route = "api/v1/pickups/<uuid:pickup_id>/swipe"

    def __init__(self, means: Means) -> None:
        self._means = means
        self._claimed = Together(self._make, at_most=TOGETHER_MAX)

    async def answer(self, asked: Asked) -> Answer | None:
        """Its match. If all fails after that, the long way answers the same again."""
        collector_id = await self._author_of(asked)
        if collector_id is None:
            return None
        pickup_id = uuid.UUID(asked.place[0])
        try:
            claimed = await self._claimed.get(
                Claim(collector_id=collector_id, pickup_id=pickup_id, digest=hash_token(asked.token))
            )
        except IntegrityError:
            return None
        if claimed is None:
            return None
        claimed.tell(self._means.redis.tell)
        return Answer(_render(shown_claim(claimed)), claimed.locale)

    async def _author_of(self, asked: Asked) -> uuid.UUID | None:
        """Who may write once more. Whether he still is let in is looked at together with the claim."""
        if not await asked.may_as_known("write"):
            return None
        if known := asked.author_id:
            return known
        rows = await self._means.database.fetch(_GUEST, {"token_keys": array_of([token_key_of(asked.token)])})
        guest = guest_of(asked.token, rows, asked.now)
        return guest.user_id if guest and await asked.may("write", guest.user_id) else None

    async def _make(self, claims: Sequence[Claim]) -> Mapping[Claim, Claimed]:
        now = read_clock()
        return claimed_of(claims, await self._means.database.fetch(*asking_for(claims, now=now)), now=now)
