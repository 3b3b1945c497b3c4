"""Cases about things that people reported, the evidence, the acts of moderators, and appeals."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.core.media.private_files import private_storage
from backend.core.models import Choices, PublicModel

User = settings.AUTH_USER_MODEL


class SubjectKind(Choices):
    """What a case can be about."""

    PERSON = "person"
    PICKUP = "pickup"
    PHOTO = "photo"
    MESSAGE = "message"
    RATING = "rating"
    GROUP = "group"


class Case(PublicModel):
    """Everything about one reported thing: all its reports make one case. `version` grows with every act.

    Personal data: whom it concerns.
    """

    class Status(Choices):
        OPEN = "open"
        CLOSED = "closed", "handled"

    class Severity(models.IntegerChoices):
        LOW = 1, _("low")
        MEDIUM = 2, _("medium")
        HIGH = 3, _("high")

    kind = models.CharField(_("subject"), max_length=8, choices=SubjectKind)
    object_id = models.UUIDField(_("id"), help_text="Of the thing: a pickup, a message and so on.")
    person = models.ForeignKey(User, models.PROTECT, verbose_name=_("concerns"), related_name="cases")
    status = models.CharField(_("status"), max_length=6, choices=Status, default=Status.OPEN)
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity)
    reports = models.PositiveIntegerField(_("reports"), default=0, help_text=_("By how many people."))
    version = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField(_("opened at"), help_text="Again, when it is reported after it was handled.")
    due_at = models.DateTimeField(_("due at"))
    closed_at = models.DateTimeField(_("closed at"), null=True)

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        constraints = [models.UniqueConstraint(fields=["kind", "object_id"], name="one_case_per_thing")]
        indexes = [models.Index(fields=["due_at"], name="case_queue", condition=Q(status="open"))]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.object_id}"


class Evidence(PublicModel):
    """A copy of the thing as it was when it was reported. Personal data: all of it, for moderators only.

    Kept for `CASE_EVIDENCE_DAYS` after the case was last handled.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="evidence")
    content = models.JSONField(_("content"), help_text="Texts by name.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content: what has not changed is kept once.")
    made_at = models.DateTimeField(_("made at"), null=True, help_text="When its author made it.")
    at = models.DateTimeField(_("frozen at"))

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        constraints = [models.UniqueConstraint(fields=["case", "digest"], name="one_evidence_per_content")]

    def __str__(self) -> str:
        return f"evidence of {self.case_id} at {self.at}"


class EvidencePhoto(PublicModel):
    """A copy of a photo. Personal data: what it shows."""

    evidence = models.ForeignKey(Evidence, models.CASCADE, related_name="photos")
    file = models.FileField(upload_to="moderation", storage=private_storage)
    dhash = models.CharField(max_length=16, default="", help_text="For the list of known pictures.")

    def __str__(self) -> str:
        return f"photo of {self.evidence_id}"


class Act(PublicModel):
    """What a moderator did about a case, with the reason that the person concerned reads. Never deleted.

    Personal data: whom it concerns, and why.
    """

    class Kind(Choices):
        NOTHING = "nothing", "nothing to do"
        HIDE = "hide", "hide it"
        WARN = "warn", "warn"
        REMOVE = "remove", "remove it"
        SUSPEND = "suspend", "suspend the account for a time"
        BAN = "ban", "close the account for good"
        RESTORE = "restore", "take it back"

    # What the person concerned is notified of, and may appeal against.
    AGAINST = (Kind.HIDE, Kind.WARN, Kind.REMOVE, Kind.SUSPEND, Kind.BAN)
    OF_THING = (Kind.HIDE, Kind.REMOVE)
    OF_ACCOUNT = (Kind.SUSPEND, Kind.BAN)

    case = models.ForeignKey(Case, models.PROTECT, related_name="acts")
    person = models.ForeignKey(User, models.PROTECT, verbose_name=_("concerns"), related_name="acts_about")
    kind = models.CharField(_("act"), max_length=8, choices=Kind)
    reason = models.CharField(_("reason"), max_length=500)
    until = models.DateTimeField(_("until"), null=True)
    takes_back = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="taken_back_by", help_text="What this act restores from."
    )
    by = models.ForeignKey(User, models.PROTECT, verbose_name=_("staff"), related_name="+")
    at = models.DateTimeField(_("at"))
    applied_at = models.DateTimeField(null=True, help_text="When its effect was complete.")

    class Meta:
        verbose_name = _("moderator's act")
        verbose_name_plural = _("moderators' acts")
        constraints = [
            models.CheckConstraint(condition=Q(kind="suspend") ^ Q(until=None), name="a_suspension_has_an_end")
        ]
        indexes = [models.Index(fields=["at"], name="act_to_apply", condition=Q(applied_at=None))]

    def __str__(self) -> str:
        return f"{self.kind} {self.at}"


class Appeal(PublicModel):
    """What the person concerned says against an act, once; another moderator decides. Personal data: the text."""

    act = models.OneToOneField(Act, models.PROTECT, related_name="appeal")
    text = models.CharField(_("text"), max_length=2000)
    created_at = models.DateTimeField(_("created at"))
    is_granted = models.BooleanField(_("granted"), null=True)
    answer = models.CharField(_("reason"), max_length=500, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, verbose_name=_("staff"), null=True, related_name="+")
    decided_at = models.DateTimeField(_("decided at"), null=True)

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")

    def __str__(self) -> str:
        return f"appeal against {self.act_id}"


class KnownPicture(models.Model):
    """A picture that nobody may post, by a perceptual hash, which survives scaling and compression."""

    dhash = models.CharField(
        _("hash"),
        max_length=16,
        unique=True,
        validators=[RegexValidator(r"^[0-9a-f]{16}\Z")],
        help_text=_("16 hexadecimal digits (dHash)."),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("known picture")
        verbose_name_plural = _("known pictures")

    def __str__(self) -> str:
        return self.dhash
