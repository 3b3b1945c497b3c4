"""Drop-off points: places to which people can take material themselves."""

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.core.models import PublicModel
from geo.models.material import name_in_language


class DropOffPoint(PublicModel):
    """A place that takes some materials, with who says so and since when that was looked at. Public."""

    name_th = models.CharField(_("name th"), max_length=120, blank=True)
    name_en = models.CharField(_("name en"), max_length=120, blank=True)
    how_th = models.CharField(_("how th"), max_length=500, blank=True)
    how_en = models.CharField(_("how en"), max_length=500, blank=True, help_text="What to mind there.")
    location = models.PointField(geography=True, srid=4326)
    material_ids = ArrayField(models.IntegerField())
    opening_hours = models.CharField(
        _("opening hours"), max_length=255, blank=True, help_text="As in OpenStreetMap, such as Mo-Fr 08:00-17:00."
    )
    source = models.CharField(_("source"), max_length=200)
    source_ref = models.CharField(_("source ref"), max_length=80, help_text="Its id there, such as node/123.")
    checked_on = models.DateField(_("checked on"), help_text="When the source was last looked at.")
    is_active = models.BooleanField(_("is active"), default=True)

    class Meta:
        verbose_name = _("drop-off point")
        verbose_name_plural = _("drop-off points")
        constraints = [
            models.UniqueConstraint(fields=["source", "source_ref"], name="one_drop_off_point_per_source_ref"),
            models.CheckConstraint(condition=~Q(name_th="", name_en=""), name="drop_off_point_has_a_name"),
            models.CheckConstraint(condition=~Q(material_ids=[]), name="drop_off_point_takes_something"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """In the active language, or in the other one."""
        return name_in_language(self.name_th or self.name_en, self.name_en or self.name_th)
