"""Cursor pages: `{"results": [...], "next": url|null}`. They stay right while rows are added."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db.models import Model
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from backend.core.errors import Invalid
from backend.core.http.responses import ResponseBody

M = TypeVar("M", bound=Model)
R = TypeVar("R")


class CursorInvalid(Invalid):
    """The cursor was not made by a page."""

    code = "cursor_invalid"
    message = _("This page does not exist. Start again from the first one.")
    advice = _("Load the list again from its beginning.")


class CursorPages(CursorPagination):
    """Newest first by the time-ordered id. `limit` sets the page, 20 by default and 100 at most."""

    ordering = "-id"
    page_size = 20
    max_page_size = 100
    # Above every position; its type is that of the ordering field.
    newest: Any = uuid.UUID(int=2**128 - 1)
    page_size_query_param = "limit"

    def respond_rows(
        self, request: Request, fetch: Callable[[Any, int], Sequence[R]], body_of: Callable[[R], ResponseBody]
    ) -> Response:
        """One page of a prepared statement, each row as `body_of` makes it.

        `fetch(before, limit)` returns at most `limit` rows below `before`, the newest first.
        """
        return self.respond_rows_page(request, fetch, lambda rows: [body_of(row) for row in rows])

    def respond_rows_page(
        self,
        request: Request,
        fetch: Callable[[Any, int], Sequence[R]],
        bodies_of: Callable[[Sequence[R]], Sequence[ResponseBody]],
    ) -> Response:
        """The same; `bodies_of` gets all rows of the page. Raises CursorInvalid."""
        limit = self.get_page_size(request) or self.page_size
        rows = fetch(self._position_in(request), limit + 1)
        page, link = rows[:limit], None
        if len(rows) > limit:
            self.base_url = request.build_absolute_uri()
            position: Any = self.position_of(page[-1])
            link = self.encode_cursor(Cursor(offset=0, reverse=False, position=position))
        return Response({"results": bodies_of(page), "next": link})

    def _position_in(self, request: Request) -> Any:
        """The position in the cursor, or `newest` for the first page."""
        try:
            cursor: Any = self.decode_cursor(request)
            return self.newest if cursor is None else self.parse_position(cursor.position)
        except (NotFound, TypeError, ValueError) as error:
            raise CursorInvalid(field=self.cursor_query_param) from error

    def position_of(self, row: Any) -> str:
        """The text of a row's position, which a cursor holds."""
        return str(getattr(row, self.ordering.removeprefix("-")))

    def parse_position(self, text: Any) -> Any:
        """The position with this text, for `fetch`. Raises TypeError or ValueError."""
        return type(self.newest)(text)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """How the page looks in OpenAPI."""
        next_link = {"type": "string", "nullable": True, "format": "uri"}
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {"results": schema, "next": next_link},
        }
