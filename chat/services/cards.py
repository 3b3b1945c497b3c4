"""Messages of kind `event`: what happened between the two, written by the layers above and by no person."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from backend.shared.ids import new_id
from chat.cards import card_of
from chat.models import Conversation, Message, Participant
from chat.services.messages import append, notices_of
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
    conversation = Conversation.objects.select_for_update(of=("self",), no_key=True).get(pk=conversation_id)
    filled = {"code": card, "data": dict(data)}
    message = append(conversation, Message(sender_id=by, client_id=new_id(), kind=Message.Kind.EVENT, data=filled), now)
    people = Participant.objects.filter(conversation=conversation).values_list("user_id", flat=True)
    return notices_of(message, people, push_to=())
