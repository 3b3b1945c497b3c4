"""The registry of personal data: what each table and store holds, of whom, why, how long, and how it leaves.

Every app registers its records in `AppConfig.ready`. They drive the export (`copy`), the erasure (`erase`) and the
retention (`timers`): there is no other path for any of the three. A model without a record fails a test.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import structlog
from django.db.models import Model
from django.db.models.fields.files import FieldFile

from backend.accounts.models import User

log = structlog.get_logger(__name__)


class Purpose(StrEnum):
    """Why data is held."""

    ACCOUNT = "sign-in and the account"
    COLLECTION = "agreeing on a collection and making it"
    RECORD = "the record of what was recycled"
    CHAT = "messages between the two parties"
    NOTICE = "telling people what concerns them"
    SAFETY = "keeping people safe from each other"
    LAW = "showing that the law is kept"
    OPERATION = "running the service"
    NONE = "no personal data"


class Basis(StrEnum):
    """The legal basis in the Thai PDPA, sections 24 and 26."""

    CONTRACT = "contract, section 24 (3)"
    INTEREST = "legitimate interest, section 24 (5)"
    LEGAL_DUTY = "legal obligation, section 24 (6)"
    CONSENT = "consent, section 19"
    STATISTICS = "research and statistics, section 24 (1)"
    NONE = "none needed"


class Step(Protocol):
    """A step of retention; returns how many rows it has handled."""

    def __call__(self, *, now: datetime) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Timer:
    """Removes what is held for too long. `job` is the periodic task that runs `step`, in batches when `batch` is set.

    `after` says in words or by the name of a setting when data is due. Without a step the task does it by itself.
    """

    job: str
    after: str
    step: Step | None = None
    batch: int = 0


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A part of the export: what `read` returns under `key`, or merged into its section when `key` is empty."""

    read: Callable[[User], Any]
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class Record:
    """What one model, or a store beside the tables, holds.

    `personal` are the fields that tell something about a person, `plain` those that look as if they did. `within` names
    the record whose copy and erasure cover this one. `files` are those of a user that an export holds. `kept` is what
    outlives an erasure and why.
    """

    model: type[Model] | None = None
    store: str = ""
    personal: Sequence[str] = ()
    plain: Sequence[str] = ()
    whose: str = ""
    purpose: Purpose = Purpose.NONE
    basis: Basis = Basis.NONE
    copy: Copy | None = None
    files: Callable[[User], Iterable[FieldFile]] | None = None
    not_copied: str = ""
    erase: Callable[[User, datetime], Any] | None = None
    within: str = ""
    kept: str = ""
    timers: Sequence[Timer] = ()

    @property
    def name(self) -> str:
        """Such as `geo.Pickup`, or `files: media/pickups`."""
        return self.model._meta.label if self.model else self.store

    @property
    def holds_personal_data(self) -> bool:
        return self.purpose is not Purpose.NONE


class Leave(Protocol):
    """Ends a user's open obligations in an app, outside of a transaction; idempotent."""

    def __call__(self, *, user: User, now: datetime) -> None: ...


_records: dict[str, Sequence[Record]] = {}
_leaves: list[Leave] = []


def register_records(section: str, records: Sequence[Record], *, leave: Leave | None = None) -> None:
    """Register the records of an app in the order of their erasure; `section` is their key in an export."""
    _records[section] = records
    if leave:
        _leaves.append(leave)


def all_records() -> Iterator[Record]:
    """The records of all apps, lowest app first."""
    for records in _records.values():
        yield from records


def export_all(*, user: User) -> dict[str, dict[str, Any]]:
    """All personal data of `user`, ready for JSON, with one section for each app."""
    return {section: _copied(records, user) for section, records in _records.items()}


def copies_of(user: User) -> Iterator[tuple[str, Any]]:
    """What each record holds about `user`, ready for JSON, with a name such as `geo/pickups`."""
    for section, records in _records.items():
        for record in records:
            if record.copy:
                yield f"{section}/{record.copy.key or record.name.rpartition('.')[2].lower()}", record.copy.read(user)


def files_of(user: User) -> Iterator[tuple[str, FieldFile]]:
    """The files that belong to an export of `user`, each with the section of its app."""
    for section, records in _records.items():
        for record in records:
            yield from ((section, file) for file in record.files(user)) if record.files else ()


def _copied(records: Iterable[Record], user: User) -> dict[str, Any]:
    copied: dict[str, Any] = {}
    for copy in (record.copy for record in records if record.copy):
        copied |= {copy.key: copy.read(user)} if copy.key else copy.read(user)
    return copied


def leave_all(*, user: User, now: datetime) -> None:
    """End the user's open obligations in every app."""
    for leave in _leaves:
        leave(user=user, now=now)


def erase_all(*, user: User, now: datetime) -> None:
    """Delete or anonymise what every record holds about `user`, in the caller's transaction."""
    for section in _records:
        erase_section(section, user=user, now=now)


def erase_section(section: str, *, user: User, now: datetime) -> None:
    """The same for the records of one app."""
    for record in _records[section]:
        if record.erase:
            record.erase(user, now)


def run_timers(*, job: str, now: datetime) -> None:
    """Run the retention steps of this periodic task. One failure does not stop the others; it is raised at the end."""
    failures: list[Exception] = []
    for record in all_records():
        for timer in record.timers:
            if timer.job == job and timer.step:
                try:
                    _repeat(timer.step, timer.batch, now)
                except Exception as error:
                    log.exception("retention_failed", record=record.name)
                    failures.append(error)
    if failures:
        raise failures[0]


def _repeat(step: Step, batch: int, now: datetime) -> None:
    """Until a step has handled less than a batch."""
    while step(now=now) >= batch > 0:
        pass
