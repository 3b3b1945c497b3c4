"""The admin of geo: loads the admin modules of its features."""

from django.contrib import admin

from geo.collectors import admin as collectors
from geo.handover import admin as handovers
from geo.materials import admin as materials
from geo.pickups import admin as pickups
from geo.trust import admin as penalties

__all__ = ["collectors", "handovers", "materials", "penalties", "pickups"]

admin.site.site_header = admin.site.site_title = "Tinder for Trash"
admin.site.index_title = "City administration"
