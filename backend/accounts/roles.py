"""The roles of staff: what each may see and do in the admin, as Django permissions."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import Model

from backend.accounts.fields import StaffRole

_VIEWED = frozenset(
    {
        "accounts.view_user", "accounts.view_session",
        "chat.view_conversation",
        "geo.view_boardprice", "geo.view_dropoffpoint",
        "geo.view_collector", "geo.view_emissionfactor", "geo.view_group", "geo.view_handover", "geo.view_match",
        "geo.view_material", "geo.view_penalty", "geo.view_pickup", "geo.view_receipt", "geo.view_swipe",
        "notifications.view_deadletter", "notifications.view_device", "notifications.view_event",
        "notifications.view_eventcounter", "notifications.view_periodicrun", "notifications.view_push",
    }
)  # fmt: skip
# What residents and collectors wrote to each other and photographed, and acting on reports.
_MODERATED = frozenset(
    {
        "accounts.view_report", "chat.view_message", "geo.view_scalephoto",
        "moderation.change_appeal", "moderation.change_case", "moderation.view_appeal", "moderation.view_case",
        "moderation.view_knownpicture",
    }
)  # fmt: skip
# Exact places, accounts, badges, receipts and the catalogue.
_MANAGED = frozenset(
    {
        "accounts.change_user", "accounts.change_session",
        "geo.add_boardprice", "geo.change_boardprice", "geo.delete_boardprice",
        "geo.add_dropoffpoint", "geo.change_dropoffpoint", "geo.delete_dropoffpoint",
        "geo.add_emissionfactor", "geo.add_material", "geo.change_collector", "geo.change_material",
        "geo.change_penalty", "geo.change_pickup", "geo.change_receipt",
        "moderation.add_knownpicture", "moderation.delete_knownpicture",
        "notifications.change_deadletter", "notifications.delete_device",
        "procrastinate.change_procrastinatejob", "procrastinate.view_procrastinatejob",
    }
)  # fmt: skip
# An administrator may do everything (`is_superuser`), and is alone in giving roles and reading the staff log.
PERMISSIONS: Mapping[str, frozenset[str]] = {
    StaffRole.VIEWER: _VIEWED,
    StaffRole.MODERATOR: _VIEWED | _MODERATED,
    StaffRole.OFFICER: _VIEWED | _MODERATED | _MANAGED,
}


class RoleBackend(ModelBackend):
    """Django's sign-in by password, with the permissions of the user's role."""

    def get_all_permissions(self, user_obj: Any, obj: Model | None = None) -> set[str]:
        """Names such as `geo.view_pickup`; none for an account that is closed."""
        own: set[str] = super().get_all_permissions(user_obj, obj)
        is_staff = obj is None and user_obj.is_active and getattr(user_obj, "is_staff", False)
        return own | PERMISSIONS.get(user_obj.role, frozenset()) if is_staff else own
