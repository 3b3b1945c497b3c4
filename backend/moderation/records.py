"""What moderation holds about people: its records in the registry."""

from collections.abc import Mapping
from typing import Any

from backend.accounts.models import User
from backend.accounts.records import DAILY
from backend.accounts.registry import Basis, Copy, Purpose, Record, Timer
from backend.moderation.models import Act, Appeal, Case, Evidence, EvidencePhoto, KnownPicture
from backend.moderation.services import retention

SWEEP = "moderation.sweep_evidence"
CONCERNED = "the person concerned"


def _acts(user: User) -> list[Mapping[str, Any]]:
    acts = Act.objects.filter(person=user).exclude(kind=Act.Kind.NOTHING).order_by("at")
    return list(acts.values("id", "kind", "case__kind", "case__object_id", "reason", "at", "until"))


def _appeals(user: User) -> list[Mapping[str, Any]]:
    appeals = Appeal.objects.filter(act__person=user).order_by("created_at")
    return list(appeals.values("act_id", "text", "created_at", "is_granted", "answer", "decided_at"))


RECORDS = (
    Record(
        model=Case,
        personal=("person", "object_id"),
        plain=("kind", "status"),
        whose=CONCERNED,
        purpose=Purpose.SAFETY,
        basis=Basis.INTEREST,
        not_copied="Tells who was reported when; what was decided is in the acts.",
        kept="That there was a case, under the id of an account without a name.",
    ),
    Record(
        model=Evidence,
        personal=("content",),
        plain=("digest",),
        whose="the author of what was reported",
        purpose=Purpose.SAFETY,
        basis=Basis.INTEREST,
        not_copied="Would tell who reported it; given on request.",
        kept="The copy of what was reported: erasing an account must not erase a case.",
        timers=[
            Timer(
                job=DAILY,
                after="CASE_EVIDENCE_DAYS after the case was handled",
                step=retention.remove_old_evidence,
                batch=retention.BATCH,
            )
        ],
    ),
    Record(
        model=EvidencePhoto,
        personal=("file",),
        plain=("dhash",),
        whose="the author of what was reported, and what the photo shows",
        purpose=Purpose.SAFETY,
        basis=Basis.INTEREST,
        within="moderation.Evidence",
    ),
    Record(
        model=Act,
        personal=("person", "reason", "by"),
        plain=("kind",),
        whose=CONCERNED,
        purpose=Purpose.SAFETY,
        basis=Basis.INTEREST,
        copy=Copy(key="acts", read=_acts),
        kept="What was decided and why, under the id of an account without a name.",
    ),
    Record(
        model=Appeal,
        personal=("text", "answer", "decided_by"),
        whose=CONCERNED,
        purpose=Purpose.SAFETY,
        basis=Basis.INTEREST,
        copy=Copy(key="appeals", read=_appeals),
        erase=lambda user, now: Appeal.objects.filter(act__person=user).update(text=""),
        kept="What was decided about an appeal.",
    ),
    Record(model=KnownPicture, plain=("dhash", "note")),
    Record(
        store="files: private/moderation",
        whose="the author of what was reported, and what the photo shows",
        purpose=Purpose.SAFETY,
        basis=Basis.INTEREST,
        within="moderation.Evidence",
        timers=[Timer(job=SWEEP, after="ORPHAN_AGE_H without a row", step=retention.remove_orphaned_evidence)],
    ),
)
