"""Where the city is: below `/api/v1/`."""

from django.urls import path

from geo.api.photos import PhotoDoor, PhotosDoor
from geo.api.pickups import ExtensionDoor, PickupDoor, PickupsDoor

urlpatterns = [
    path("pickups", PickupsDoor.as_view(), name="pickups"),
    path("pickups/<uuid:pickup_id>", PickupDoor.as_view(), name="pickup"),
    path("pickups/<uuid:pickup_id>/extend", ExtensionDoor.as_view(), name="extend"),
    path("pickups/<uuid:pickup_id>/photos", PhotosDoor.as_view(), name="photos"),
    path("pickups/<uuid:pickup_id>/photos/<uuid:photo_id>", PhotoDoor.as_view(), name="photo"),
]
