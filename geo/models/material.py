"""The catalogue of materials and their emission factors."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from backend.core.models import Choices


class Material(models.Model):
    """A material of the catalogue, loaded from `geo/data/materials.csv` by `load_materials`."""

    class Unit(Choices):
        KILOGRAM = "kg"
        PIECE = "piece"

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name_th = models.CharField(_("name th"), max_length=80)
    name_en = models.CharField(_("name en"), max_length=80)
    group = models.CharField(
        _("group"), max_length=20, help_text="paper, plastic, metal, glass, e-waste, oil, textile, battery, other"
    )
    unit = models.CharField(_("unit"), max_length=5, choices=Unit, default=Unit.KILOGRAM)
    kg_per_unit = models.DecimalField(_("kg per unit"), max_digits=8, decimal_places=4, default=1)
    resin_code = models.PositiveSmallIntegerField(_("resin code"), null=True, blank=True)
    ewc_code = models.CharField(
        _("ewc code"), max_length=10, blank=True, help_text="European Waste Catalogue, such as 15 01 02."
    )
    is_hazardous = models.BooleanField(_("is hazardous"), default=False)
    icon = models.CharField(_("icon"), max_length=8, help_text="An emoji.")
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("is active"), default=True)
    from_file = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        editable=False,
        help_text="What the file said when it was last loaded. A field that differs has been changed by staff.",
    )

    class Meta:
        verbose_name = _("material")
        verbose_name_plural = _("materials")
        ordering = ["position"]

    def __str__(self) -> str:
        return self.code

    @property
    def name(self) -> str:
        return name_in_language(self.name_th, self.name_en)


def name_in_language(name_th: str, name_en: str) -> str:
    return name_th if (get_language() or "").startswith("th") else name_en


class EmissionFactor(models.Model):
    """Kilograms of CO2e avoided per kilogram recycled. A total never mixes two sets."""

    material = models.ForeignKey(Material, models.CASCADE, verbose_name=_("material"), related_name="factors")
    factor_set = models.CharField(_("factor set"), max_length=20, help_text="less, warm, or an operator's own.")
    version = models.CharField(_("version"), max_length=20)
    kg_co2e_per_kg = models.DecimalField(_("kg co2e per kg"), max_digits=8, decimal_places=4)
    source = models.CharField(_("source"), max_length=200)

    class Meta:
        verbose_name = _("emission factor")
        verbose_name_plural = _("emission factors")
        constraints = [
            models.UniqueConstraint(fields=["material", "factor_set", "version"], name="one_factor_per_version")
        ]

    def __str__(self) -> str:
        return f"{self.factor_set} {self.version} {self.kg_co2e_per_kg}"
