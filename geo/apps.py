"""Materials, pickups, deck, swipes, matches, handovers: what is where, and who takes it."""

from django.apps import AppConfig


class GeoConfig(AppConfig):
    """The city: what is given away, and by whom it is collected."""

    name = "geo"
