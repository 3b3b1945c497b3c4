"""Materials, pickups, deck, swipes, matches, handovers: what is where, and who takes it."""

from django.apps import AppConfig


class GeoConfig(AppConfig):
    """The city: what is given away, and by whom it is collected."""

    name = "geo"

    def ready(self) -> None:
        """Take part in a person's copy and erasure."""
        from backend.accounts.holders import register_holder  # noqa: PLC0415 - ready only once the models are
        from geo.services import privacy  # noqa: PLC0415

        register_holder("geo", privacy)
