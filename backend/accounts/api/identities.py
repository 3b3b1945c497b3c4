"""The ways to sign in to one's account: list, link and unlink them."""

from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from backend.accounts.api.sign_in import Proof, credentials_in, with_examples
from backend.accounts.authentication import session_of, user_of
from backend.accounts.identity import Identity, identify
from backend.accounts.models import IdentityKind
from backend.accounts.responses import Identities
from backend.accounts.services.identities import link_identity, unlink_identity
from backend.core.http.views import ApiView


@with_examples
class LinkIdentity(Proof):
    """Proof of what is to be linked: `demo` needs `phone`, `firebase` and `line` need `token`."""


class IdentitiesView(ApiView):
    proved: Identity

    def get_throttles(self) -> list[BaseThrottle]:
        """A proof costs as much as at sign-in."""
        if self.request.method == "POST":
            self.rate_scope = "sign_in"
        return super().get_throttles()

    @extend_schema(
        summary="List the ways in which you can sign in",
        operation_id="list_identities",
        tags=["accounts"],
        responses={200: Identities},
    )
    def get(self, request: Request) -> Response:
        """Phone number, Firebase and LINE, as far as they are linked."""
        return Response(Identities.of(user_of(request)))

    def prepare(self, request: Request) -> None:
        """Check the proof, which may ask Firebase or LINE."""
        self.proved = identify(credentials_in(request, LinkIdentity))

    @extend_schema(
        summary="Link another way to sign in",
        operation_id="link_identity",
        description="An unused account that has it is merged into yours. A new phone number replaces the old one.",
        tags=["accounts"],
        request=LinkIdentity,
        responses={200: Identities},
    )
    def post(self, request: Request) -> Response:
        """The same proof as for signing in."""
        user = link_identity(user=user_of(request), identity=self.proved, now=self.now)
        return Response(Identities.of(user))


class IdentityView(ApiView):
    @extend_schema(
        summary="Unlink a way to sign in",
        operation_id="unlink_identity",
        description="`kind` is `phone`, `firebase` or `line`. Signs you out on all other devices.",
        tags=["accounts"],
        responses={204: None},
    )
    def delete(self, request: Request, kind: str) -> Response:
        """409 for the last one."""
        user, session = user_of(request), session_of(request)
        unlink_identity(user=user, kind=cast(IdentityKind, kind), keep=session, now=self.now)
        return Response(status=204)
