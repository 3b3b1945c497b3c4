"""Prices of materials: medians of what was paid, where there are enough receipts, and what shops publish."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from geo.models.material import Material
from geo.models.weigh_in import Grade


class Price(models.Model):
    """Baht for a kilogram of one material, of one grade or, with an empty grade, of any."""

    material = models.ForeignKey(Material, models.PROTECT, verbose_name=_("material"), related_name="+")
    grade = models.CharField(_("grade"), max_length=1, choices=Grade, blank=True, default="", db_default="")
    price_thb_per_kg = models.DecimalField(_("price thb per kg"), max_digits=8, decimal_places=2)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.price_thb_per_kg} for {self.material_id}"


class RealisedPrice(Price):
    """The median of what residents were paid in one month, in one area or, with an empty area, in the whole city.

    A row exists only above minimum counts, so that it shows nobody's own price. `publish_prices` writes all rows.
    """

    month = models.DateField(help_text="The first day of the month.")
    area_x = models.IntegerField(null=True, help_text="Counts the squares of PRICE_AREA_M on the map eastward.")
    area_y = models.IntegerField(null=True, help_text="Northward.")
    receipts = models.PositiveIntegerField(help_text="Rounded down to fives.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["material", "grade", "month", "area_x", "area_y"],
                nulls_distinct=False,
                name="one_realised_price_per_key",
            )
        ]


class BoardPrice(Price):
    """What a shop or an association publishes, with its source and the day from which it holds."""

    source = models.CharField(_("source"), max_length=200)
    listed_on = models.DateField(_("listed on"))

    class Meta:
        verbose_name = _("board price")
        verbose_name_plural = _("board prices")
        constraints = [
            models.UniqueConstraint(
                fields=["material", "grade", "source", "listed_on"], name="one_board_price_per_source_and_day"
            ),
            models.CheckConstraint(condition=models.Q(price_thb_per_kg__gt=0), name="board_price_is_positive"),
        ]
