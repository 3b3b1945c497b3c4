"""Cursor pages: `{"results": [...], "next": url|null}`. They stay right while rows are added."""

from typing import Any

from rest_framework.pagination import CursorPagination
from rest_framework.response import Response


class CursorPages(CursorPagination):
    """Newest first by the time-ordered id. `limit` sets the page, 20 by default and 100 at most."""

    ordering = "-id"
    page_size = 20
    max_page_size = 100
    page_size_query_param = "limit"

    def get_paginated_response(self, data: Any) -> Response:
        """The page without a backward link, which no client needs."""
        return Response({"results": data, "next": self.get_next_link()})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """How the page looks in OpenAPI."""
        next_link = {"type": "string", "nullable": True, "format": "uri"}
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {"results": schema, "next": next_link},
        }
