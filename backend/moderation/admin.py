"""The admin of moderators: the queue of cases, each with its evidence, reports and acts, and the appeals."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from backend.accounts.models import Report, User
from backend.core.clock import read_clock
from backend.core.errors import DomainError
from backend.core.http.admin import CityAdmin, ReadOnly
from backend.core.media.private_files import private_jpeg
from backend.moderation import people
from backend.moderation.models import Act, Appeal, Case, EvidencePhoto, KnownPicture, SubjectKind
from backend.moderation.selectors import history_of, reports_of
from backend.moderation.services.acts import (
    SUSPENSION_DAYS_MAX,
    Decision,
    can_restore,
    decide_appeal,
    handle_case,
    person_of,
)
from backend.moderation.services.reports import hold_for_review
from backend.moderation.subjects import subject_of


class ActForm(forms.Form):
    """Asks for the act and its reason, which the person concerned reads."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=_("act"))
    days = forms.IntegerField(
        label=_("days of a suspension"), required=False, min_value=1, max_value=SUSPENSION_DAYS_MAX
    )
    reason = forms.CharField(
        label=_("reason"), max_length=500, widget=forms.Textarea, help_text=_("The person concerned reads it.")
    )

    def __init__(self, *args: Any, case: Case, **options: Any) -> None:
        super().__init__(*args, **options)
        possible = [Act.Kind.NOTHING, *subject_of(case.kind).ACTS, Act.Kind.WARN, Act.Kind.SUSPEND, Act.Kind.BAN]
        kinds = possible if case.status == Case.Status.OPEN else [Act.Kind.RESTORE]
        if case.status == Case.Status.OPEN and can_restore(case, read_clock()):
            kinds.append(Act.Kind.RESTORE)
        cast(forms.ChoiceField, self.fields["kind"]).choices = [(kind.value, kind.label) for kind in kinds]

    def clean(self) -> dict[str, Any] | None:
        """Require the days of a suspension."""
        cleaned = super().clean()
        if self.cleaned_data.get("kind") == Act.Kind.SUSPEND and not self.cleaned_data.get("days"):
            self.add_error("days", _("For how many days?"))
        return cleaned


class AppealForm(forms.Form):
    """Asks whether the act is taken back, and why, which the person concerned reads."""

    is_granted = forms.TypedChoiceField(
        label=_("decision"),
        choices=[("", "-"), ("no", _("The act stands")), ("yes", _("The act is taken back"))],
        coerce=lambda value: value == "yes",
    )
    answer = forms.CharField(
        label=_("reason"), max_length=500, widget=forms.Textarea, help_text=_("The person concerned reads it.")
    )


class DecisionAdmin(ReadOnly, admin.ModelAdmin[Any]):
    """Shows a row, what is known about it, and a form to decide about it."""

    change_form_template = "moderation/decision.html"
    show_full_result_count = False

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whether the user may decide."""
        return request.user.has_perm(f"moderation.change_{self.opts.model_name}")

    def get_urls(self) -> list[URLPattern]:
        """Add the address to which the form is sent."""
        name = f"moderation_{self.opts.model_name}_decide"
        view = self.admin_site.admin_view(self.decide)
        return [path("<id:row_id>/decide/", view, name=name), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Add what is known about the row, and the form if there is something to decide."""
        row = self.get_object(request, object_id)
        context = self.known_of(row) if row and self.has_view_permission(request, row) else {}
        if row and self.has_decide_permission(request) and "decision" not in (extra_context or {}):
            context["decision"] = self.form_of(row)
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def decide(self, request: HttpRequest, row_id: UUID) -> HttpResponseBase:
        """Store the decision, or show the page again with what is wrong."""
        if not self.has_decide_permission(request):
            raise PermissionDenied
        row = get_object_or_404(self.get_queryset(request), pk=row_id)
        form = self.form_of(row, request.POST if request.method == "POST" else None)
        if form is not None and form.is_valid():
            try:
                self.store(row, cast(User, request.user), form.cleaned_data)
            except DomainError as refusal:
                form.add_error(None, refusal.text)
            else:
                self.message_user(request, _("Decided, and the person concerned is notified."), messages.SUCCESS)
                return redirect(f"admin:moderation_{self.opts.model_name}_changelist")
        request.method = "GET"
        return self.change_view(request, str(row_id), extra_context={"decision": form})

    def known_of(self, row: Any) -> dict[str, Any]:
        """The context that the page shows beside the row."""
        raise NotImplementedError

    def form_of(self, row: Any, data: Mapping[str, Any] | None = None) -> forms.Form | None:
        """The form; None when there is nothing to decide."""
        raise NotImplementedError

    def store(self, row: Any, by: User, decision: Mapping[str, Any]) -> None:
        """Pass the decision to its service. Raises DomainError."""
        raise NotImplementedError


@admin.register(Case)
class CaseAdmin(DecisionAdmin):
    """Cases: open ones first, then the most severe, then the oldest; without those that concern the reader."""

    list_display = ["severity", "kind", "person", "reports", "opened_at", "hours_left", "status"]
    list_filter = ["status", "severity", "kind"]
    list_select_related = ["person"]
    search_fields = ["=object_id", "person__display_name", "person__phone"]
    raw_id_fields = ["person"]
    fields = ["kind", "person", "severity", "status", "reports", "opened_at", "due_at", "closed_at"]
    ordering = ["-status", "-severity", "opened_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        """Leave out cases that the reader reported or that are about the reader."""
        cases = super().get_queryset(request).exclude(person=request.user.pk)
        reported = Report.objects.filter(reporter=request.user.pk).exclude(object_id=None)
        return cases.exclude(object_id__in=reported.values("object_id"))

    @admin.display(ordering="due_at", description=_("time left"))
    def hours_left(self, case: Case) -> str:
        """The hours until an open case is overdue, or since then."""
        if case.status != Case.Status.OPEN:
            return "-"
        hours = int((case.due_at - read_clock()).total_seconds() // 3_600)
        if hours < 0:
            return "⚠ " + ngettext("%(count)s hour late", "%(count)s hours late", -hours) % {"count": -hours}
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Moderators open cases about people whom nobody has reported."""
        return self.has_decide_permission(request)

    def get_fields(self, request: HttpRequest, obj: Case | None = None) -> Any:
        """A new case needs a person alone."""
        return super().get_fields(request, obj) if obj else ["person"]

    def get_form(self, request: HttpRequest, obj: Case | None = None, change: bool = False, **options: Any) -> Any:
        """Nobody opens a case about themselves."""
        form = super().get_form(request, obj, change, **options)
        if obj is None:
            person = cast(forms.ModelChoiceField[User], form.base_fields["person"])
            person.queryset = User.objects.filter(erased_at=None).exclude(pk=cast(User, request.user).pk)
        return form

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Case:
        """Open the case; one about this person that is there already is opened again."""
        super().save_form(request, form, change)  # gives the form what the view calls next
        person = form.cleaned_data["person"]
        thing = people.find(person.pk, reader=cast(User, request.user))
        return hold_for_review(kind=SubjectKind.PERSON, thing=thing, now=read_clock())

    def save_model(self, request: HttpRequest, obj: Case, form: Any, change: bool) -> None:
        """Saved in `save_form`."""

    def response_add(self, request: HttpRequest, obj: Case, post_url_continue: str | None = None) -> HttpResponse:
        """Go on to the case, where the moderator decides."""
        return redirect("admin:moderation_case_change", obj.pk)

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the photos in the evidence."""
        view = self.admin_site.admin_view(self.show_photo)
        return [path("evidence/<id:photo_id>", view, name="moderation_evidence_photo"), *super().get_urls()]

    def show_photo(self, request: HttpRequest, photo_id: UUID) -> HttpResponseBase:
        """Send a photo of the evidence."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        visible = EvidencePhoto.objects.filter(evidence__case__in=self.get_queryset(request))
        return private_jpeg(request, get_object_or_404(visible, pk=photo_id).file)

    def known_of(self, row: Case) -> dict[str, Any]:
        """The evidence, the reports with each reporter's history, the person's history, and earlier acts."""
        person = person_of(row)
        return {
            "evidence": row.evidence.order_by("-at").prefetch_related("photos"),
            "reports": [(report, history_of(report.reporter)) for report in reports_of(row)[:20]],
            "person": person,
            "person_page": reverse("admin:accounts_user_change", args=[person.pk]),
            "history": history_of(person),
            "acts": row.acts.select_related("by").order_by("-at"),
        }

    def form_of(self, row: Case, data: Mapping[str, Any] | None = None) -> ActForm:
        return ActForm(data, case=row, initial={"version": row.version})

    def store(self, row: Case, by: User, decision: Mapping[str, Any]) -> None:
        what = Decision(kind=Act.Kind(decision["kind"]), reason=decision["reason"], days=decision["days"])
        handle_case(case_id=row.pk, version=decision["version"], by=by, decision=what, now=read_clock())


@admin.register(Appeal)
class AppealAdmin(DecisionAdmin):
    """Appeals: undecided ones first. Another moderator than the one who acted decides."""

    list_display = ["created_at", "act", "is_granted", "decided_by", "decided_at"]
    list_filter = [("decided_at", admin.EmptyFieldListFilter), "is_granted"]
    list_select_related = ["act", "decided_by"]
    fields = ["text", "created_at", "is_granted", "answer", "decided_by", "decided_at"]
    ordering = ["-decided_at", "created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Appeal]:
        """Leave out appeals against acts by the reader or about the reader."""
        appeals = super().get_queryset(request)
        return appeals.exclude(act__by=request.user.pk).exclude(act__person=request.user.pk)

    def known_of(self, row: Appeal) -> dict[str, Any]:
        """The case that the act belongs to."""
        case = row.act.case
        return {
            "evidence": case.evidence.order_by("-at").prefetch_related("photos"),
            "person": row.act.person,
            "person_page": reverse("admin:accounts_user_change", args=[row.act.person_id]),
            "history": history_of(row.act.person),
            "acts": case.acts.select_related("by").order_by("-at"),
        }

    def form_of(self, row: Appeal, data: Mapping[str, Any] | None = None) -> AppealForm | None:
        return AppealForm(data) if row.decided_at is None else None

    def store(self, row: Appeal, by: User, decision: Mapping[str, Any]) -> None:
        decide_appeal(appeal_id=row.pk, by=by, now=read_clock(), **decision)


@admin.register(KnownPicture)
class KnownPictureAdmin(CityAdmin, admin.ModelAdmin[KnownPicture]):
    """Known pictures: a photo that resembles one is held for review when somebody posts it."""

    list_display = ["dhash", "note", "created_at"]
    search_fields = ["dhash", "note"]
    ordering = ["-pk"]

    def has_change_permission(self, request: HttpRequest, obj: KnownPicture | None = None) -> bool:
        """Never: another hash is another row."""
        return False
