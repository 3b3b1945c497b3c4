"""The city's desk: who can be reached, what was told, and what became of it. Nothing here is written by hand."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from backend.core.clock import read_clock
from backend.core.http.admin import OwnFilters
from notifications.models import Device, Event, EventCounter, PeriodicRun, Push, SetAside
from notifications.selectors.alarms import overdue_tasks
from notifications.services.set_aside import try_again


class ReadOnly(OwnFilters, admin.ModelAdmin[Any]):
    """To look at."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody."""
        return False


@admin.register(Device)
class DeviceAdmin(ReadOnly):
    """Devices may be forgotten by hand. Their addresses are shown to nobody."""

    list_display = ["user", "platform", "kind", "locale", "app_version", "last_seen_at"]
    list_filter = ["platform", "kind", "locale"]
    list_select_related = ["user"]
    search_fields = ["user__phone", "user__display_name"]
    fields = ["user", "platform", "kind", "locale", "installation", "app_version", "created_at", "last_seen_at"]
    ordering = ["-last_seen_at"]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Who may delete devices."""
        return request.user.has_perm("notifications.delete_device")


@admin.register(Event)
class EventAdmin(ReadOnly):
    """What people were told; not the words, which may be a chat's."""

    list_display = ["user", "seq", "name", "wants_push", "created_at", "read_at", "pushed_at"]
    list_filter = ["name", "wants_push"]
    list_select_related = ["user"]
    search_fields = ["=user__phone"]
    fields = ["user", "seq", "name", "wants_push", "collapse_key", "created_at", "read_at", "pushed_at"]
    ordering = ["-id"]


@admin.register(EventCounter)
class EventCounterAdmin(ReadOnly):
    """Where each log stands, and whose pushes are overdue."""

    list_display = ["user", "head", "acked", "floor", "wake_at", "taken_until", "tries"]
    list_select_related = ["user"]
    search_fields = ["=user__phone"]


@admin.register(Push)
class PushAdmin(ReadOnly):
    """What was sent, and why something was not."""

    list_display = ["id", "event", "device", "state", "error", "attempts", "created_at", "due_at", "sent_at"]
    list_filter = ["state", "error"]
    list_select_related = ["event", "device"]
    ordering = ["-id"]


@admin.register(SetAside)
class SetAsideAdmin(ReadOnly):
    """What stopped whoever tried to push it; may be tried again, once the reason is mended."""

    list_display = ["user", "reason", "created_at"]
    list_select_related = ["user"]
    ordering = ["-id"]
    actions = ["try_again"]

    def has_try_permission(self, request: HttpRequest) -> bool:
        """Who may change what is set aside."""
        return request.user.has_perm("notifications.change_setaside")

    @admin.action(description="Try again", permissions=["try"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[SetAside]) -> None:
        """Push it after all."""
        people = try_again(ids=list(queryset.values_list("pk", flat=True)), now=read_clock())
        self.message_user(request, f"Due again for {people} people.")


@admin.register(PeriodicRun)
class PeriodicRunAdmin(ReadOnly):
    """When the periodic tasks last did their work, and which ones should have."""

    list_display = ["name", "last_run_at", "is_late"]

    @admin.display(boolean=True, description="late")
    def is_late(self, run: PeriodicRun) -> bool:
        """Whether it should have run five minutes ago."""
        return run.name in overdue_tasks(read_clock())
