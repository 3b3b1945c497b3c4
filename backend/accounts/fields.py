"""The field of the name that strangers read, and the roles of staff."""

from typing import TYPE_CHECKING, cast

from django.db import models
from django.utils import translation
from django.utils.translation import gettext

from backend.core.models import Choices
from backend.core.text.names import first_name_in

if TYPE_CHECKING:
    from backend.accounts.models import User


class ShownNameField(models.CharField[str, str]):
    """The name that strangers read, taken from the two other names whenever a user is saved."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """The chosen name, or the first name in the full name, or a substitute in the user's language."""
        user = cast("User", model_instance)
        name = user.chosen_name or first_name_in(user.display_name)
        if user.display_name and not name:
            with translation.override(user.locale):
                name = gettext("Neighbour")
        user.shown_name = name
        return name


class StaffRole(Choices):
    """What an employee may see and do in the admin, each more than the one before (`backend.accounts.roles`)."""

    VIEWER = "viewer"
    MODERATOR = "moderator"
    OFFICER = "officer"
    ADMINISTRATOR = "administrator"
