"""Pickups: what a resident gives away at one place, and how far it has been announced."""

from datetime import datetime

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GistIndex, OpClass
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from backend.core.db.prepared import fetch_prepared
from backend.core.models import Choices, PublicModel
from geo.models.material import Material

_IS_HAZARDOUS = "SELECT EXISTS (SELECT FROM geo_material WHERE is_hazardous AND id = ANY(%(materials)s::int[]))"


class Pickup(PublicModel):
    """A pickup. Personal data: `location`, `address`, `access_note`, `note`. Strangers only ever see `cell`."""

    class Status(Choices):
        OPEN = "open"
        MATCHED = "matched"
        HANDED_OVER = "handed_over"
        CANCELLED = "cancelled"
        EXPIRED = "expired"
        ON_HOLD = "on_hold"  # while the account of its resident is suspended, or moderators hide it

    class PriceMode(Choices):
        FREE = "free"
        ASKS = "asks", "the resident asks for money"
        PAYS = "pays", "the resident pays for the service"

    class Choose(Choices):
        FIRST = "first", "the first collector who likes it"
        RESIDENT = "resident", "the resident picks among those who liked it"

    # From each status, the statuses it may move to.
    TRANSITIONS = {
        Status.OPEN: {Status.MATCHED, Status.CANCELLED, Status.EXPIRED, Status.ON_HOLD},
        Status.MATCHED: {Status.OPEN, Status.MATCHED, Status.CANCELLED, Status.HANDED_OVER, Status.ON_HOLD},
        Status.HANDED_OVER: set[Status](),
        Status.CANCELLED: set[Status](),
        Status.EXPIRED: set[Status](),
        Status.ON_HOLD: {Status.OPEN, Status.CANCELLED, Status.EXPIRED},
    }

    resident = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("resident"), related_name="pickups"
    )
    title = models.CharField(_("title"), max_length=80)
    note = models.CharField(_("note"), max_length=1000, blank=True)
    location = models.PointField(geography=True, srid=4326)
    cell = models.PointField(srid=3857, spatial_index=False, help_text="Centre of the grid square, Web Mercator.")
    area = models.CharField(_("area"), max_length=120, blank=True, help_text="The neighbourhood, shown to everybody.")
    address = models.CharField(_("address"), max_length=300, blank=True)
    access_note = models.CharField(_("access note"), max_length=300, blank=True)
    window_from = models.DateTimeField(_("window from"))
    window_until = models.DateTimeField(_("window until"))
    price_mode = models.CharField(_("price mode"), max_length=4, choices=PriceMode, default=PriceMode.FREE)
    price_thb = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    choose = models.CharField(_("choose"), max_length=8, choices=Choose, default=Choose.FIRST)
    status = models.CharField(_("status"), max_length=11, choices=Status, default=Status.OPEN)
    expires_at = models.DateTimeField(_("expires at"))
    warn_at = models.DateTimeField(null=True, help_text="When to warn of the expiry; empty once that is done.")
    reserved_until = models.DateTimeField(null=True, help_text="Reserved until then for the runner-up who is asked.")
    hidden_at = models.DateTimeField(null=True, editable=False, help_text="Hidden by moderators, or until they looked.")
    closed_at = models.DateTimeField(_("closed at"), null=True)
    place_removed_at = models.DateTimeField(null=True, help_text="When its exact place was reduced to the square.")
    kg_estimate = models.DecimalField(max_digits=9, decimal_places=3)
    material_ids = ArrayField(models.IntegerField())
    likes_counted = models.PositiveIntegerField(default=0, help_text="Numbers the queue; never goes down.")
    continues = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="continued_by", help_text="The pickup whose leftovers this is."
    )
    moves = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How often its place was changed to another square."
    )
    revision = models.PositiveIntegerField(default=1, help_text="Grows when it changes materially.")
    card = models.TextField(db_default="", editable=False, help_text="The text the deck sends; triggers write it.")
    created_at = models.DateTimeField(_("created at"))
    updated_at = models.DateTimeField(_("updated at"))

    class Meta:
        verbose_name = _("pickup")
        verbose_name_plural = _("pickups")
        constraints = [
            models.CheckConstraint(condition=Q(window_until__gt=F("window_from")), name="window_has_length"),
            models.CheckConstraint(condition=Q(kg_estimate__gt=0), name="pickup_weighs_something"),
            models.CheckConstraint(
                condition=Q(price_mode="free", price_thb=None) | (~Q(price_mode="free") & Q(price_thb__gt=0)),
                name="price_fits_its_mode",
            ),
            models.CheckConstraint(
                condition=Q(reserved_until=None) | Q(status="open"), name="only_an_open_pickup_is_reserved"
            ),
        ]
        indexes = [
            GistIndex(
                OpClass(F("cell"), "gist_geometry_ops_2d"),
                OpClass(F("material_ids"), "gist__int_ops"),
                name="pickup_deck",
                condition=Q(status="open"),
            ),
            models.Index(fields=["resident", "-id"], name="pickup_of_resident"),
            models.Index(fields=["expires_at"], name="pickup_due", condition=Q(status__in=["open", "on_hold"])),
            models.Index(
                fields=["closed_at"],
                name="pickup_place_due",
                condition=Q(closed_at__isnull=False, place_removed_at=None),
            ),
            models.Index(fields=["warn_at"], name="pickup_warning", condition=Q(status="open", warn_at__isnull=False)),
            models.Index(
                fields=["reserved_until"], name="pickup_reservation", condition=Q(reserved_until__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.pk}"

    def may_become(self, status: "Pickup.Status") -> bool:
        """Whether the transition table allows the move."""
        return status in self.TRANSITIONS[Pickup.Status(self.status)]

    def is_open_at(self, now: datetime) -> bool:
        """Whether collectors can like it at `now`."""
        return self.status == self.Status.OPEN and self.expires_at > now

    @cached_property
    def is_hazardous(self) -> bool:
        """Whether any of its materials is, so that only collectors with the badge can take it. Cached."""
        [(is_hazardous,)] = fetch_prepared(_IS_HAZARDOUS, {"materials": self.material_ids})
        return bool(is_hazardous)

    @property
    def takes_the_first(self) -> bool:
        """Whether the next like makes a match: not while a runner-up must confirm."""
        return self.status == self.Status.OPEN and self.choose == self.Choose.FIRST and not self.reserved_until


class PickupItem(models.Model):
    """One material of a pickup: its quantity in the material's unit, and the estimated kilograms."""

    pickup = models.ForeignKey(Pickup, models.CASCADE, related_name="items")
    material = models.ForeignKey(Material, models.PROTECT, verbose_name=_("material"), related_name="+")
    quantity = models.DecimalField(_("quantity"), max_digits=9, decimal_places=3)
    kg_estimate = models.DecimalField(max_digits=9, decimal_places=3)

    class Meta:
        verbose_name = _("pickup item")
        verbose_name_plural = _("pickup items")
        constraints = [
            models.UniqueConstraint(fields=["pickup", "material"], name="one_item_per_material"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="item_has_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.material_id}"


class Ring(models.Model):
    """How far a pickup has been announced, and to whom; deleted when the pickup closes."""

    pickup = models.OneToOneField(Pickup, models.CASCADE, primary_key=True, related_name="ring")
    number = models.PositiveSmallIntegerField(default=0, help_text="Its place in `RINGS`, counted from 0.")
    due_at = models.DateTimeField(null=True, db_index=True, help_text="Null when no further ring is due.")
    notified = ArrayField(
        models.UUIDField(), default=list, help_text="Collectors who were notified by an earlier ring."
    )

    def __str__(self) -> str:
        return f"ring {self.number} of {self.pickup_id}"
