"""The service's tables as plain models."""

import uuid

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.gis.db import models


class Unmanaged(models.Model):
    """A table of the service with a UUID for its key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)

    class Meta:
        abstract = True
        managed = False


class User(Unmanaged, AbstractBaseUser):
    last_login = None
    phone = models.CharField(max_length=16, unique=True)
    display_name = models.CharField(max_length=80)
    avatar_colour = models.CharField(max_length=7)
    rating = models.DecimalField(max_digits=2, decimal_places=1, null=True)
    rating_count = models.PositiveIntegerField()
    is_active = models.BooleanField()
    USERNAME_FIELD = "phone"

    class Meta(Unmanaged.Meta):
        db_table = "accounts_user"


class Material(models.Model):
    code = models.SlugField(max_length=40, unique=True)
    unit = models.CharField(max_length=5)
    name_en = models.CharField(max_length=80)

    class Meta:
        managed = False
        db_table = "geo_material"


class Pickup(Unmanaged):
    resident = models.ForeignKey(User, models.PROTECT, related_name="pickups")
    title = models.CharField(max_length=80)
    note = models.CharField(max_length=1000)
    location = models.PointField(geography=True)
    area = models.CharField(max_length=120)
    address = models.CharField(max_length=300)
    access_note = models.CharField(max_length=300)
    window_from = models.DateTimeField()
    window_until = models.DateTimeField()
    price_mode = models.CharField(max_length=4)
    price_thb = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    choose = models.CharField(max_length=8)
    status = models.CharField(max_length=11)
    kg_estimate = models.DecimalField(max_digits=9, decimal_places=3)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta(Unmanaged.Meta):
        db_table = "geo_pickup"


class PickupItem(models.Model):
    pickup = models.ForeignKey(Pickup, models.CASCADE, related_name="items")
    material = models.ForeignKey(Material, models.PROTECT)
    quantity = models.DecimalField(max_digits=9, decimal_places=3)
    kg_estimate = models.DecimalField(max_digits=9, decimal_places=3)

    class Meta:
        managed = False
        db_table = "geo_pickupitem"


class PickupPhoto(Unmanaged):
    pickup = models.ForeignKey(Pickup, models.CASCADE, related_name="photos")
    position = models.PositiveSmallIntegerField()
    large = models.FileField()
    thumb = models.FileField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta(Unmanaged.Meta):
        db_table = "geo_pickupphoto"
        ordering = ("position",)


class Swipe(Unmanaged):
    pickup = models.ForeignKey(Pickup, models.CASCADE, related_name="swipes")
    collector = models.ForeignKey(User, models.CASCADE)

    class Meta(Unmanaged.Meta):
        db_table = "geo_swipe"


class Match(Unmanaged):
    pickup = models.ForeignKey(Pickup, models.PROTECT, related_name="matches")
    collector = models.ForeignKey(User, models.PROTECT, related_name="matches")
    conversation_id = models.UUIDField()
    status = models.CharField(max_length=9)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    release_reason = models.CharField(max_length=20)
    left_waiting = models.BooleanField()

    class Meta(Unmanaged.Meta):
        db_table = "geo_match"


class Handover(models.Model):
    match = models.OneToOneField(Match, models.CASCADE, primary_key=True, related_name="handover")
    state = models.CharField(max_length=12)
    proposed_for = models.DateTimeField(null=True)
    agreed_for = models.DateTimeField(null=True)
    set_off_at = models.DateTimeField(null=True)
    eta = models.DateTimeField(null=True)
    resident_arrived_at = models.DateTimeField(null=True)
    collector_arrived_at = models.DateTimeField(null=True)
    weighed_at = models.DateTimeField(null=True)
    paid_thb = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    resident_confirmed_at = models.DateTimeField(null=True)
    collector_confirmed_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "geo_handover"


class Receipt(Unmanaged):
    match = models.OneToOneField(Match, models.PROTECT, related_name="receipt")
    number = models.BigIntegerField()
    paid_thb = models.DecimalField(max_digits=9, decimal_places=2)
    handed_over_at = models.DateTimeField()

    class Meta(Unmanaged.Meta):
        db_table = "geo_receipt"


class ReceiptLine(models.Model):
    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="lines")
    material = models.ForeignKey(Material, models.PROTECT)
    gross_kg = models.DecimalField(max_digits=9, decimal_places=3)
    tare_kg = models.DecimalField(max_digits=9, decimal_places=3)
    net_kg = models.DecimalField(max_digits=9, decimal_places=3)

    class Meta:
        managed = False
        db_table = "geo_receiptline"
