"""The admin's site: staff sign in with a password and a second factor, and everything they open is recorded."""

import ipaddress
from collections.abc import Callable
from functools import cache, wraps
from threading import BoundedSemaphore
from typing import Any, cast

import django_otp
import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import SimpleTemplateResponse, TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from rest_framework.throttling import BaseThrottle

from backend.accounts.models import User, hash_of_identity
from backend.accounts.services.second_factor import (
    CODE_CHARACTERS_MAX,
    begin_second_factor,
    confirm_second_factor,
    has_second_factor,
    verify_second_factor,
)
from backend.accounts.services.staff_log import record_staff
from backend.core.clock import read_clock
from backend.core.db.replica import read_from_replica
from backend.core.http.admin import admin_page
from backend.core.redis.limits import forget, hit, limit_for
from backend.core.text.phones_and_codes import to_e164

RATE_LIMITED = "rate_limited"
RETRY_AFTER_S = 60
TOO_MANY = _("Too many tries at present. Wait a minute, and try again.")
WRONG_CODE = _("This code is wrong or was used already. Wait for the next one.")


@cache
def _password_slots() -> BoundedSemaphore:
    """Limits how many passwords are checked at once: one takes a second of processor time. Others are refused."""
    return BoundedSemaphore(settings.STAFF_SIGN_INS)


class StaffLoginForm(AdminAuthenticationForm):
    """Phone number and password; tries are limited by account and by address."""

    def clean(self) -> dict[str, Any]:
        """Count the try before the password is checked."""
        account = hash_of_identity("phone", to_e164(self.data.get("username", "")) or "")
        address = BaseThrottle().get_ident(cast(Any, self.request))
        # Both are counted, whatever the first says.
        tries = limit_for("staff_account", account)
        may_try = [hit(tries), hit(limit_for("staff_address", address))]
        if not all(may_try) or not _password_slots().acquire(blocking=False):
            raise ValidationError(TOO_MANY, code=RATE_LIMITED)
        try:
            cleaned = super().clean()
        finally:
            _password_slots().release()
        forget(tries)
        return cleaned


class StaffSite(AdminSite):
    """The admin. CSRF protection is part of `admin_view`, of the login page and of the second factor's."""

    site_header = site_title = "Tinder for Trash"
    index_title = _("City administration")
    login_form = StaffLoginForm

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff whose second factor was checked in this session, where one is required."""
        return super().has_permission(request) and (not settings.ADMIN_SECOND_FACTOR or is_verified(request))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Record every page, and run it with the middlewares of the admin."""
        return admin_page(super().admin_view(_recorded(_with_lists_from_replica(view)), cacheable))

    @method_decorator(admin_page)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Ask for the password; redirect staff whose second factor is still to be checked."""
        if request.method == "GET" and super().has_permission(request) and not self.has_permission(request):
            return self._to_second_factor(request)
        response = super().login(request, extra_context)
        form = getattr(response, "context_data", {}).get("form") if request.method == "POST" else None
        if form is not None and form.has_error(NON_FIELD_ERRORS, RATE_LIMITED):
            response.status_code = 429
            response["Retry-After"] = str(RETRY_AFTER_S)
        if request.method == "POST":
            _record(request, response.status_code, page="login")
        return response

    def get_urls(self) -> list[URLResolver | URLPattern]:
        """Add the page of the second factor."""
        return [path("second-factor/", self.second_factor, name="second_factor"), *super().get_urls()]

    @method_decorator([admin_page, csrf_protect, never_cache])
    def second_factor(self, request: HttpRequest) -> HttpResponseBase:
        """Ask for a code; at the first sign-in set up an app."""
        if not super().has_permission(request):
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        is_set_up, codes = has_second_factor(request.user), list[str]()  # type: ignore[arg-type]
        if request.method == "POST":
            device, codes = self._check(request, is_set_up=is_set_up)
            if device is not None:
                django_otp.login(request, device)
            else:
                messages.error(request, WRONG_CODE)
            _record(request, 200 if device else 403, page="second_factor")
            if device is not None and not codes:
                return HttpResponseRedirect(_next_page(request))
        context = self.each_context(request) | {
            "title": _("Second factor"), "recovery_codes": codes, "next": _next_page(request),
        }  # fmt: skip
        if not is_set_up and not codes:
            context |= _enrolment(request)
        return TemplateResponse(request, "admin/second_factor.html", context)

    def _check(self, request: HttpRequest, *, is_set_up: bool) -> tuple[Any, list[str]]:
        code = request.POST.get("code", "").strip().replace(" ", "")[:CODE_CHARACTERS_MAX]
        user = cast(User, request.user)
        if not hit(limit_for("staff_account", f"code:{user.pk}")):
            return None, []
        if is_set_up:
            return verify_second_factor(user=user, code=code), []
        return confirm_second_factor(user=user, code=code)

    def _to_second_factor(self, request: HttpRequest) -> HttpResponse:
        page = redirect("admin:second_factor")
        page["Location"] += f"?{request.GET.urlencode()}" if request.GET else ""
        return page


def is_verified(request: HttpRequest) -> bool:
    """Whether the second factor was checked in this session."""
    return bool(cast(Any, request.user).is_verified())


def _enrolment(request: HttpRequest) -> dict[str, object]:
    device = begin_second_factor(user=cast(User, request.user))
    picture = segno.make(device.config_url, error="m").svg_inline(scale=5, border=4, dark="#000", light="#fff")
    return {"qr": _svg(picture), "secret": device.config_url.partition("secret=")[2].partition("&")[0]}


def _svg(picture: str) -> SafeString:
    return mark_safe(picture)  # noqa: S308 - drawn by segno


def _next_page(request: HttpRequest) -> str:
    """Where the user wanted to go, if that is here."""
    wanted: str = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours and wanted.startswith(reverse("admin:index")) else reverse("admin:index")


# --- Lists ------------------------------------------------------------------------------------------------
CHANGED_AT_S = "changed_at_s"


def _with_lists_from_replica(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Read lists from a replica, but not for staff who have just changed something: they look for their change."""

    @wraps(view)
    def show(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        def read() -> HttpResponseBase:
            response = view(request, *args, **kwargs)
            return response.render() if isinstance(response, SimpleTemplateResponse) else response

        if request.method == "POST":
            if settings.POSTGRES_REPLICA_HOST:
                request.session[CHANGED_AT_S] = read_clock().timestamp()
            return view(request, *args, **kwargs)
        page = request.resolver_match.url_name or "" if request.resolver_match else ""
        if page.endswith("_changelist") and not _has_just_changed(request):
            return read_from_replica(read)
        return view(request, *args, **kwargs)

    return show


def _has_just_changed(request: HttpRequest) -> bool:
    """Whether a replica may still be without the change."""
    since_s = read_clock().timestamp() - request.session.get(CHANGED_AT_S, 0)
    return bool(since_s < 2 * settings.POSTGRES_REPLICA_LAG_S)


# --- The log ----------------------------------------------------------------------------------------------
# Pages without personal data.
UNRECORDED = frozenset({"jsi18n", "index", "app_list"})


def _recorded(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Record each GET and POST of the page, refused ones too."""

    @wraps(view)
    def show(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        status = 500
        try:
            response = view(request, *args, **kwargs)
            status = response.status_code
        except PermissionDenied:
            status = 403
            raise
        finally:
            name = request.resolver_match.url_name if request.resolver_match else ""
            if name not in UNRECORDED:
                _record(request, status, page=name or request.path)
        return response

    return show


def _record(request: HttpRequest, status: int, *, page: str) -> None:
    kwargs = request.resolver_match.kwargs if request.resolver_match else {}
    record_staff(
        staff_id=request.user.pk,
        page=page,
        object_id=" ".join(str(value) for value in kwargs.values()),
        is_act=request.method == "POST",
        detail=_detail_of(request),
        status=status,
        address=_address_of(request),
        now=read_clock(),
    )


def _detail_of(request: HttpRequest) -> str:
    """What was searched for, and which actions were chosen for which rows; nothing else that was typed.

    `select_across` stands for all rows that were searched for. Nothing of a form of somebody who is not signed in.
    """
    searched = str(request.META.get("QUERY_STRING", ""))
    if request.method != "POST":
        return searched
    if not request.user.is_authenticated:
        return ""
    sent = request.POST
    across = ["select_across"] if set(sent.getlist("select_across")) - {"", "0"} else []
    return " ".join(filter(None, [*sent.getlist("action"), *across, *sent.getlist("_selected_action"), searched]))


def _address_of(request: HttpRequest) -> str | None:
    """The client's address; None where it is none, as on a Unix socket."""
    try:
        return str(ipaddress.ip_address(BaseThrottle().get_ident(cast(Any, request)) or ""))
    except ValueError:
        return None
