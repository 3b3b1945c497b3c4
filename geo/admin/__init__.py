"""The city's desk: what is given away, who collects it, and what became of it."""

from django.contrib import admin

from geo.admin import collectors, materials, penalties, pickups, records

__all__ = ["collectors", "materials", "penalties", "pickups", "records"]

admin.site.site_header = admin.site.site_title = "Tinder for Trash"
admin.site.index_title = "The city's desk"
