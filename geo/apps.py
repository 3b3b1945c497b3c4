"""Materials, pickups, deck, swipes, matches, handovers: what is where, and who takes it."""

from django.apps import AppConfig


class GeoConfig(AppConfig):
    """The city: what is given away, and by whom it is collected."""

    name = "geo"

    def ready(self) -> None:
        """Take part in a person's copy and erasure, and say which pickups are still to be had."""
        from backend.accounts.holders import register_holder  # noqa: PLC0415 - ready only once the models are
        from geo.pickups.selectors import open_among  # noqa: PLC0415
        from geo.privacy import services as privacy  # noqa: PLC0415
        from notifications.relevance import register_check  # noqa: PLC0415

        register_holder("geo", privacy)
        register_check(event="pickup.nearby", id_name="pickup", check=open_among)
