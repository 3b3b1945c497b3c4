"""The app `geo`: materials, pickups, deck, swipes, matches and handovers."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GeoConfig(AppConfig):
    name = "geo"
    verbose_name = _("geo")

    def ready(self) -> None:
        """Register the personal data, what can be reported, and the relevance of nearby-pickup notices."""
        from backend.accounts.agreements import register_agreements  # noqa: PLC0415 - needs the models
        from backend.accounts.registry import register_records  # noqa: PLC0415
        from backend.moderation.subjects import register_subject  # noqa: PLC0415
        from geo import moderation  # noqa: PLC0415
        from geo.pickups.selectors import open_among  # noqa: PLC0415
        from geo.privacy import agreements  # noqa: PLC0415
        from geo.privacy.records import RECORDS  # noqa: PLC0415
        from geo.privacy.services import leave  # noqa: PLC0415
        from notifications.relevance import register_check  # noqa: PLC0415

        register_records("geo", RECORDS, leave=leave)
        register_agreements(agreements)
        register_subject("pickup", moderation.Pickups())
        register_subject("photo", moderation.Photos())
        register_subject("rating", moderation.Ratings())
        register_subject("group", moderation.Groups())
        register_check(event="pickup.nearby", id_name="pickup", check=open_among)
