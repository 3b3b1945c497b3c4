"""`/erase`: erasing an account without the app, by the proof with which its user signs in."""

from collections.abc import Mapping
from typing import Any, cast

from django.conf import settings
from django.core import signing
from django.http import HttpResponse
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from backend.accounts.api.sign_in import Proof, credentials_in
from backend.accounts.errors import ConfirmationInvalid
from backend.accounts.identity import Identity, identify, provider_names
from backend.accounts.services.account import erase_by_identity
from backend.accounts.services.identities import use_up
from backend.core.clock import read_clock
from backend.core.http.pages import PageView, render_page
from backend.core.http.problems import problem_response
from backend.core.http.throttling import ScopedThrottle

TEMPLATE = "accounts/erase.html"
SALT = "accounts.erase"
CONFIRM_WITHIN_S = 600


class EraseView(PageView):
    """Pages that look the same whether there is an account or not."""

    parser_classes = (FormParser, MultiPartParser)
    rate_scope = "sign_in"

    def get_throttles(self) -> list[BaseThrottle]:
        """What is sent counts as a sign-in."""
        return [ScopedThrottle()] if self.request.method == "POST" else []

    def get(self, request: Request) -> HttpResponse:
        """What erasing means, and the ways to prove who one is."""
        return _page(request, {})

    def post(self, request: Request) -> HttpResponse:
        """Check the proof, and ask for confirmation."""
        identity = identify(credentials_in(request, Proof))
        use_up(identity)
        return _page(request, {"confirmation": _sign(identity)})

    def handle_exception(self, exc: Exception) -> Any:
        """A refusal as a line of the page."""
        refusal = problem_response(exc)
        if refusal is None or refusal.status_code == 405:
            return super().handle_exception(exc)
        problem = cast(Mapping[str, Any], refusal.data)
        text = " ".join([problem["detail"], *(error["detail"] for error in problem.get("errors", []))])
        page = _page(self.request, {"error": text}, status=refusal.status_code)
        if "Retry-After" in refusal.headers:
            page["Retry-After"] = refusal.headers["Retry-After"]
        return page


class ConfirmErasureView(EraseView):
    """The confirmation, for `CONFIRM_WITHIN_S`."""

    def post(self, request: Request) -> HttpResponse:
        """Erase the account, if there is one."""
        erase_by_identity(identity=_identity_in(request.POST.get("confirmation", "")), now=read_clock())
        return _page(request, {"is_done": True})


def _page(request: Request, content: Mapping[str, object], status: int = 200) -> HttpResponse:
    rules = {"grace_days": settings.ERASURE_GRACE_DAYS, "case_days": settings.CASE_EVIDENCE_DAYS}
    page = render_page(request, TEMPLATE, {"providers": provider_names(), **rules, **content}, status=status)
    page["Cache-Control"] = "no-store"
    return page


def _sign(identity: Identity) -> str:
    proved = [identity.phone, identity.firebase_uid, identity.line_id, sorted(identity.deleted_uids)]
    return signing.dumps(proved, salt=SALT)


def _identity_in(confirmation: str) -> Identity:
    """Raises ConfirmationInvalid."""
    try:
        phone, uid, line_id, deleted = signing.loads(confirmation, salt=SALT, max_age=CONFIRM_WITHIN_S)
    except signing.BadSignature as error:
        raise ConfirmationInvalid from error
    return Identity(phone=phone, firebase_uid=uid, line_id=line_id, deleted_uids=frozenset(deleted))
