"""The admin of users and officers, sessions and reports."""

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet, UUIDField
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from backend.accounts.models import Report, Session, StaffRecord, User
from backend.accounts.services.roles import give_role
from backend.accounts.services.second_factor import reset_second_factor
from backend.accounts.services.sessions import end_sessions
from backend.core.db.ids import parse_id
from backend.core.http.admin import CityAdmin, ReadOnly, when
from backend.core.text.phones_and_codes import to_e164

ABOUT = ["id", "display_name", "chosen_name", "phone", "locale", "is_active", when("created_at"), when("erased_at")]
RIGHTS = ["password", "role"]
DETAIL_SHOWN = 200


class OfficerForm(BaseUserCreationForm[User]):
    """A new officer: the phone number and the password with which they sign in to the admin."""

    phone = forms.CharField(label=_("phone"), max_length=40)

    class Meta:
        model = User
        fields = ["phone", "display_name", "locale", "role"]
        error_messages: ClassVar[dict[str, dict[str, Any]]] = {
            "phone": {"unique": _("Somebody has this number already. Open their account, and give them their rights.")}
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].required = True

    def clean_phone(self) -> str:
        """The number in E.164, however it is typed."""
        phone = to_e164(self.cleaned_data["phone"])
        if phone is None:
            raise ValidationError(_("This is not a valid phone number."))
        return phone


@admin.register(User)
class UserAdmin(CityAdmin, auth_admin.UserAdmin[User]):
    """Users. Nobody changes their identity; accounts are suspended and restored in cases of `backend.moderation`.

    Only administrators add staff, give roles and change the accounts of staff. Nobody changes their own role.
    """

    list_display = ["display_name", "phone", "locale", "is_active", "role", "created_at"]
    list_filter = ["is_active", "role", "locale"]
    search_fields = ["display_name", "phone", "id"]
    readonly_fields = ["id", "phone", "is_active", "case_page", when("created_at"), when("erased_at")]
    filter_horizontal = ()
    ordering = ["-created_at"]
    actions = ["reset_second_factor"]
    add_form = OfficerForm
    add_fieldsets = [(None, {"fields": ["phone", "display_name", "locale", "role", "password1", "password2"]})]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the rights to administrators alone, and the way to a case to moderators."""
        if obj is None:
            return self.add_fieldsets
        may_open = request.user.has_perm("moderation.change_case") and not obj.erased_at
        rights = [(_("Rights in the admin"), {"fields": RIGHTS})] if _is_administrator(request) else []
        return [(None, {"fields": [*ABOUT, *(["case_page"] if may_open else [])]}), *rights]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Nobody removes their own rights: the last administrator could not get them back. Erased accounts get none."""
        if obj is None:
            return []
        return [*self.readonly_fields, *(["role"] if obj.erased_at or obj.pk == request.user.pk else [])]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save what was changed; a role is given by its service."""
        role, changed = obj.role, set(form.changed_data)
        if not change:
            obj.role = ""
            obj.save()
        elif plain := changed - {"role"}:
            obj.save(update_fields=[*plain, "shown_name"])
        if not change or "role" in changed:
            give_role(by=cast(User, request.user), user=obj, role=role)

    @admin.display(description=_("moderation"))
    def case_page(self, user: User) -> str:
        """A link to open a case about the user, where moderators suspend, ban and restore accounts."""
        address = reverse("admin:moderation_case_add", query={"person": user.pk})
        return format_html('<a href="{}">{}</a>', address, _("Open a case about this person"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Administrators add staff. Other people sign up themselves."""
        return _is_administrator(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only administrators change the accounts of staff."""
        is_ours = obj is None or not (obj.is_staff or obj.is_superuser) or _is_administrator(request)
        return is_ours and super().has_change_permission(request, obj)

    def has_administer_permission(self, request: HttpRequest) -> bool:
        return _is_administrator(request)

    @admin.action(description=_("Let them set up another app as their second factor"), permissions=["administer"])
    def reset_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """For staff who have lost their phone and their recovery codes."""
        for user in queryset:
            reset_second_factor(user=user)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        """Let administrators set a password; everybody else changes their own, at the top of each page."""
        if not _is_administrator(request):
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Accounts are anonymised, never deleted: the kilograms stay."""
        return False


@admin.register(Session)
class SessionAdmin(CityAdmin, admin.ModelAdmin[Session]):
    list_display = ["user", "device_name", "created", "expiry"]
    list_select_related = ["user"]
    search_fields = ["user__display_name", "user__phone"]
    fields = readonly_fields = ("user", "device_name", "created", "expiry")
    ordering = ["-created"]
    actions = ["revoke"]

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Whether the user may sign people out."""
        return request.user.has_perm("accounts.change_session")

    def has_change_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        """Never: a session begins and ends."""
        return False

    @admin.action(description=_("Sign out on these devices"), permissions=["manage"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Session]) -> None:
        end_sessions(queryset)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only a sign-in makes a session."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        """Ended by the action, which closes the sockets too."""
        return False


@admin.register(Report)
class ReportAdmin(ReadOnly, admin.ModelAdmin[Report]):
    """Every report; moderators handle them in the cases of `backend.moderation`."""

    list_display = ["created_at", "reason", "reported", "reporter", "outcome", "handled_at"]
    list_select_related = ["reported", "reporter"]
    list_filter = ["reason", "outcome", ("handled_at", admin.EmptyFieldListFilter)]
    readonly_fields = ["page"]
    fields = ["created_at", "reason", "reported", "reporter", "page", "text", "outcome", "handled_by", "handled_at"]
    ordering = ["-created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        """Leave out reports by or about the reader."""
        return super().get_queryset(request).exclude(reporter=request.user.pk).exclude(reported=request.user.pk)

    @admin.display(description=_("subject"))
    def page(self, report: Report) -> str:
        """The subject, as a link to its page where it has one."""
        address = _page_of(report.subject, self.admin_site)
        return format_html('<a href="{}">{}</a>', address, report.subject) if address else report.subject or "-"


@admin.register(StaffRecord)
class StaffRecordAdmin(ReadOnly, admin.ModelAdmin[StaffRecord]):
    """What staff looked at and did, for administrators."""

    list_display = ["at", "staff", "page", "object_id", "is_act", "short_detail", "status", "address"]
    list_filter = ["is_act", "page", "at"]
    list_select_related = ["staff"]
    search_fields = ["=object_id", "staff__display_name", "staff__phone"]
    ordering = ["-id"]
    show_full_result_count = False

    def has_view_permission(self, request: HttpRequest, obj: StaffRecord | None = None) -> bool:
        return _is_administrator(request)

    @admin.display(description=_("detail"))
    def short_detail(self, record: StaffRecord) -> str:
        """Its beginning; the page of the record has the whole."""
        return Truncator(record.detail).chars(DETAIL_SHOWN)


# Roles stand in the code, and nobody reads the keys of second factors.
for hidden in (Group, TOTPDevice, StaticDevice):
    admin.site.unregister(hidden)


def _is_administrator(request: HttpRequest) -> bool:
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))


def _page_of(subject: str, site: admin.AdminSite) -> str | None:
    """The address of the admin's page about `pickup:<id>`; None where there is no such page or row."""
    name, _colon, typed_id = subject.partition(":")
    name, row_id = name.strip().casefold(), parse_id(typed_id.strip())
    for kind in ContentType.objects.filter(model=name) if row_id else ():
        model = kind.model_class()
        if model is None or not site.is_registered(model) or not isinstance(model._meta.pk, UUIDField):
            continue
        if kind.get_all_objects_for_this_type(pk=row_id).exists():
            return reverse(f"admin:{kind.app_label}_{name}_change", args=[row_id])
    return None
