"""The short way of a plain like."""

import re
import uuid
from collections.abc import Container

from backend.accounts.guests import find_guest, guests_sql
from backend.shared.errors import DomainError
from backend.shared.express import Answer, Asked
from backend.shared.throttling import may_write
from geo.api.rendering import FastJSONRenderer
from geo.api.swipes import shown
from geo.models import Swipe
from geo.services.swipes import record_swipe

_GUEST = guests_sql()
_render = FastJSONRenderer().render


class LikeLane:
    """What `SwipeDoor` answers to a like; what is refused it says, for which the same like comes once more."""

    method = "PUT"
    path = re.compile("/api/v1/pickups/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/swipe")
    bodies: Container[bytes] = frozenset({b'{"direction": "like"}', b'{"direction":"like"}'})
    route = "api/v1/pickups/<uuid:pickup_id>/swipe"

    def answer(self, asked: Asked) -> Answer | None:
        """Its match, or its place in the queue. If all fails after that, the long way answers the same again."""
        guest = find_guest(_GUEST, asked.token, asked.now)
        if guest is None or not may_write(str(guest.user_id), asked.environ):
            return None
        pickup_id, like = uuid.UUID(asked.place[0]), Swipe.Direction.LIKE
        try:
            result = record_swipe(collector_id=guest.user_id, pickup_id=pickup_id, direction=like, now=asked.now)
        except DomainError:
            return None
        return Answer(_render(shown(result)), guest.locale)
