"""The filter of templates for times."""

from django import template

from backend.core.clock import spell_with_year_in_city

register = template.Library()
register.filter("in_era", spell_with_year_in_city)
