"""The admin of users, sessions and reports."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import Report, Session, User
from backend.accounts.services.safety import handle_reports
from backend.accounts.services.sessions import end_sessions
from backend.core.clock import read_clock
from backend.core.http.admin import OwnFilters


@admin.register(User)
class UserAdmin(OwnFilters, admin.ModelAdmin[User]):
    """Users. Staff cannot change their identity, but can disable and enable accounts."""

    list_display = ["display_name", "phone", "locale", "is_active", "is_staff", "created_at"]
    list_filter = ["is_active", "is_staff", "locale"]
    search_fields = ["display_name", "phone", "id"]
    fields = [
        "id",
        "display_name",
        "chosen_name",
        "phone",
        "locale",
        "is_active",
        "is_staff",
        "created_at",
        "erased_at",
    ]
    readonly_fields = ["id", "phone", "created_at", "erased_at"]
    ordering = ["-created_at"]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Sign a disabled user out at once, and close their sockets."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            if not obj.is_active:
                end_sessions(Session.objects.filter(user=obj))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """People sign themselves up."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Accounts are anonymised, never deleted: the kilograms stay."""
        return False


@admin.register(Session)
class SessionAdmin(OwnFilters, admin.ModelAdmin[Session]):
    list_display = ["user", "device_name", "created", "expiry"]
    list_select_related = ["user"]
    search_fields = ["user__display_name", "user__phone"]
    fields = readonly_fields = ("user", "device_name", "created", "expiry")
    ordering = ["-created"]
    actions = ["revoke"]

    @admin.action(description=_("Sign out on these devices"))
    def revoke(self, request: HttpRequest, queryset: QuerySet[Session]) -> None:
        end_sessions(queryset)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only a sign-in makes a session."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        """Ended by the action, which closes the sockets too."""
        return False


@admin.register(Report)
class ReportAdmin(OwnFilters, admin.ModelAdmin[Report]):
    list_display = ["created_at", "reason", "reported", "reporter", "handled_at"]
    list_select_related = ["reported", "reporter"]
    list_filter = ["reason", ("handled_at", admin.EmptyFieldListFilter)]
    fields = readonly_fields = ("created_at", "reason", "reported", "reporter", "subject", "text", "handled_at")
    ordering = ["-created_at"]
    actions = ["mark_handled"]

    @admin.action(description=_("Mark as handled"))
    def mark_handled(self, request: HttpRequest, queryset: QuerySet[Report]) -> None:
        handle_reports(queryset, now=read_clock())

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False
