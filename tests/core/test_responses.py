"""Response bodies: what is encoded, and how it is described."""

import json
import uuid
from datetime import UTC, datetime, time
from decimal import Decimal
from types import SimpleNamespace
from typing import Annotated, Any, Literal

import msgspec
import pytest
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from drf_spectacular.generators import SchemaGenerator

from backend.accounts.models import User
from backend.core.http.responses import JSONRenderer, ResponseBody, to_json_values
from backend.core.http.schema import ProblemAutoSchema, StructExtension


class Inner(ResponseBody):
    """A nested body."""

    name: str


class Outer(ResponseBody, tag="outer"):
    """A body with fields of all kinds."""

    id: uuid.UUID
    at: datetime
    kg: Decimal | None
    locale: Annotated[User.Locale, msgspec.Meta(description="Of the reader.")]
    mode: Literal["a", "b"] | None
    inner: Annotated[Inner | None, msgspec.Meta(description="If any.")]
    rows: list[Inner]
    counts: dict[str, int]
    until: time | None = msgspec.field(name="to", default=None)
    count: int = 0


def described(struct: type[ResponseBody]) -> dict[str, Any]:
    auto_schema = ProblemAutoSchema()
    auto_schema.registry = SchemaGenerator().registry  # type: ignore[no-untyped-call]
    extension = StructExtension(struct)  # type: ignore[no-untyped-call]
    return extension.map_serializer(auto_schema, "response")


def rendered(body: object) -> str:
    return JSONRenderer().render(body).decode()


class TestJSON:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), '"2026-01-02T03:04:05Z"'),
            (datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=UTC), '"2026-01-02T03:04:05.000600Z"'),
            (Decimal("4.50"), "4.50"),
            (uuid.UUID(int=0xAB), '"00000000-0000-0000-0000-0000000000ab"'),
            ("ขวด", '"ขวด"'),
            (mark_safe("<b>"), '"<b>"'),
            (User.Locale.THAI, '"th"'),
            (None, ""),
        ],
    )
    def test_spells_values(self, value: object, text: str) -> None:
        assert rendered(value) == text

    def test_translates_when_rendered(self) -> None:
        with override("en"):
            assert rendered({"title": _("phone")}) == '{"title":"phone"}'

    def test_refuses_what_has_no_form(self) -> None:
        with pytest.raises(NotImplementedError):
            rendered(object())

    def test_stores_what_was_rendered(self) -> None:
        body = {"rows": [Inner(name="x")], "kg": Decimal("1.5")}

        assert to_json_values(body) == json.loads(rendered(body))


class TestOf:
    def test_reads_attributes_of_nested_objects(self) -> None:
        source = SimpleNamespace(
            id=uuid.uuid4(), at=datetime.now(UTC), kg=Decimal(1), locale="th", mode=None, counts={"x": 1}, until=None,
            count=1, inner=SimpleNamespace(name="inner"), rows=[SimpleNamespace(name="row")],
        )  # fmt: skip

        body = Outer.of(source)

        assert (body.locale, body.inner, body.rows) == (User.Locale.THAI, Inner(name="inner"), [Inner(name="row")])

    def test_refuses_another_type(self) -> None:
        with pytest.raises(msgspec.ValidationError):
            Inner.of(SimpleNamespace(name=1))


class TestSchema:
    def test_requires_all_without_a_default(self) -> None:
        schema = described(Outer)

        assert set(schema["properties"]) - set(schema["required"]) == {"type", "to", "count"}
        assert schema["description"] == "A body with fields of all kinds."

    @pytest.mark.parametrize(
        ("name", "schema"),
        [
            ("type", {"type": "string", "default": "outer"}),
            ("count", {"type": "integer", "default": 0}),
            ("id", {"type": "string", "format": "uuid"}),
            ("at", {"type": "string", "format": "date-time"}),
            ("kg", {"type": "number", "format": "double", "nullable": True}),
            ("to", {"type": "string", "format": "time", "nullable": True}),
            ("rows", {"type": "array", "items": {"$ref": "#/components/schemas/Inner"}}),
            ("counts", {"type": "object", "additionalProperties": {"type": "integer"}}),
        ],
    )
    def test_describes_types(self, name: str, schema: dict[str, Any]) -> None:
        assert described(Outer)["properties"][name] == schema

    def test_describes_a_nested_body(self) -> None:
        inner = described(Outer)["properties"]["inner"]

        assert inner == {"allOf": [{"$ref": "#/components/schemas/Inner"}], "nullable": True, "description": "If any."}

    def test_describes_choices(self) -> None:
        locale = described(Outer)["properties"]["locale"]

        assert locale["enum"] == ["th", "en"]
        assert locale["description"] == "Of the reader.\n\n* `th` - ไทย\n* `en` - English"

    def test_marks_nullable_choices_without_listing_null(self) -> None:
        mode = described(Outer)["properties"]["mode"]

        assert (mode["enum"], mode["nullable"]) == (["a", "b"], True)
