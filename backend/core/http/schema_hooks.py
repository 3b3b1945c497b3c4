"""What code generators and readers need of docs/openapi.yaml, added to the finished document."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from drf_spectacular.hooks import postprocess_schema_enums
from inflection import camelize

from backend.core.http.problems import problem
from backend.core.http.schema_links import add_links

Schema = dict[str, Any]
ASYNCAPI = Path(settings.BASE_DIR) / "docs" / "asyncapi.yaml"
CODES = "x-codes"  # from `ProblemAutoSchema` to `add_problems`; not in the finished document
PROBLEM_EXAMPLES: Mapping[str, Schema] = {
    "not_found": problem(status=404, code="not_found", detail="We could not find this."),
    "rate_limited": problem(status=429, code="rate_limited", detail="Too many requests. Try again in 3 seconds."),
}
EXAMPLE_OF_FORMAT = {
    "uuid": "01936f5e-0000-7000-8000-000000000001",
    "date-time": "2026-11-23T08:02:03+07:00",
    "date": "2026-11-23",
    "partial-time": "21:30:00",
    "uri": "https://example.org/photo.jpg",
    "email": "somchai@example.org",
}
EXAMPLE_OF_NAME = {
    "access_note": "The blue gate beside the shop",
    "accuracy_m": 12.5,
    "algorithm": "sha-256",
    "address": "99 Sukhumvit 71, Bangkok",
    "app_version": "1.4.0",
    "area": "Watthana",
    "avatar_colour": "#0f766e",
    "amount": 20,
    "bio": "I collect on weekdays.",
    "body": "Somchai: I am at the gate",
    "capacity_kg": 200,
    "co2e_source": "US EPA WARM",
    "code": "arriving_in",
    "content_hash": "9f86d081884c7d65",
    "cursor": "MTcwMDAwMDAwMA",
    "detail": "Give a title.",
    "device_name": "Pixel 8",
    "display_name": "Somchai Jaidee",
    "distance_m": 450,
    "event": "match.made",
    "ewc_code": "15 01 02",
    "factor_set": "default",
    "factor_source": "US EPA WARM",
    "factor_version": "2026-01",
    "field": "title",
    "firebase_project": "tinder-for-trash",
    "first_name": "Somchai",
    "gross_kg": 5.4,
    "group": "courtesy",
    "how": "Rinse and flatten it",
    "icon": "♻️",
    "installation": "6f9619ff",
    "kg": 5,
    "kg_estimate": 5,
    "lat": 13.75,
    "link": "/matches/01936f5e-0000-7000-8000-000000000001",
    "lon": 100.52,
    "material": "pet",
    "materials": "pet",
    "month": "2026-11",
    "name": "Somchai Jaidee",
    "name_en": "PET bottles",
    "name_th": "ขวด PET",
    "net_kg": 5,
    "next": "https://example.org/api/v1/pickups?cursor=MTcwMDAwMDAwMA",
    "note": "Washed and flattened",
    "paid": 20,
    "phone": "+66812345678",
    "price_thb_per_kg": 4,
    "previous_hash": "60303ae22b998861",
    "protocol": "tft.v1",
    "quantity": 5,
    "radius_m": 3000,
    "rating": 4.8,
    "secret": "JBSWY3DPEHPK3PXP",
    "source": "US EPA WARM",
    "stream": "plastic",
    "subject": "pickup:01936f5e-0000-7000-8000-000000000001",
    "summary": "5 kg of PET bottles",
    "tare_kg": 0.4,
    "text": "I am at the gate",
    "ticket": "r5GQ2m0T",
    "time_zone": "Asia/Bangkok",
    "title": "Bottles and cans",
    "token": "8c1f0b6a2d",
    "type": "event",
    "unit": "kg",
    "url": "wss://example.org/ws/v1/",
    "value": "10",
    "vehicle": "tricycle",
    "version": "1",
    "why": "Food spoils the rest",
}


def keep_api(endpoints: list[Any]) -> list[Any]:
    """A hook for drf-spectacular: docs/openapi.yaml is about the API; the open feed describes itself."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/v1/")]


def finish_schema(result: Schema, generator: Any, **options: Any) -> Schema:
    """A hook for drf-spectacular, in place of its own, which it calls first."""
    return _finish(result, generator, add_event_data)


def finish_feed_schema(result: Schema, generator: Any, **options: Any) -> Schema:
    """The same for the document of the open feed, which has no events."""
    return _finish(result, generator, lambda schemas: None)


def _finish(result: Schema, generator: Any, add_schemas: Callable[[Schema], None]) -> Schema:
    postprocess_schema_enums(result, generator)  # type: ignore[no-untyped-call]
    schemas = result["components"]["schemas"]
    give_nullables_a_type(schemas)
    drop_empty_defaults(schemas)
    add_schemas(schemas)
    for operation in _operations_of(result):
        add_problems(operation, schemas)
        add_examples(operation, schemas)
        add_links(operation)
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result


def _operations_of(result: Schema) -> Iterator[Schema]:
    for path in result["paths"].values():
        yield from path.values()


def give_nullables_a_type(schemas: Schema) -> None:
    """`nullable` counts only beside a `type`, also where the rest is a reference."""
    for schema in _all_dicts(schemas):
        if schema.get("nullable") is True and "type" not in schema and "allOf" in schema:
            schema["type"] = _resolve(schema["allOf"][0], schemas).get("type", "object")


def _all_dicts(value: Any) -> Iterator[Schema]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _all_dicts(item)


def _resolve(schema: Schema, schemas: Schema) -> Schema:
    reference: str = schema.get("$ref", "")
    found: Schema = schemas[reference.rpartition("/")[2]] if reference else schema
    return found


def drop_empty_defaults(schemas: Schema) -> None:
    """A default of "" says no more than `required`, and is no value of an enum."""
    for schema in _all_dicts(schemas):
        if schema.get("default") == "":
            del schema["default"]
            if list(schema) == ["allOf"]:
                schema.update(schema.pop("allOf")[0])


def add_event_data(schemas: Schema) -> None:
    """`EventData` and `PickupClosedFrame`, from docs/asyncapi.yaml.

    `EventData` has the fields of all events, each with the events that have it, because generators make no use of a
    union with a type per event. A field that is an id in one event and an object in another has no type.
    """
    described = yaml.safe_load(ASYNCAPI.read_text())["components"]
    schemas["PickupClosedFrame"] = _as_openapi(described["messages"]["pickupClosed"]["payload"])
    types: dict[str, list[Schema]] = defaultdict(list)
    events: dict[str, list[str]] = defaultdict(list)
    for event, data in described["schemas"]["eventData"]["properties"].items():
        for name, part in data["properties"].items():
            types[name].append({key: word for key, word in _as_openapi(part).items() if key != "description"})
            events[name].append(event)
    properties = {
        name: (parts[0] if all(part == parts[0] for part in parts) and "$ref" not in parts[0] else {})
        | {"description": f"Of {', '.join(events[name])}."}
        for name, parts in types.items()
    }
    text = "What the event is about. Which fields are there follows from `event`; docs/asyncapi.yaml says more."
    example = {"match": EXAMPLE_OF_FORMAT["uuid"], "title": EXAMPLE_OF_NAME["title"]}
    schemas["EventData"] = {"type": "object", "description": text, "properties": properties, "example": example}


def _as_openapi(schema: Any) -> Any:
    """A schema of AsyncAPI 3 in the words of OpenAPI 3.0."""
    if not isinstance(schema, dict):
        return [_as_openapi(item) for item in schema] if isinstance(schema, list) else schema
    words = {name: _as_openapi(part) for name, part in schema.items() if part != []}
    if "const" in words:
        # As Structs have their tag: Swift has no name for an enum of the field `type`.
        words |= {"type": "string", "default": words.pop("const")}
    if isinstance(words.get("type"), list):
        words |= {"type": words["type"][0], "nullable": True}
    return words


def add_problems(operation: Schema, schemas: Schema) -> None:
    """Name the codes of this operation in a component of its own, such as `SignInProblem`."""
    codes = operation.pop(CODES)
    name = f"{camelize(operation['operationId'])}Problem"
    example = PROBLEM_EXAMPLES["not_found" if "not_found" in codes else "rate_limited"]
    schemas[name] = {
        "allOf": [{"$ref": "#/components/schemas/Problem"}],
        "type": "object",
        "description": f"A refusal of `{operation['operationId']}`.",
        "properties": {"code": {"type": "string", "enum": codes}},
        "required": ["code"],
        "example": example,
    }
    body = {"application/problem+json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    for status in ("4XX", "default"):
        operation["responses"][status] = {"content": body, "description": "Refused; see `code`."}


def add_examples(operation: Schema, schemas: Schema) -> None:
    """An example of each JSON body, made of examples of its fields. Written ones stay."""
    request = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if request and "examples" not in request:
        request["example"] = example_of(request["schema"], schemas, required_only=True)
    for response in operation["responses"].values():
        body = response.get("content", {}).get("application/json")
        if body and "examples" not in body:
            body["example"] = example_of(body["schema"], schemas)


def example_of(schema: Schema, schemas: Schema, name: str = "", *, required_only: bool = False) -> Any:
    """A value that `schema` allows. With `required_only` an object leaves out what it may, unless all is optional."""
    schema = _resolve(schema, schemas)
    if "allOf" in schema and "properties" not in schema:
        return example_of(schema["allOf"][0], schemas, name, required_only=required_only)
    if (known := schema.get("example", schema.get("default"))) is not None:
        return known
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "array":
        return [example_of(schema["items"], schemas, name, required_only=required_only)]
    if "properties" in schema:
        names = (required_only and schema.get("required")) or schema["properties"]
        return {
            name: example_of(part, schemas, name, required_only=required_only)
            for name, part in schema["properties"].items()
            if name in names
        }
    return _scalar_example(schema, name)


def _scalar_example(schema: Schema, name: str) -> Any:
    kind, value = schema.get("type", "object"), EXAMPLE_OF_NAME.get(name)
    if kind == "string":
        known = EXAMPLE_OF_FORMAT.get(schema.get("format", ""))
        return known or (value if isinstance(value, str) else name)
    if kind in {"integer", "number"}:
        return value if isinstance(value, int) or (value and kind == "number") else max(1, schema.get("minimum", 1))
    return False if kind == "boolean" else {}
