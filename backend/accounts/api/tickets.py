"""`POST /realtime/tickets`: the way from a session to a socket."""

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.authentication import session_of
from backend.accounts.responses import TicketAnswer
from backend.accounts.services.tickets import issue_ticket
from backend.core.http.views import ApiView


class TicketsView(ApiView):
    """Tickets for the socket."""

    @extend_schema(
        summary="Get a ticket that opens one socket, once",
        operation_id="issue_ticket",
        tags=["realtime"],
        request=None,
        responses={201: TicketAnswer},
    )
    def post(self, request: Request) -> Response:
        """Single use, `TICKET_S` seconds."""
        ticket, expires_at = issue_ticket(session=session_of(request), now=self.now)
        return Response(TicketAnswer(ticket=ticket, url=socket_url(), expires_at=expires_at), status=201)


def socket_url() -> str:
    """`wss://` (or `ws://` at home) beside the public address."""
    return f"ws{settings.PUBLIC_URL.removeprefix('http')}/ws/v1/"
