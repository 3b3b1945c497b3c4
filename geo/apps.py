"""The app `geo`: materials, pickups, deck, swipes, matches and handovers."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GeoConfig(AppConfig):
    name = "geo"
    verbose_name = _("geo")

    def ready(self) -> None:
        """Register the export and erasure of personal data, and the relevance of nearby-pickup notices."""
        from backend.accounts.holders import (  # noqa: PLC0415 - ready only once the models are
            register_agreements,
            register_holder,
        )
        from geo.pickups.selectors import open_among  # noqa: PLC0415
        from geo.privacy import agreements  # noqa: PLC0415
        from geo.privacy import services as privacy  # noqa: PLC0415
        from notifications.relevance import register_check  # noqa: PLC0415

        register_holder("geo", privacy)
        register_agreements(agreements)
        register_check(event="pickup.nearby", id_name="pickup", check=open_among)
