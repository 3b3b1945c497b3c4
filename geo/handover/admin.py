"""The admin of receipts, and the page on which staff correct one."""

from collections.abc import Iterable
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.core.clock import read_clock
from backend.core.errors import DomainError
from backend.core.http.admin import ReadOnly
from geo.admin_base import ReadOnlyAdmin, amount
from geo.handover.inputs import LINES_MAX, NOTE_CHARACTERS_MAX
from geo.handover.services.corrections import ZERO, correct_by_staff, figures_in_force, issue_proposed_correction
from geo.handover.services.weigh_ins import GROSS_KG_MAX, PAID_THB_MAX, Weighed
from geo.models import Material, Receipt, ReceiptLine


class MaterialField(forms.ModelChoiceField[Material]):
    """A material, by its name."""

    def label_from_instance(self, obj: Material) -> str:
        return obj.name


class LineForm(forms.Form):
    """One material as the receipt should have it. Without a weight and pieces it leaves the receipt."""

    material = MaterialField(Material.objects.all(), to_field_name="code", label=_("material"))
    gross_kg = forms.DecimalField(
        label=_("gross kg"), required=False, min_value=0, max_value=GROSS_KG_MAX, decimal_places=3
    )
    tare_kg = forms.DecimalField(
        label=_("tare kg"), required=False, min_value=0, max_value=GROSS_KG_MAX, decimal_places=3
    )
    pieces = forms.IntegerField(label=_("pieces"), required=False, min_value=0)
    paid_thb = forms.DecimalField(
        label=_("paid thb"), required=False, min_value=-PAID_THB_MAX, max_value=PAID_THB_MAX, decimal_places=2
    )


LineForms = forms.formset_factory(LineForm, extra=2, max_num=LINES_MAX)


class CorrectionForm(forms.Form):
    """What was paid, and why the receipt is corrected, which both parties read."""

    paid_thb = forms.DecimalField(
        label=_("paid thb"), min_value=-PAID_THB_MAX, max_value=PAID_THB_MAX, decimal_places=2
    )
    reason = forms.CharField(label=_("reason"), max_length=NOTE_CHARACTERS_MAX, help_text=_("Both parties read it."))


class ReceiptLineInline(ReadOnly, admin.TabularInline[ReceiptLine, Receipt]):
    model = ReceiptLine
    fields = readonly_fields = (
        "material", amount("gross_kg"), amount("tare_kg"), amount("net_kg"), "pieces", "grade",
        amount("paid_thb"), "kg_co2e_per_kg", "factor_source",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReceiptLine]:
        return super().get_queryset(request).select_related("material").order_by("pk")


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyAdmin[Receipt]):
    list_display = ("number", "corrects", "handed_over_at", "resident", "collector", amount("paid_thb"))
    list_filter = ("handed_over_at",)
    list_select_related = ("resident", "collector", "corrects")
    search_fields = ("=number", "resident__display_name", "collector__display_name", "match__pickup__title")
    ordering = ("-number",)
    exclude = ("month",)
    inlines = (ReceiptLineInline,)
    actions = ("issue_proposed",)
    change_form_template = "geo/admin/receipt.html"

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Whether the user may issue corrections."""
        return request.user.has_perm("geo.change_receipt")

    @admin.action(description=_("Issue the correction that a party has proposed"), permissions=["manage"])
    def issue_proposed(self, request: HttpRequest, queryset: QuerySet[Receipt]) -> None:
        """Without waiting for the other party."""
        issued = sum(issue_proposed_correction(receipt=row, now=read_clock()) for row in queryset.order_by("pk"))
        self.message_user(request, _("%(count)s issued.") % {"count": issued})

    def get_urls(self) -> list[URLPattern]:
        """With the page that corrects a receipt."""
        view = self.admin_site.admin_view(self.correct)
        return [path("<id:receipt_id>/correct/", view, name="geo_receipt_correct"), *super().get_urls()]

    def correct(self, request: HttpRequest, receipt_id: UUID) -> HttpResponse:
        """Show all figures of the match as they are in force, and issue a receipt with the differences."""
        if not self.has_manage_permission(request):
            raise PermissionDenied
        receipt = get_object_or_404(Receipt, pk=receipt_id)
        rows, paid_thb = figures_in_force(receipt)
        form = CorrectionForm(request.POST or None, initial={"paid_thb": paid_thb})
        lines = LineForms(request.POST or None, initial=rows)
        if form.is_valid() and lines.is_valid() and self._issue(request, receipt, form, lines.cleaned_data):
            return redirect("admin:geo_receipt_changelist")
        context = self.admin_site.each_context(request) | {
            "opts": self.opts, "original": receipt, "form": form, "lines": lines, "title": _("Correct the receipt"),
        }  # fmt: skip
        return TemplateResponse(request, "geo/admin/correct_receipt.html", context)

    def _issue(
        self, request: HttpRequest, receipt: Receipt, form: CorrectionForm, rows: Iterable[dict[str, Any]]
    ) -> bool:
        try:
            correct_by_staff(
                receipt=receipt,
                staff_id=cast(User, request.user).pk,
                lines=_weighed(rows),
                paid_thb=form.cleaned_data["paid_thb"],
                reason=form.cleaned_data["reason"],
                now=read_clock(),
            )
        except DomainError as refusal:
            form.add_error(None, refusal.text)
            return False
        self.log_change(request, receipt, form.cleaned_data["reason"])
        self.message_user(request, _("The correcting receipt is issued, and both parties are told."), messages.SUCCESS)
        return True


def _weighed(rows: Iterable[dict[str, Any]]) -> list[Weighed]:
    return [
        Weighed(
            material=row["material"].code,
            gross_kg=row["gross_kg"] or None,
            tare_kg=row["tare_kg"] or ZERO,
            pieces=row["pieces"] or None,
            paid_thb=row["paid_thb"],
        )
        for row in rows
        if row and (row["gross_kg"] or row["pieces"])
    ]
