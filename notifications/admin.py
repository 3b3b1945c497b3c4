"""The admin: devices, events, pushes and dead letters, all read-only."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django.admin import ProcrastinateJobAdmin
from procrastinate.contrib.django.models import ProcrastinateJob

from backend.core.clock import read_clock
from backend.core.http.admin import CityAdmin, ReadOnly
from notifications.models import DeadLetter, Device, Event, EventCounter, PeriodicRun, Push
from notifications.monitoring import overdue_tasks
from notifications.services.leases import retry_dead_letters


class ReadOnlyAdmin(ReadOnly, admin.ModelAdmin[Any]):
    """A page on which nothing is added, changed or deleted."""

    show_full_result_count = False
    list_per_page = 50


@admin.register(Device)
class DeviceAdmin(ReadOnlyAdmin):
    """Staff may delete devices. Push addresses are never shown."""

    list_display = ["user", "platform", "kind", "locale", "app_version", "last_seen_at"]
    list_filter = ["platform", "kind", "locale"]
    list_select_related = ["user"]
    search_fields = ["user__phone", "user__display_name"]
    fields = ["user", "platform", "kind", "locale", "installation", "app_version", "created_at", "last_seen_at"]
    ordering = ["-last_seen_at"]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("notifications.delete_device")


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """Events without their data, which may contain chat messages."""

    list_display = ["user", "seq", "name", "wants_push", "created_at", "read_at", "pushed_at"]
    list_filter = ["name", "wants_push"]
    list_select_related = ["user"]
    search_fields = ["=user__phone"]
    fields = ["user", "seq", "name", "wants_push", "collapse_key", "created_at", "read_at", "pushed_at"]
    ordering = ["-id"]


@admin.register(EventCounter)
class EventCounterAdmin(ReadOnlyAdmin):
    """The state of each log, and whose pushes are overdue."""

    list_display = ["user", "head", "acked", "floor", "wake_at", "taken_until", "tries"]
    list_select_related = ["user"]
    search_fields = ["=user__phone"]


@admin.register(Push)
class PushAdmin(ReadOnlyAdmin):
    """Pushes and why they failed."""

    list_display = ["id", "event", "device", "state", "is_withdrawal", "error", "attempts", "due_at", "sent_at"]
    list_filter = ["state", "error"]
    list_select_related = ["event", "device"]
    ordering = ["-id"]


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnlyAdmin):
    """Events whose delivery was given up. Staff may retry them once the cause is fixed."""

    list_display = ["user", "reason", "created_at"]
    list_select_related = ["user"]
    ordering = ["-id"]
    actions = ["retry"]

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Staff with the permission to change dead letters."""
        return request.user.has_perm("notifications.change_deadletter")

    @admin.action(description=_("Retry"), permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> None:
        users = retry_dead_letters(ids=list(queryset.values_list("pk", flat=True)), now=read_clock())
        self.message_user(request, _("Due again for %(count)s users.") % {"count": users})


admin.site.unregister(ProcrastinateJob)


@admin.register(ProcrastinateJob)
class JobAdmin(CityAdmin, ProcrastinateJobAdmin):
    """Procrastinate's own page, whose actions ask for no permission."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """For staff with the permission to change jobs."""
        return super().get_actions(request) if request.user.has_perm("procrastinate.change_procrastinatejob") else {}


@admin.register(PeriodicRun)
class PeriodicRunAdmin(ReadOnlyAdmin):
    """When the periodic tasks last succeeded, and which are late."""

    list_display = ["name", "last_run_at", "is_late"]

    @admin.display(boolean=True, description=_("late"))
    def is_late(self, run: PeriodicRun) -> bool:
        """Whether its run is five minutes late."""
        return run.name in overdue_tasks(read_clock())
