"""Collectors: where they collect and which materials they take."""

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.gis.db.models.functions import Transform
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GistIndex
from django.db.models import GeneratedField, Q
from django.db.models.functions import Cast


class Collector(models.Model):
    """A user's collector profile. An empty `material_ids` selects everything that is not hazardous.

    Personal data: the service point.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="collector")
    service_point = models.PointField(geography=True, srid=4326)
    # The service point on the map (EPSG:3857), indexed for the rings of new pickups.
    spot = GeneratedField(
        expression=Transform(Cast("service_point", models.PointField(srid=4326)), 3857),
        output_field=models.PointField(srid=3857, spatial_index=False),
        db_persist=True,
    )
    radius_m = models.PositiveIntegerField()
    material_ids = ArrayField(models.IntegerField(), default=list, blank=True)
    vehicle = models.CharField(max_length=40, blank=True)
    capacity_kg = models.DecimalField(max_digits=8, decimal_places=1, null=True, blank=True)
    bio = models.CharField(max_length=500, blank=True)
    is_available = models.BooleanField(default=True)
    has_hazard_badge = models.BooleanField(default=False)
    updated_at = models.DateTimeField()
    signed_in_at = models.DateTimeField(
        null=True, editable=False, help_text="Set by a trigger, so that rings do not query sessions."
    )

    class Meta:
        indexes = [GistIndex(fields=["spot"], name="collector_spot", condition=Q(is_available=True))]

    def __str__(self) -> str:
        return f"collector {self.user_id}"
