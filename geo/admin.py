"""The city's desk: what is given away, who collects it, and what became of it."""

from django.contrib import admin

from geo.collectors import admin as collectors
from geo.handover import admin as records
from geo.materials import admin as materials
from geo.pickups import admin as pickups
from geo.trust import admin as penalties

__all__ = ["collectors", "materials", "penalties", "pickups", "records"]

admin.site.site_header = admin.site.site_title = "Tinder for Trash"
admin.site.index_title = "The city's desk"
