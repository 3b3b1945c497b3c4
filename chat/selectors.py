"""Reading conversations, messages, mutes and the sessions of sockets. Each user reads their own conversations only.

Lists are prepared statements with a constant text, which return named tuples.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from django.db.models import Q
from django.db.models.expressions import RawSQL

from backend.accounts.selectors import live_sessions
from backend.core.db.prepared import columns_of, fetch_models, fetch_prepared
from backend.core.errors import NotFound
from chat.models import Conversation, MessagePhoto, Participant, topic_of
from notifications.models import Mute
from notifications.selectors.events import EPOCH
from notifications.selectors.recipients import has_silent_device, mute_of

MESSAGES_MAX = 100
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_MESSAGE_COLUMNS = """
    message.id, message.conversation_id, message.seq, message.sender_id, message.client_id, message.kind, message.text,
    message.data::text, message.created_at, message.deleted_at
"""


class MessageRow(NamedTuple):
    """The columns of a message, and the point of a location if the reader may see it."""

    id: uuid.UUID
    conversation_id: uuid.UUID
    seq: int
    sender_id: uuid.UUID | None
    client_id: uuid.UUID
    kind: str
    text: str
    data: dict[str, Any]
    created_at: datetime
    deleted_at: datetime | None
    lat: float | None = None
    lon: float | None = None

    @classmethod
    def of(cls, columns: Sequence[Any]) -> "MessageRow":
        return cls(*[*columns[:7], _decode(columns[7]), *columns[8:]])


_OWN_CONVERSATION = f"""
    SELECT {columns_of(Conversation)} FROM chat_conversation
    JOIN chat_participant ON chat_participant.conversation_id = chat_conversation.id
    WHERE chat_conversation.id = %(conversation_id)s AND chat_participant.user_id = %(user_id)s
"""  # noqa: S608 - names of our own columns
# The page is chosen first, and what its rows show is read for them alone.
_OWN = """
    WITH page AS (
        SELECT conversation.*, reader.read_seq, coalesce(last_message_at, created_at) AS active_at
        FROM chat_participant AS reader JOIN chat_conversation AS conversation ON conversation.id = conversation_id
        WHERE reader.user_id = %(user_id)s
"""
_BEFORE = " AND (coalesce(last_message_at, created_at), conversation.id) < (%(before_at)s, %(before_id)s)"
_MUTED = """ AND EXISTS (
            SELECT FROM notifications_mute
            WHERE user_id = %(user_id)s AND topic = 'conversation:' || conversation.id  -- as `topic_of` makes it
                AND (until IS NULL OR until > %(now)s)
        )"""
_NEWEST_OF_PAGE = """
        ORDER BY active_at DESC, conversation.id DESC LIMIT %(limit)s
    )
"""
_ONE_OF_OWN = f"{_OWN} AND conversation.id = %(conversation_id)s)"
_SHOWN = f"""
    SELECT page.id, page.title, page.last_seq, page.read_seq, page.active_at, page.closed_at,
        other.user_id, other.shown_name, other.avatar_colour, other.erased_at, other.shown_seq, other.delivered_seq,
        CASE WHEN EXISTS (
            SELECT FROM accounts_block JOIN chat_participant AS blocked ON blocked.user_id = blocked_id
            WHERE blocker_id = %(user_id)s AND blocked.conversation_id = page.id
        ) THEN 0 ELSE (
            SELECT count(*) FROM chat_message AS unread
            WHERE unread.conversation_id = page.id AND unread.seq > page.read_seq
                AND unread.deleted_at IS NULL AND unread.sender_id IS DISTINCT FROM %(user_id)s
        ) END,
        {_MESSAGE_COLUMNS}
    FROM page
    LEFT JOIN LATERAL (
        SELECT user_id, shown_name, avatar_colour, erased_at, shown_seq,
            -- Up to the first message that no app of theirs has acknowledged; no more than `shown_seq` during a block.
            CASE WHEN EXISTS (
                SELECT FROM accounts_block
                WHERE (blocker_id, blocked_id) IN ((%(user_id)s, user_id), (user_id, %(user_id)s))
            ) THEN shown_seq ELSE greatest(shown_seq, coalesce((
                SELECT min((event.data -> 'message' ->> 'seq')::integer) - 1
                FROM notifications_eventcounter AS counter JOIN notifications_event AS event USING (user_id)
                WHERE counter.user_id = chat_participant.user_id AND event.seq > counter.acked
                    AND event.name = 'message.sent' AND event.collapse_key = 'conversation:' || page.id
            ), page.last_seq)) END AS delivered_seq
        FROM chat_participant JOIN accounts_user ON accounts_user.id = user_id
        WHERE conversation_id = page.id AND user_id <> %(user_id)s
        ORDER BY chat_participant.id LIMIT 1
    ) AS other ON true
    LEFT JOIN chat_message AS message ON message.conversation_id = page.id AND message.seq = page.last_seq
    ORDER BY page.active_at DESC, page.id DESC
"""  # noqa: S608 - names of our own columns
_CONVERSATIONS, _CONVERSATION = _OWN + _BEFORE + _NEWEST_OF_PAGE + _SHOWN, _ONE_OF_OWN + _SHOWN
_MUTED_CONVERSATIONS = _OWN + _BEFORE + _MUTED + _NEWEST_OF_PAGE + _SHOWN


class Position(NamedTuple):
    """A place in the list of conversations."""

    active_at: datetime
    id: uuid.UUID


NEWEST = Position(datetime.max.replace(tzinfo=UTC), uuid.UUID(int=2**128 - 1))


class ConversationRow(NamedTuple):
    """What the list of conversations shows of one of them.

    `read_seq` is how far the reader has read, `other_read_seq` how far the other participant has, as far as it is
    shown, `other_delivered_seq` how far an open app of theirs has acknowledged the messages. The fields of the other
    participant are None in a conversation without one. `unread` counts messages of others and of the service after
    `read_seq` that are not deleted, in closed conversations too; it is 0 if the reader has blocked the other
    participant.
    """

    id: uuid.UUID
    title: str
    last_seq: int
    read_seq: int
    active_at: datetime
    closed_at: datetime | None
    other_id: uuid.UUID | None
    shown_name: str | None
    avatar_colour: str | None
    erased_at: datetime | None
    other_read_seq: int | None
    other_delivered_seq: int | None
    unread: int
    last_message: MessageRow | None


def get_conversation_for(user_id: uuid.UUID, conversation_id: uuid.UUID) -> Conversation:
    """A conversation in which the user takes part. Raises NotFound."""
    values = {"user_id": user_id, "conversation_id": conversation_id}
    for conversation in fetch_models(Conversation, _OWN_CONVERSATION, values):
        return conversation
    raise NotFound


def conversations_of(
    user_id: uuid.UUID, before: Position, limit: int, *, muted_at: datetime | None = None
) -> list[ConversationRow]:
    """At most `limit` of the user's conversations after the position `before`, the last active first.

    With `muted_at` only those that the user has muted at that time.
    """
    values = {"user_id": user_id, "before_at": before.active_at, "before_id": before.id, "limit": limit}
    if muted_at is None:
        rows = fetch_prepared(_CONVERSATIONS, values)
    else:
        rows = fetch_prepared(_MUTED_CONVERSATIONS, values | {"now": muted_at})
    return [_conversation_of(row) for row in rows]


def get_conversation_row_for(user_id: uuid.UUID, conversation_id: uuid.UUID) -> ConversationRow:
    """The same of one conversation. Raises NotFound for a stranger."""
    for row in fetch_prepared(_CONVERSATION, {"user_id": user_id, "conversation_id": conversation_id}):
        return _conversation_of(row)
    raise NotFound


def _conversation_of(row: Sequence[Any]) -> ConversationRow:
    return ConversationRow(*[*row[:13], MessageRow.of(row[13:]) if row[13] else None])


def others_in(conversation_id: uuid.UUID, user_id: uuid.UUID) -> list[uuid.UUID]:
    others = Participant.objects.filter(conversation_id=conversation_id).exclude(user_id=user_id)
    return list(others.values_list("user_id", flat=True))


def get_mute_of(user_id: uuid.UUID, conversation_id: uuid.UUID, now: datetime) -> Mute | None:
    """The user's mute of a conversation, unless it has ended. Raises NotFound for a stranger."""
    conversation = get_conversation_for(user_id, conversation_id)
    return mute_of(user_id, topic_of(conversation.pk), now)


# The point is shown until it expires, unless there is a block between the sender and the reader.
_MESSAGES = f"""
    SELECT {_MESSAGE_COLUMNS}, location.lat, location.lon
    FROM chat_message AS message
    LEFT JOIN LATERAL (
        SELECT ST_Y(point::geometry) AS lat, ST_X(point::geometry) AS lon FROM chat_messagelocation
        WHERE message_id = message.id AND message.kind = 'location' AND expires_at > %(now)s AND NOT EXISTS (
            SELECT FROM accounts_block
            WHERE (blocker_id, blocked_id) IN ((%(user_id)s, message.sender_id), (message.sender_id, %(user_id)s))
        )
    ) AS location ON true
"""  # noqa: S608 - names of our own columns
_PAGE = (
    _MESSAGES
    + """
    WHERE conversation_id = %(conversation_id)s AND seq < %(before)s AND seq > %(after)s
    ORDER BY seq {direction} LIMIT %(limit)s
"""
)
_NEWEST_FIRST, _OLDEST_FIRST = _PAGE.format(direction="DESC"), _PAGE.format(direction="ASC")
_MESSAGE = (
    _MESSAGES
    + """
    WHERE id = %(message_id)s AND conversation_id = %(conversation_id)s AND EXISTS (
        SELECT FROM chat_participant
        WHERE chat_participant.conversation_id = message.conversation_id AND user_id = %(user_id)s
    )
"""
)


def messages_of(
    conversation_id: uuid.UUID,
    *,
    reader_id: uuid.UUID,
    now: datetime,
    before: int | None = None,
    after: int | None = None,
    limit: int = MESSAGES_MAX,
) -> list[MessageRow]:
    """At most `limit` messages with numbers below `before` and above `after`, the newest first.

    With `after` the oldest come first. The caller checks that the reader takes part.
    """
    values = {
        "conversation_id": conversation_id,
        "user_id": reader_id,
        "now": now,
        "before": 2**31 if before is None else before,
        "after": -1 if after is None else after,
        "limit": min(limit, MESSAGES_MAX),
    }
    rows = fetch_prepared(_NEWEST_FIRST if after is None else _OLDEST_FIRST, values)
    return [MessageRow.of(row) for row in rows]


def get_message_for(user_id: uuid.UUID, conversation_id: uuid.UUID, message_id: uuid.UUID, now: datetime) -> MessageRow:
    """A message of a conversation in which the user takes part. Raises NotFound."""
    values = {"user_id": user_id, "conversation_id": conversation_id, "message_id": message_id, "now": now}
    for row in fetch_prepared(_MESSAGE, values):
        return MessageRow.of(row)
    raise NotFound


def get_photo_for(user_id: uuid.UUID, conversation_id: uuid.UUID, message_id: uuid.UUID) -> MessagePhoto:
    """The photo of a message that is not deleted, for a participant. Raises NotFound."""
    shown = Q(message__conversation_id=conversation_id, message__deleted_at=None)
    own = Q(message__conversation__participants__user_id=user_id)
    photo = MessagePhoto.objects.filter(shown, own, pk=message_id).first()
    if photo is None:
        raise NotFound
    return photo


class SessionState(NamedTuple):
    """A live session: the `seq` of its user's newest event and the epoch of that number, and the user's language."""

    head: int
    epoch: str
    language: str


_STATE = ("user__event_counter__head", RawSQL(EPOCH, ()), "user__locale")  # noqa: S611 - our own constant


def session_states(session_ids: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, SessionState]:
    """The states by session id, in one query; sessions that have ended are missing."""
    rows = live_sessions(now).filter(public_id__in=session_ids)
    wanted = rows.values_list("public_id", *_STATE)
    return {session_id: SessionState(head or 0, epoch, language) for session_id, head, epoch, language in wanted}


def session_state(session_id: uuid.UUID, now: datetime) -> tuple[SessionState | None, bool]:
    """The state of one session, and whether its device's last sign of life is old enough to renew; in one query."""
    row = live_sessions(now).filter(public_id=session_id).annotate(is_silent=has_silent_device(now))
    found = row.values_list(*_STATE, "is_silent").first()
    return (SessionState(found[0] or 0, found[1], found[2]), found[3]) if found else (None, False)


# Whether a participant writes to a stranger: they have written nothing, here or elsewhere, to whom they talk to.
IS_FIRST_MESSAGE = """
    SELECT EXISTS (SELECT FROM chat_participant WHERE conversation_id = %(conversation)s AND user_id = %(user)s)
        AND NOT EXISTS (
            SELECT FROM chat_message WHERE conversation_id = %(conversation)s AND sender_id = %(user)s
        )
        AND NOT EXISTS (
            SELECT FROM chat_participant AS other
            JOIN chat_participant AS earlier ON earlier.user_id = other.user_id
            JOIN chat_message ON chat_message.conversation_id = earlier.conversation_id AND sender_id = %(user)s
            WHERE other.conversation_id = %(conversation)s AND other.user_id <> %(user)s
        )
"""


def is_first_message(user_id: uuid.UUID, conversation_id: uuid.UUID) -> bool:
    """Whether the user's next message here would be the first to somebody; False for one who takes no part."""
    [(is_first,)] = fetch_prepared(IS_FIRST_MESSAGE, {"user": user_id, "conversation": conversation_id})
    return bool(is_first)
