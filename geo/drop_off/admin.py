"""The admin of drop-off points."""

from typing import Any

from django import forms
from django.contrib.gis import admin
from django.contrib.gis.db.models import PointField
from django.utils.translation import gettext_lazy as _

from backend.core.http.admin import CityAdmin
from geo.drop_off.opening import is_readable
from geo.models import DropOffPoint


class DropOffPointForm(forms.ModelForm[DropOffPoint]):
    """Refuses opening hours that cannot be evaluated."""

    def clean_opening_hours(self) -> str:
        text: str = self.cleaned_data["opening_hours"].strip()
        if text and not is_readable(text):
            raise forms.ValidationError(_("Write the hours as in OpenStreetMap, such as Mo-Fr 08:00-17:00."))
        return text


@admin.register(DropOffPoint)
class DropOffPointAdmin(CityAdmin, admin.ModelAdmin[Any]):
    """Drop-off points. What a file says of its points is taken over again when it is loaded again."""

    form = DropOffPointForm
    # As text, such as `SRID=4326;POINT (100.5 13.7)`: Django's map loads scripts of others and runs some inline.
    formfield_overrides = {PointField: {"widget": forms.TextInput(attrs={"size": 60})}}
    list_display = ("name", "opening_hours", "source", "checked_on", "is_active")
    list_filter = ("is_active", "source", "checked_on")
    search_fields = ("name_th", "name_en", "source_ref")
    ordering = ("source", "source_ref")
