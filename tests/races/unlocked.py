"""Services without locks, for the controls: they show that the races can be lost.

Each reads, calls `meanwhile`, in which another transaction commits, and then writes based on what it read.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from backend.accounts.models import User
from backend.core.clock import read_clock
from backend.core.db.ids import new_id
from chat.models import Conversation, MessagePhoto
from geo.lifecycle.notices import to_each
from geo.lifecycle.transitions import queued_likes
from geo.models import Handover, Match, Pickup, PickupPhoto, Receipt, Swipe
from geo.pickups.services.posting import ItemDraft
from notifications.services.notify import notify
from tests.factories.chat import make_message

Meanwhile = Callable[[], Any]


def like(pickup_id: UUID, collector_id: UUID, *, meanwhile: Meanwhile) -> None:
    """Match if the pickup was open and first-come when read, wait otherwise."""
    pickup = Pickup.objects.get(pk=pickup_id)
    meanwhile()
    with transaction.atomic():
        matches = pickup.status == "open" and pickup.choose == "first"
        pickup.likes_counted += 1
        pickup.status = "matched" if matches else pickup.status
        pickup.save(update_fields=["likes_counted", "status"])
        Swipe.objects.create(
            pickup=pickup,
            collector_id=collector_id,
            direction="like",
            like_state="matched" if matches else "waiting",
            queue_number=pickup.likes_counted,
            pickup_revision=pickup.revision,
            swiped_at=read_clock(),
        )
        if matches:
            _match(pickup, collector_id)


def like_within(limit: int, pickup_id: UUID, collector_id: UUID, *, meanwhile: Meanwhile) -> None:
    """As `like`, if the collector was below the limit when read."""
    if Match.objects.filter(collector_id=collector_id, status="active").count() < limit:
        like(pickup_id, collector_id, meanwhile=meanwhile)


def accept(like_id: UUID, *, meanwhile: Meanwhile) -> None:
    """Match a like that was waiting when read."""
    wanted = Swipe.objects.select_related("pickup").get(pk=like_id)
    meanwhile()
    with transaction.atomic():
        Pickup.objects.filter(pk=wanted.pickup_id).update(status="matched")
        Swipe.objects.filter(pk=like_id).update(like_state="matched")
        _match(wanted.pickup, wanted.collector_id)


def amend(pickup_id: UUID, thb: int, *, meanwhile: Meanwhile) -> None:
    """Change the price, and notify the collectors whose likes were queued when read."""
    pickup = Pickup.objects.get(pk=pickup_id)
    concerned = list(queued_likes(pickup_id).values_list("collector_id", flat=True))
    meanwhile()
    with transaction.atomic():
        pickup.price_mode, pickup.price_thb, pickup.revision = "asks", Decimal(thb), pickup.revision + 1
        pickup.save(update_fields=["price_mode", "price_thb", "revision"])
        amended = to_each(concerned, event="pickup.amended", pickup=pickup, data={"changed": ["price"]})
        notify(notices=amended, now=read_clock())


def release(match_id: UUID, *, meanwhile: Meanwhile) -> None:
    """Release a match that was active when read."""
    match = Match.objects.get(pk=match_id)
    meanwhile()
    with transaction.atomic():
        match.status = "released"
        match.save(update_fields=["status"])
        Swipe.objects.filter(pickup=match.pickup_id, collector=match.collector_id).update(like_state="released")
        Pickup.objects.filter(pk=match.pickup_id).update(status="open")


def count_wrong_code(match_id: UUID, *, meanwhile: Meanwhile) -> None:
    """Store one more than the count that was read."""
    handover = Handover.objects.get(pk=match_id)
    meanwhile()
    handover.wrong_codes += 1
    handover.save(update_fields=["wrong_codes"])


def send_photo(conversation_id: UUID, sender: User, limit: int, *, meanwhile: Meanwhile) -> None:
    """Send a photo if the sender was below the limit when read."""
    with transaction.atomic():
        if MessagePhoto.objects.filter(message__conversation=conversation_id, message__sender=sender).count() < limit:
            meanwhile()
            message = make_message(Conversation.objects.get(pk=conversation_id), sender)
            MessagePhoto.objects.create(message=message, large="chat/a.jpg", thumb="chat/b.jpg")


def attach_photo(pickup_id: UUID, *, meanwhile: Meanwhile) -> None:
    """Attach a photo at the first position that was free when read."""
    position = PickupPhoto.objects.filter(pickup=pickup_id).count()
    meanwhile()
    PickupPhoto.objects.create(
        pickup_id=pickup_id, position=position, width=1, height=1, large="a", thumb="b", created_at=read_clock()
    )


def issue_receipt(match: Match, *, number: int | None = None, meanwhile: Meanwhile) -> None:
    """Issue a receipt numbered after the last one read, linked to the collector's last one read."""
    last = Receipt.objects.aggregate(last=Max("number"))["last"] or 0
    before = Receipt.objects.filter(collector=match.collector).order_by("-link").first()
    meanwhile()
    Receipt.objects.create(
        number=number or last + 1,
        link=before.link + 1 if before else 1,
        previous_hash=before.content_hash if before else "",
        match=match,
        resident=match.pickup.resident,
        collector=match.collector,
        paid_thb=0,
        handed_over_at=read_clock(),
    )


def arrive(match_id: UUID, *, meanwhile: Meanwhile) -> None:
    """Record the resident's arrival for a handover that was active when read."""
    handover = Handover.objects.get(pk=match_id)
    meanwhile()
    handover.resident_arrived_at = read_clock()
    handover.save(update_fields=["resident_arrived_at", "state"])


def confirm(match_id: UUID, *, meanwhile: Meanwhile) -> None:
    """Confirm as the second party, writing all fields as they were read."""
    handover = Handover.objects.get(pk=match_id)
    meanwhile()
    handover.collector_confirmed_at = read_clock()
    handover.save(update_fields=["collector_confirmed_at", "resident_confirmed_at"])


def dispute(match_id: UUID, *, meanwhile: Meanwhile) -> None:
    """Dispute a weigh-in that was unconfirmed when read."""
    handover = Handover.objects.get(pk=match_id)
    meanwhile()
    handover.state = "disputed"
    handover.save(update_fields=["state"])


def agree(match_id: UUID, *, meanwhile: Meanwhile) -> None:
    """Agree to the time that was proposed when read."""
    handover = Handover.objects.get(pk=match_id)
    meanwhile()
    handover.agreed_for = handover.proposed_for
    handover.save(update_fields=["agreed_for", "proposed_for"])


def one_kilogram() -> ItemDraft:
    """A draft of one kilogram of clear PET."""
    return ItemDraft(material="pet_clear", quantity=Decimal(1))


def post_leftovers(pickup_id: UUID, *, meanwhile: Meanwhile) -> None:
    """Post the leftovers of a pickup that had none posted when read."""
    pickup = Pickup.objects.get(pk=pickup_id)
    is_posted = Pickup.objects.filter(continues=pickup_id).exists()
    meanwhile()
    if not is_posted:
        pickup.pk, pickup.status, pickup.continues_id = new_id(), "open", pickup_id
        pickup.save(force_insert=True)


def _match(pickup: Pickup, collector_id: UUID) -> None:
    conversation = Conversation.objects.create(title=pickup.title, created_at=read_clock())
    match = Match.objects.create(
        pickup=pickup, collector_id=collector_id, conversation=conversation, created_at=read_clock()
    )
    Handover.objects.create(match=match, code="000000")
