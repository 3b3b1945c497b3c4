"""Pictures of pickups and scales that no row speaks of."""

from datetime import datetime

from django.core.files.storage import default_storage

from backend.core.media.orphans import remove_orphans
from geo.models import PickupPhoto, ScalePhoto


def remove_orphaned_pictures(*, now: datetime) -> int:
    """Delete them. Returns how many. Raises TooManyOrphans."""
    of_pickups = remove_orphans(storage=default_storage, folder="pickups", rows=PickupPhoto.objects.order_by(), now=now)
    of_scales = remove_orphans(storage=default_storage, folder="scales", rows=ScalePhoto.objects.order_by(), now=now)
    return of_pickups + of_scales
