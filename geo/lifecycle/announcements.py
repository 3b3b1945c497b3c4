"""Telling the two of a match what happened: an event in their logs, and a card between their messages."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from chat.services.cards import post_card
from geo.models import Match
from notifications.services.notify import Notice, notify


def tell(
    *,
    match: Match,
    card: str,
    notices: Sequence[Notice],
    others: Sequence[Notice] = (),
    by: uuid.UUID | None,
    now: datetime,
) -> None:
    """Tell the two by `notices`, of which the card has its data, and `others` whom it concerns besides.

    The last thing of a transaction: it locks the conversation, and then the counters of `notify`.
    """
    # The conversation has the title; a copy in each card would outlive its resident's leaving.
    data = {name: value for name, value in notices[0].data.items() if name != "title"}
    told = post_card(conversation_id=match.conversation_id, card=card, data=data, by=by, now=now)
    notify(notices=[*told, *notices, *others], now=now)
