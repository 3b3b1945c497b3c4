"""Pickups, their photos, ratings and groups as subjects of reports."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import Q

from backend.accounts.models import User
from backend.core.errors import NotFound
from backend.core.media.pictures import delete_with_files
from backend.moderation.models import Act
from backend.moderation.subjects import Thing
from geo.matching.services.matches import cancel_pickup, hide_pickup, show_pickup
from geo.models import Group, Pickup, PickupPhoto, Rating
from geo.pickups.services.holding import thing_of, thing_of_photo
from geo.trust.services import count_rating_again, withdraw_rating

HIDDEN_NAME = "-"


def _pickup_for(reader: User, **wanted: uuid.UUID) -> Pickup:
    """A pickup that collectors can see, or that the reader swiped or matched. Raises NotFound."""
    seen = (
        Q(status=Pickup.Status.OPEN) | Q(swipes__collector=reader) | Q(matches__collector=reader) | Q(resident=reader)
    )
    pickup = Pickup.objects.filter(seen, **wanted).select_related("resident").distinct().first()
    if pickup is None:
        raise NotFound
    return pickup


class Pickups:
    """A pickup as a whole."""

    ACTS: Collection[Act.Kind] = Act.OF_THING

    def find(self, object_id: uuid.UUID, *, reader: User) -> Thing:
        """Raises NotFound."""
        return thing_of(_pickup_for(reader, pk=object_id))

    def hide(self, object_id: uuid.UUID, *, now: datetime) -> None:
        """Take the pickup off the decks; its match ends and counts against nobody."""
        hide_pickup(pickup_id=object_id, now=now)

    def remove(self, object_id: uuid.UUID, *, now: datetime) -> None:
        """Cancel the pickup and delete its photos. Raises PickupClosed."""
        cancel_pickup(resident_id=Pickup.objects.get(pk=object_id).resident_id, pickup_id=object_id, now=now)

    def restore(self, object_id: uuid.UUID, *, act: Act | None, content: Mapping[str, str], now: datetime) -> None:
        """Open the pickup again if it was only hidden."""
        show_pickup(pickup_id=object_id, now=now)


class Photos:
    """One photo of a pickup. Hiding it hides the pickup: its resident can replace the photo."""

    ACTS: Collection[Act.Kind] = Act.OF_THING

    def find(self, object_id: uuid.UUID, *, reader: User) -> Thing:
        """Raises NotFound."""
        _pickup_for(reader, photos=object_id)
        photo = PickupPhoto.objects.select_related("pickup__resident").get(pk=object_id)
        return thing_of_photo(photo)

    def hide(self, object_id: uuid.UUID, *, now: datetime) -> None:
        """Hide the photo's pickup. Raises NotFound when the photo is gone."""
        hide_pickup(pickup_id=_pickup_of_photo(object_id), now=now)

    def remove(self, object_id: uuid.UUID, *, now: datetime) -> None:
        """Delete the photo alone."""
        delete_with_files(PickupPhoto.objects.filter(pk=object_id))

    def restore(self, object_id: uuid.UUID, *, act: Act | None, content: Mapping[str, str], now: datetime) -> None:
        """Show the photo's pickup again. Raises NotFound when nothing says which it was."""
        pickup = content.get("pickup")
        show_pickup(pickup_id=uuid.UUID(pickup) if pickup else _pickup_of_photo(object_id), now=now)


def _pickup_of_photo(photo_id: uuid.UUID) -> uuid.UUID:
    photo = PickupPhoto.objects.filter(pk=photo_id).first()
    if photo is None:
        raise NotFound
    return photo.pickup_id


class Ratings:
    """The rating that the reader got for a match, named by the match's id, which is all they know of it."""

    ACTS: Collection[Act.Kind] = (Act.Kind.HIDE,)  # removing would be no other act

    def find(self, object_id: uuid.UUID, *, reader: User) -> Thing:
        """Raises NotFound."""
        own = Rating.objects.filter(Q(match=object_id) | Q(pk=object_id), rated=reader)
        rating = own.select_related("rater").first()
        if rating is None:
            raise NotFound
        content = {"stars": str(rating.stars), "reasons": ", ".join(rating.reasons), "text": rating.text}
        return Thing(id=rating.pk, author=rating.rater, made_at=rating.created_at, content=content)

    def hide(self, object_id: uuid.UUID, *, now: datetime) -> None:
        """Leave the rating out of the average."""
        withdraw_rating(rating_id=object_id, now=now)

    def remove(self, object_id: uuid.UUID, *, now: datetime) -> None:
        """The same as `hide`."""
        withdraw_rating(rating_id=object_id, now=now)

    def restore(self, object_id: uuid.UUID, *, act: Act | None, content: Mapping[str, str], now: datetime) -> None:
        """Count the rating again."""
        count_rating_again(rating_id=object_id)


class Groups:
    """The name of a group; its keeper is the author."""

    ACTS: Collection[Act.Kind] = (Act.Kind.HIDE,)  # removing would be no other act

    def find(self, object_id: uuid.UUID, *, reader: User) -> Thing:
        """Any group that has a keeper, since all can see the names. Raises NotFound."""
        group = Group.objects.filter(pk=object_id).select_related("keeper").first()
        if group is None or group.keeper is None:
            raise NotFound
        return Thing(id=group.pk, author=group.keeper, made_at=group.created_at, content={"name": group.name})

    def hide(self, object_id: uuid.UUID, *, now: datetime) -> None:
        """Replace the name of the group by a dash."""
        Group.objects.filter(pk=object_id).update(name=HIDDEN_NAME)

    def remove(self, object_id: uuid.UUID, *, now: datetime) -> None:
        """The same as `hide`."""
        self.hide(object_id, now=now)

    def restore(self, object_id: uuid.UUID, *, act: Act | None, content: Mapping[str, str], now: datetime) -> None:
        """Give the group its former name back, unless it has a new one."""
        if name := content.get("name"):
            Group.objects.filter(pk=object_id, name=HIDDEN_NAME).update(name=name)
