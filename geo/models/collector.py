"""Collectors: where they collect and which materials they take."""

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.gis.db.models.functions import Transform
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GistIndex
from django.db.models import GeneratedField, Q
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _


class Collector(models.Model):
    """A user's collector profile. An empty `material_ids` selects everything that is not hazardous.

    Personal data: the service point.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"), primary_key=True, related_name="collector"
    )
    service_point = models.PointField(geography=True, srid=4326)
    # The service point on the map (EPSG:3857), indexed for the rings of new pickups.
    spot = GeneratedField(
        expression=Transform(Cast("service_point", models.PointField(srid=4326)), 3857),
        output_field=models.PointField(srid=3857, spatial_index=False),
        db_persist=True,
    )
    radius_m = models.PositiveIntegerField(_("radius m"))
    material_ids = ArrayField(models.IntegerField(), default=list, blank=True)
    vehicle = models.CharField(_("vehicle"), max_length=40, blank=True)
    capacity_kg = models.DecimalField(_("capacity kg"), max_digits=8, decimal_places=1, null=True, blank=True)
    bio = models.CharField(_("bio"), max_length=500, blank=True)
    is_available = models.BooleanField(_("is available"), default=True)
    has_hazard_badge = models.BooleanField(_("has hazard badge"), default=False)
    updated_at = models.DateTimeField(_("updated at"))
    signed_in_at = models.DateTimeField(
        null=True, editable=False, help_text="Set by a trigger, so that rings do not query sessions."
    )

    class Meta:
        verbose_name = _("collector")
        verbose_name_plural = _("collectors")
        indexes = [GistIndex(fields=["spot"], name="collector_spot", condition=Q(is_available=True))]

    def __str__(self) -> str:
        return f"collector {self.user_id}"
