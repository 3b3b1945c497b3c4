"""What chat holds about people: its records in the registry."""

from collections.abc import Mapping
from typing import Any

from backend.accounts.models import User
from backend.accounts.records import DAILY
from backend.accounts.registry import Basis, Copy, Purpose, Record, Timer
from chat.models import Conversation, Message, MessageLocation, MessagePhoto, Participant
from chat.responses import MessageOut, PointOut
from chat.services import deletion, photos, privacy

FORGET = "chat.forget"
SWEEP = "chat.sweep_photos"


def _conversations(user: User) -> list[Mapping[str, Any]]:
    rows = Participant.objects.filter(user=user).order_by("conversation_id")
    return list(rows.values("conversation_id", "conversation__title", "read_seq"))


def _messages(user: User) -> list[MessageOut]:
    return [MessageOut.of(message) for message in Message.objects.filter(sender=user).order_by("id")]


def _locations(user: User) -> list[dict[str, Any]]:
    return [
        {
            "message": str(location.pk),
            "lat": PointOut.at(location.point.y, location.point.x).lat,
            "lon": PointOut.at(location.point.y, location.point.x).lon,
            "expires_at": location.expires_at,
        }
        for location in MessageLocation.objects.filter(message__sender=user).order_by("pk")
    ]


RECORDS = (
    Record(
        model=Participant,
        personal=("user",),
        whose="both parties",
        purpose=Purpose.CHAT,
        basis=Basis.CONTRACT,
        copy=Copy(key="conversations", read=_conversations),
        kept="That the account without a name took part: the other party keeps the conversation.",
    ),
    Record(
        model=MessagePhoto,
        personal=("large", "thumb"),
        whose="the sender, and what the photo shows",
        purpose=Purpose.CHAT,
        basis=Basis.CONTRACT,
        within="chat.Message",
        files=lambda user: [photo.large for photo in MessagePhoto.objects.filter(message__sender=user)],
        timers=[
            Timer(job=FORGET, after="its message", step=photos.remove_photos_of_deleted, batch=photos.BATCH),
        ],
    ),
    Record(
        model=Message,
        personal=("sender", "text", "data"),
        plain=("client_id",),
        whose="the sender",
        purpose=Purpose.CHAT,
        basis=Basis.CONTRACT,
        copy=Copy(key="messages", read=_messages),
        erase=privacy.erase_messages,
        kept="That there was a message, with its number and time, so that none is missing.",
        timers=[Timer(job=DAILY, after="CHAT_DAYS", step=deletion.remove_old_messages, batch=deletion.BATCH)],
    ),
    Record(
        model=MessageLocation,
        personal=("point",),
        whose="the sender",
        purpose=Purpose.CHAT,
        basis=Basis.CONSENT,
        copy=Copy(key="locations", read=_locations),
        erase=lambda user, now: MessageLocation.objects.filter(message__sender=user).delete(),
        timers=[
            Timer(
                job=FORGET,
                after="LOCATION_MINUTES, or as the sender chose",
                step=deletion.remove_expired_locations,
                batch=deletion.BATCH,
            )
        ],
    ),
    Record(
        model=Conversation,
        personal=("title",),
        whose="the resident",
        purpose=Purpose.CHAT,
        basis=Basis.CONTRACT,
        within="chat.Participant",
        kept="Without its title, which is cleared with the resident's pickup.",
    ),
    Record(
        store="files: private/chat",
        whose="the sender, and what the photo shows",
        purpose=Purpose.CHAT,
        basis=Basis.CONTRACT,
        within="chat.MessagePhoto",
        timers=[Timer(job=SWEEP, after="ORPHAN_AGE_H without a row", step=photos.remove_orphaned_photos)],
    ),
)
