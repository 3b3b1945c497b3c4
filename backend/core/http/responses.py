"""Response bodies: each is defined once, as a typed Struct, and encoded by one JSON encoder.

How to write a response (see `notifications/api/devices.py`):

1. Define a `ResponseBody` with the name of its component in docs/openapi.yaml. Its docstring, its field types and the
   descriptions of its fields become the schema:

       class DeviceOut(ResponseBody):
           '''A registered device.'''

           id: uuid.UUID
           kind: Device.Kind                         # an enum: Django choices, StrEnum, or Literal["a", "b"]
           rating: Decimal | None                    # nullable; Decimals are JSON numbers
           address: Annotated[str, Meta(extra_json_schema={"format": "email"})]
           window_from: datetime = field(name="from")
           total: Annotated[int, Meta(description="How many there are.")]

   Every field is required in the schema unless it has a default; a field of `X | UnsetType = UNSET` may be absent. A
   nested Struct is a `$ref`.

2. Make it with `DeviceOut.of(device)`, which reads the attributes and properties of the same names, nested objects too,
   and checks their types. Where names differ, override `of` and call the constructor with keywords; it checks nothing
   (mypy does), and wants values as they are: `uuid.UUID`, aware `datetime`, `Decimal`.

3. Return it from the view with `Response(DeviceOut.of(device))`. Name it in the schema with `responses=DeviceOut`, or
   `responses=list_of(DeviceOut)` (`backend.core.http.schema`) for a list.

4. For a cursor page set `pagination_class = CursorPages` and return
   `CursorPages().respond_rows(request, partial(devices_of, user.pk), DeviceOut.of)`. The selector takes `before` and
   `limit`. Its SQL is a constant, prepared once and not compiled for each request (`columns_of` and `fetch_models` in
   `backend.core.db.prepared`). `respond_rows_page` gives all rows of a page to one function, which loads what belongs
   to them. The number of statements must not grow with the rows. A list without parameters of its own checks the names
   with `PageQuery.values_in(request)`.

5. Read responses in tests with `response.json()`; `response.data` is the Struct itself.

A DRF serializer that is not converted yet can nest a Struct as a field with `StructSerializer(DeviceOut)`
(`backend.core.http.schema`), which calls `DeviceOut.of`.
"""

from collections.abc import Mapping
from typing import Any, Self

import msgspec
from django.utils.functional import Promise
from rest_framework.renderers import BaseRenderer


class ResponseBody(msgspec.Struct):
    """Base of every response body."""

    @classmethod
    def of(cls, source: Any) -> Self:
        """The body with the attributes of `source`. Raises msgspec.ValidationError when one has another type."""
        return msgspec.convert(source, cls, from_attributes=True)


def described_as(component: str) -> msgspec.Meta:
    """For a field without a Struct: the component that the schema names."""
    return msgspec.Meta(extra_json_schema={"$ref": f"#/components/schemas/{component}"})


def _encode_other(value: object) -> str:
    """Lazy translations, and subclasses of str such as SafeString.

    Raises NotImplementedError for every other type, as msgspec asks of an encoding hook.
    """
    if isinstance(value, Promise | str):
        return str.__str__(str(value))
    raise NotImplementedError(f"{type(value).__name__} has no JSON form.")


encode_json = msgspec.json.Encoder(decimal_format="number", enc_hook=_encode_other).encode


def to_json_values(body: object) -> Any:
    """The body as dicts, lists, strings and numbers, for storage as JSON."""
    return msgspec.json.decode(encode_json(body))


class JSONRenderer(BaseRenderer):
    """Renders Structs, and dicts and lists with Structs in them, as JSON. The default renderer of all views."""

    media_type = "application/json"
    format = "json"
    charset = None  # JSON is UTF-8; it has no charset parameter

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """UTF-8. A response without data (204) has an empty body."""
        return b"" if data is None else encode_json(data)
