"""How the API describes itself in OpenAPI: responses are Structs, and every operation may return problem details."""

import inspect
import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

import msgspec
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import (
    append_meta,
    build_array_type,
    build_choice_description_list,
    build_object_type,
    get_doc,
    resolve_type_hint,
)
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS

from backend.core.http.idempotency import HEADER, answer_once, key_of
from backend.core.http.refusals import codes_reached_from
from backend.core.http.responses import ResponseBody
from backend.core.http.schema_hooks import CODES
from backend.core.http.views import ApiView

Schema = dict[str, Any]


class FieldProblem(serializers.Serializer[Any]):
    """What is wrong with one field."""

    field = serializers.CharField(help_text="Dotted path, such as items.0.quantity.")
    code = serializers.CharField()
    detail = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """RFC 9457 problem details."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="In the reader's language.")
    code = serializers.CharField(help_text="Stable; programs decide by it.")
    errors = FieldProblem(many=True, required=False)  # type: ignore[assignment] # a field, declared as DRF does it


class ProblemAutoSchema(AutoSchema):
    """Adds the codes of refusals and the `Idempotency-Key` header to every operation they apply to."""

    def get_override_parameters(self) -> list[Any]:
        if not self._takes_key():
            return []
        text = "1 to 200 printable characters. The same key repeats the first answer and changes nothing."
        return [OpenApiParameter(HEADER, str, OpenApiParameter.HEADER, description=text)]

    def get_operation(self, *arguments: Any, **options: Any) -> Any:
        """The operation with its codes; without `security` it is for everybody."""
        operation = super().get_operation(*arguments, **options)
        if operation is None:
            return None
        self.resolve_serializer(Problem, "response")
        operation.setdefault("security", [])
        operation[CODES] = sorted(self._codes(operation))
        return operation

    def _codes(self, operation: Schema) -> set[str]:
        """What any operation of its kind may be refused with, and what its own code refuses."""
        codes = {"bad_request", "overloaded", "rate_limited", "server_error", "unavailable"}
        roots: list[Any] = [getattr(type(self.view), self.method.lower()), type(self.view).initial]
        if "{" in self.path:
            codes.add("not_found")
        if "requestBody" in operation:
            codes |= {"body_too_large", "body_unreadable", "unsupported_media_type"}
        if self.view.authentication_classes:
            codes.add("token_invalid")
        if operation["security"]:
            codes.add("token_missing")
            if self.method not in {*SAFE_METHODS, *cast(ApiView, self.view).methods_for_suspended}:
                codes.add("account_suspended")
        if self._takes_key():
            roots += [key_of, answer_once] if operation["security"] else [key_of]
            roots += filter(None, [cast(type[ApiView], type(self.view)).prepare])
        return codes | codes_reached_from(*roots)

    def _takes_key(self) -> bool:
        return self.method in cast(ApiView, self.view).methods_with_key


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """`Authorization: Bearer <token>`, the token that sign-in handed out."""

    target_class = "backend.accounts.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> Schema:
        return {"type": "http", "scheme": "bearer"}


class StructSerializer(serializers.BaseSerializer[Any]):
    """Stands for a Struct where a serializer is expected: in a list, or as a field of another serializer."""

    def __init__(self, struct: type[ResponseBody], **options: Any) -> None:
        self.struct: Any = struct
        super().__init__(**options)

    def to_representation(self, instance: Any) -> ResponseBody:
        """The Struct itself; the renderer encodes it."""
        body: ResponseBody = self.struct.of(instance)
        return body


def list_of(struct: type[ResponseBody]) -> StructSerializer:
    """The schema of a list of `struct`; of a cursor page of them where the view has a `pagination_class`."""
    return StructSerializer(struct, many=True)


class StructExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Describes a Struct as the component of its name."""

    target_class = "backend.core.http.responses.ResponseBody"
    match_subclasses = True

    @property
    def struct(self) -> type[ResponseBody]:
        return self.target  # type: ignore[no-any-return]

    def get_name(self, auto_schema: Any, direction: Any) -> str:
        return self.struct.__name__

    def get_identity(self, auto_schema: Any, direction: Any) -> Any:
        """The class itself, so that two Structs with one name are noticed."""
        return self.struct

    def map_serializer(self, auto_schema: Any, direction: Any) -> Schema:
        """An object with the fields of the Struct; those without a default are required."""
        fields, config = msgspec.structs.fields(self.struct), self.struct.__struct_config__
        properties = {field.encode_name: _field_schema(field, auto_schema) for field in fields}
        if config.tag_field:
            properties = {config.tag_field: {"type": "string", "default": config.tag}} | properties
        required = [field.encode_name for field in fields if field.required]
        return build_object_type(properties, required, get_doc(self.struct))


class StructSerializerExtension(StructExtension):  # type: ignore[no-untyped-call]
    """Describes the Struct that a `StructSerializer` stands for."""

    target_class = "backend.core.http.schema.StructSerializer"

    @property
    def struct(self) -> type[ResponseBody]:
        return self.target.struct  # type: ignore[no-any-return]


def _field_schema(field: msgspec.structs.FieldInfo, auto_schema: Any) -> Schema:
    schema = _type_schema(field.type, auto_schema)
    has_default = field.default not in (msgspec.NODEFAULT, msgspec.UNSET, None)
    return append_meta(schema, {"default": field.default}) if has_default else schema


def _type_schema(hint: Any, auto_schema: Any) -> Schema:
    """The schema of a field's type. Raises UnableToProceedError for a type that OpenAPI cannot describe."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _annotated_schema(_type_schema(arguments[0], auto_schema), arguments[1:])
    if origin in {Union, types.UnionType}:
        return _union_schema(arguments, auto_schema)
    if origin in {list, tuple}:
        return build_array_type(_type_schema(arguments[0], auto_schema))
    if origin in {dict, Mapping}:
        return build_object_type(additionalProperties=_type_schema(arguments[1], auto_schema))
    if inspect.isclass(hint) and issubclass(hint, msgspec.Struct):
        component: Schema = auto_schema.resolve_serializer(hint, "response").ref
        return component
    schema: Schema = resolve_type_hint(hint) if hint is not Any else {}  # type: ignore[no-untyped-call]
    if "enum" in schema and "description" not in schema:
        schema["description"] = build_choice_description_list([(value, value) for value in schema["enum"]])
    return _without_blank(schema) if "" in schema.get("enum", ()) else schema


def _without_blank(schema: Schema) -> Schema:
    """A plain string, described by its values: most languages have no name for a blank value of an enum."""
    values = [value for value in schema["enum"] if value]
    text = ", ".join(f"`{value}`" for value in values)
    return {"type": "string", "description": f"One of {text}; or empty.", "example": values[0]}


def _annotated_schema(schema: Schema, annotations: tuple[msgspec.Meta, ...]) -> Schema:
    meta: Schema = {}
    for annotation in annotations:
        meta |= annotation.extra_json_schema or {}
        if "$ref" in meta:
            return meta
        if annotation.description:
            # An enum is described by its values, in a paragraph of its own.
            own = schema.pop("description", None) if "enum" in schema else None
            meta["description"] = f"{annotation.description}\n\n{own}" if own else annotation.description
    return append_meta(schema, meta)


def _union_schema(arguments: tuple[Any, ...], auto_schema: Any) -> Schema:
    """`X | None` is a nullable X; `X | UnsetType` an X or absent; `Choices | Literal[""]` a string, often empty."""
    known = [hint for hint in arguments if hint not in (type(None), msgspec.UnsetType, Literal[""])]
    schema = _type_schema(known[0], auto_schema) if len(known) == 1 else None
    if schema is None:
        schema = {"oneOf": [_type_schema(hint, auto_schema) for hint in known]}
    if Literal[""] in arguments:
        schema["enum"].append("")
        schema = _without_blank(schema)
    return append_meta(schema, {"nullable": True}) if type(None) in arguments else schema
