"""Messages of kind `event`: what happened between the two, written by the layers above and by no person."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from chat.cards import card_of
from chat.models import Message
from chat.services.append import append_card
from chat.services.drafts import Draft
from chat.shapes import bare_shape
from chat.topics import collapse_key_of
from notifications.services.notify import Notice


def post_card(
    *, conversation_id: uuid.UUID, card: str, data: Mapping[str, object], by: uuid.UUID | None, now: datetime
) -> list[Notice]:
    """Put a card of `chat.cards` between the messages, in the caller's transaction, in closed conversations too.

    `data` is JSON as events have it: ids, numbers, RFC 3339 times and short text, never an address or exact place.
    `by` is the participant who did it; None where nobody did. Returns what the participants are to be told: the caller
    hands it to its one `notify`, together with its own notices. They ask for no push: the caller's own event does.

    Locks the conversation until the end of the transaction: call it after whatever else locks. Raises UnknownCard.
    """
    card_of(card)
    draft = Draft(kind=Message.Kind.EVENT.value, data={"code": card, "data": dict(data)})
    message, people = append_card(draft, conversation_id=conversation_id, by=by, now=now)
    data = {"conversation": str(conversation_id), "message": bare_shape(message)}
    key = collapse_key_of(conversation_id)
    return [Notice(user_id=user_id, event="message.sent", data=data, collapse_key=key, by=by) for user_id in people]
