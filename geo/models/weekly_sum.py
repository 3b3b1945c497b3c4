"""What the open feed publishes: sums of weeks, in squares of the map that hold enough people."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class WeeklySum(models.Model):
    """Kilograms of one stream, handed over in one week in one square of the map, as they were published.

    Each handover counts in exactly one row: of the smallest square whose row holds enough people, else of the whole
    city, else of what is left out. So the difference of two rows never shows what a few people gave, and a row is never
    changed, so that nobody learns from the difference of two days either.
    """

    class Part(models.TextChoices):
        SQUARE = "square"
        CITY = "city"
        LEFT_OUT = "left_out"

    week = models.DateField(help_text="Its Monday, in the calendar of the city.")
    part = models.CharField(max_length=8, choices=Part)
    side_m = models.PositiveIntegerField(null=True, help_text="Of the square, in metres on the map (EPSG:3857).")
    west_m = models.IntegerField(null=True, help_text="Where the square begins on the map.")
    south_m = models.IntegerField(null=True)
    stream = models.CharField(max_length=12, blank=True, help_text="The group of materials; empty for all of them.")
    factor_set = models.CharField(max_length=20, blank=True)
    factor_version = models.CharField(max_length=20, blank=True)
    factor_sources = ArrayField(models.CharField(max_length=240), default=list)
    kg = models.DecimalField(max_digits=18, decimal_places=3, null=True, help_text="Empty if too few people gave it.")
    kg_co2e = models.DecimalField(max_digits=18, decimal_places=3, null=True, help_text="Empty without a factor.")
    receipts = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["week", "part", "side_m", "west_m", "south_m", "stream", "factor_set", "factor_version"],
                nulls_distinct=False,
                name="one_weekly_sum_per_key",
            ),
            models.CheckConstraint(
                condition=Q(part="square", side_m__isnull=False, west_m__isnull=False, south_m__isnull=False)
                | (~Q(part="square") & Q(side_m=None, west_m=None, south_m=None)),
                name="weekly_sum_of_a_square_has_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kg} kg of {self.stream} in the week of {self.week}"
