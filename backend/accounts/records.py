"""What accounts, core and the libraries hold about people: their records in the registry."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.gis.db.backends.postgis.models import PostGISGeometryColumns, PostGISSpatialRefSys
from django.contrib.sessions.models import Session as AdminSession
from django.db import transaction
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from procrastinate.contrib.django.models import (
    ProcrastinateEvent,
    ProcrastinateJob,
    ProcrastinatePeriodicDefer,
    ProcrastinateWorker,
)

from backend.accounts.models import (
    Block,
    CarriedStanding,
    Consent,
    DeviceUse,
    Report,
    Session,
    StaffRecord,
    UsedTicket,
    User,
)
from backend.accounts.registry import Basis, Copy, Purpose, Record, Timer
from backend.accounts.services.account import anonymise, erase_due_accounts
from backend.accounts.services.second_factor import reset_second_factor
from backend.accounts.services.sessions import end_expired_sessions, end_sessions, forget_old_device_uses
from backend.accounts.services.staff_log import BATCH as STAFF_LOG_BATCH
from backend.accounts.services.staff_log import forget_old_staff_records
from backend.accounts.services.standing import forget_ended_standings, keep_standing
from backend.accounts.services.tickets import forget_used_tickets
from backend.core.db.retention import retention
from backend.core.http.idempotency import delete_old_answers, forget_answers
from backend.core.models import IdempotentAnswer

HOURLY = "notifications.tidy"
DAILY = "notifications.retain"
BATCH = 500
ACCOUNT_FIELDS = (
    "phone", "firebase_uid", "line_id", "display_name", "chosen_name", "locale", "avatar_colour", "created_at",
    "rating", "rating_count", "warned_at", "paused_until", "suspended_at", "suspended_until",
)  # fmt: skip


def _account(user: User) -> dict[str, Any]:
    return {"id": str(user.pk)} | {name: getattr(user, name) for name in ACCOUNT_FIELDS}


def _sessions(user: User) -> list[Mapping[str, Any]]:
    return list(user.auth_token_set.values("public_id", "installation", "device_name", "created", "expiry"))


def _blocks(user: User) -> list[Mapping[str, Any]]:
    return list(user.blocks_made.values("blocked_id", "created_at"))


def _reports(user: User) -> list[Mapping[str, Any]]:
    return list(user.reports_made.values("reported_id", "reason", "subject", "text", "created_at"))


def _consents(user: User) -> list[Mapping[str, Any]]:
    return list(user.consents.order_by("id").values("purpose", "version", "is_given", "channel", "at"))


def remove_old_consents(*, now: datetime) -> int:
    """Delete the consents of accounts that were erased `CONSENT_DAYS` ago. Returns how many."""
    erased_by = now - timedelta(days=settings.CONSENT_DAYS)
    with transaction.atomic(), retention():
        return Consent.objects.filter(user__erased_at__lte=erased_by).delete()[0]


def remove_old_reports(*, now: datetime) -> int:
    """Remove the words of a batch of reports that were handled `REPORT_DAYS` ago. Returns how many."""
    handled = Report.objects.filter(handled_at__lte=now - timedelta(days=settings.REPORT_DAYS)).exclude(text="")
    ids = list(handled.order_by("pk").values_list("pk", flat=True)[:BATCH])
    return Report.objects.filter(pk__in=ids).update(text="", outcome_note="")


def remove_old_staff_log(*, now: datetime) -> int:
    """Delete a batch of what staff did `STAFF_LOG_DAYS` ago. Returns how many."""
    old = LogEntry.objects.filter(action_time__lte=now - timedelta(days=settings.STAFF_LOG_DAYS))
    return LogEntry.objects.filter(pk__in=list(old.order_by("pk").values_list("pk", flat=True)[:BATCH])).delete()[0]


def remove_ended_admin_sessions(*, now: datetime) -> int:
    """Delete the ended sessions of the admin. Returns how many."""
    return AdminSession.objects.filter(expire_date__lte=now).delete()[0]


RECORDS = (
    Record(
        model=Session,
        personal=("user", "installation", "device_name"),
        plain=("digest", "token_key", "public_id"),
        whose="the person signed in",
        purpose=Purpose.ACCOUNT,
        basis=Basis.CONTRACT,
        copy=Copy(key="sessions", read=_sessions),
        erase=lambda user, now: end_sessions(Session.objects.filter(user=user)),
        timers=[Timer(job=HOURLY, after="SESSION_DAYS", step=end_expired_sessions)],
    ),
    Record(
        model=DeviceUse,
        personal=("user", "device"),
        whose="the person signed in",
        purpose=Purpose.SAFETY,
        basis=Basis.INTEREST,
        not_copied="A keyed hash, which tells the person nothing; their devices are in the sessions.",
        erase=lambda user, now: DeviceUse.objects.filter(user=user).delete(),
        timers=[Timer(job=DAILY, after="DEVICE_DAYS", step=forget_old_device_uses)],
    ),
    Record(
        model=Block,
        personal=("blocker", "blocked"),
        whose="the person who blocks",
        purpose=Purpose.SAFETY,
        basis=Basis.INTEREST,
        copy=Copy(key="blocks", read=_blocks),
        erase=lambda user, now: Block.objects.filter(blocker=user).delete(),
        kept="Blocks by others stay, under the id of an account without a name: they protect those others.",
    ),
    Record(
        model=IdempotentAnswer,
        personal=("owner", "body"),
        plain=("key", "fingerprint"),
        whose="the person who asked",
        purpose=Purpose.OPERATION,
        basis=Basis.INTEREST,
        not_copied="Holds responses that the person has received, for hours.",
        erase=lambda user, now: forget_answers(owner=user.pk),
        timers=[Timer(job=HOURLY, after="IDEMPOTENCY_HOURS", step=delete_old_answers)],
    ),
    Record(
        model=Consent,
        personal=("user",),
        plain=("version",),
        whose="the person",
        purpose=Purpose.LAW,
        basis=Basis.LEGAL_DUTY,
        copy=Copy(key="consents", read=_consents),
        kept="Under the id of an account without a name: shows that the law was kept, until CONSENT_DAYS.",
        timers=[Timer(job=DAILY, after="CONSENT_DAYS after the erasure", step=remove_old_consents)],
    ),
    Record(
        model=CarriedStanding,
        personal=("identity_hash", "standing", "reports"),
        whose="a person whose account is erased",
        purpose=Purpose.SAFETY,
        basis=Basis.INTEREST,
        not_copied="Exists only once the account is erased.",
        erase=lambda user, now: keep_standing(user=user, now=now),
        kept="Pauses, limits and open reports, under keyed hashes of the identities, so that erasing is no way out.",
        timers=[Timer(job=HOURLY, after="the end of the last of them", step=forget_ended_standings)],
    ),
    Record(
        model=Report,
        personal=("reporter", "reported", "subject", "object_id", "text", "outcome_note", "handled_by"),
        plain=("kind",),
        whose="the reporter, and the person reported",
        purpose=Purpose.SAFETY,
        basis=Basis.INTEREST,
        copy=Copy(key="reports", read=_reports),
        kept="Evidence of what went wrong between people, until REPORT_DAYS after it was handled.",
        timers=[Timer(job=DAILY, after="REPORT_DAYS", step=remove_old_reports, batch=BATCH)],
    ),
    Record(
        model=User,
        personal=(
            "phone",
            "firebase_uid",
            "line_id",
            "display_name",
            "chosen_name",
            "shown_name",
            "locale",
            "avatar_colour",
            "suspended_at",
            "suspended_until",
        ),
        plain=("password", "role"),
        whose="the person",
        purpose=Purpose.ACCOUNT,
        basis=Basis.CONTRACT,
        copy=Copy(read=_account),
        erase=anonymise,
        timers=[Timer(job=HOURLY, after="ERASURE_GRACE_DAYS", step=erase_due_accounts)],
        kept="The row without name, number and sign-in, with the average of its stars: receipts refer to it.",
    ),
    Record(
        model=StaffRecord,
        personal=("staff", "object_id", "detail", "address"),
        plain=("page",),
        whose="staff, and the person whose record they opened",
        purpose=Purpose.LAW,
        basis=Basis.LEGAL_DUTY,
        not_copied="Shows the work of staff; given on request.",
        kept="What staff opened and did, when and about which account, until STAFF_LOG_DAYS.",
        timers=[Timer(job=DAILY, after="STAFF_LOG_DAYS", step=forget_old_staff_records, batch=STAFF_LOG_BATCH)],
    ),
    Record(
        model=TOTPDevice,
        personal=("user", "key"),
        plain=("name",),
        whose="staff",
        purpose=Purpose.ACCOUNT,
        basis=Basis.CONTRACT,
        not_copied="A secret of the sign-in to the admin.",
        erase=lambda user, now: reset_second_factor(user=user),
    ),
    Record(
        model=StaticDevice,
        personal=("user",),
        plain=("name",),
        whose="staff",
        purpose=Purpose.ACCOUNT,
        basis=Basis.CONTRACT,
        within="otp_totp.TOTPDevice",
    ),
    Record(
        model=StaticToken,
        personal=("token",),
        whose="staff",
        purpose=Purpose.ACCOUNT,
        basis=Basis.CONTRACT,
        within="otp_totp.TOTPDevice",
    ),
    Record(model=UsedTicket, timers=[Timer(job=HOURLY, after="an hour after its end", step=forget_used_tickets)]),
    Record(model=User.groups.through, plain=("user",)),
    Record(model=User.user_permissions.through, plain=("user",)),
    Record(
        model=LogEntry,
        personal=("user", "object_id", "object_repr", "change_message"),
        whose="staff, and the person whose record they changed",
        purpose=Purpose.LAW,
        basis=Basis.LEGAL_DUTY,
        not_copied="Shows the work of staff; given on request.",
        erase=lambda user, now: LogEntry.objects.filter(object_id=str(user.pk)).update(object_repr=str(user.pk)),
        kept="What staff did, when and to which account, until STAFF_LOG_DAYS.",
        timers=[Timer(job=DAILY, after="STAFF_LOG_DAYS", step=remove_old_staff_log, batch=BATCH)],
    ),
    Record(
        model=AdminSession,
        personal=("session_data",),
        plain=("session_key",),
        whose="staff",
        purpose=Purpose.ACCOUNT,
        basis=Basis.CONTRACT,
        not_copied="A secret of the sign-in to the admin.",
        kept="Worth nothing once the account is not of staff; until its end.",
        timers=[Timer(job=DAILY, after="its end", step=remove_ended_admin_sessions)],
    ),
    Record(model=Group, plain=("name",)),
    Record(model=Permission, plain=("name", "codename")),
    Record(model=Group.permissions.through),
    Record(model=ContentType, plain=("app_label", "model")),
    Record(
        model=PostGISGeometryColumns,
        plain=("f_table_catalog", "f_table_schema", "f_table_name", "f_geometry_column", "type"),
    ),
    Record(model=PostGISSpatialRefSys, plain=("auth_name", "srtext", "proj4text")),
    Record(
        model=ProcrastinateJob,
        personal=("args",),
        plain=("queue_name", "task_name", "lock", "queueing_lock"),
        whose="the person whom a job concerns",
        purpose=Purpose.OPERATION,
        basis=Basis.INTEREST,
        not_copied="Holds ids only, for the moments until it has run.",
        kept="The id of the account in a job that failed, for a week.",
        timers=[Timer(job="notifications.remove_jobs", after="success, or a week after failure")],
    ),
    Record(model=ProcrastinateEvent),
    Record(model=ProcrastinatePeriodicDefer, plain=("task_name", "periodic_id")),
    Record(model=ProcrastinateWorker),
    Record(
        store="redis: ticket:*",
        whose="the person signed in",
        purpose=Purpose.ACCOUNT,
        basis=Basis.CONTRACT,
        not_copied="A secret that opens one socket.",
        kept="Opens nothing once the session has ended.",
        timers=[Timer(job="redis", after="TICKET_S")],
    ),
    Record(
        store="redis: user:*",
        whose="the person signed in",
        purpose=Purpose.NOTICE,
        basis=Basis.CONTRACT,
        not_copied="A channel; holds nothing.",
        kept="Holds nothing.",
    ),
    Record(
        store="redis: held:*",
        whose="the collector who looks at a deck",
        purpose=Purpose.COLLECTION,
        basis=Basis.CONTRACT,
        not_copied="Ids of the cards on a screen, for minutes.",
        kept="Ids of pickups under the id of the account, for minutes.",
        timers=[Timer(job="redis", after="minutes")],
    ),
    Record(
        store="redis: sockets:*",
        whose="the person signed in",
        purpose=Purpose.OPERATION,
        basis=Basis.INTEREST,
        not_copied="Counts the open sockets of an account, for a minute.",
        kept="Ids of ended sessions, for a minute.",
        timers=[Timer(job="redis", after="a minute")],
    ),
    Record(store="redis: gone"),
    Record(store="redis: gone:*"),
    Record(
        store="redis: rate:*",
        whose="the person, or the address of the network, that asks",
        purpose=Purpose.OPERATION,
        basis=Basis.INTEREST,
        not_copied="Counts of requests, for a minute.",
        kept="Counts under a keyed hash, for a minute.",
        timers=[Timer(job="redis", after="a minute")],
    ),
    Record(store="redis: readyz"),
    Record(store="redis: circuit:{*}:*"),
    Record(
        store="logs: standard error",
        whose="the person who asks",
        purpose=Purpose.OPERATION,
        basis=Basis.INTEREST,
        not_copied="Lines hold ids and codes, never a name, a place or words.",
        kept="The id of the account, for as long as the operator keeps the lines (docs/operations.md).",
        timers=[Timer(job="operator", after="30 days, by the operator's log store")],
    ),
)
