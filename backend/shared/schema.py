"""How this API describes itself in OpenAPI: every operation may answer with problem details."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from backend.shared.idempotency import HEADER


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
    """Adds the problem response and the `Idempotency-Key` header to every operation they apply to."""

    def get_override_parameters(self) -> list[Any]:
        """The header on POST."""
        if self.method != "POST":
            return []
        text = "1 to 200 printable characters. The same key repeats the first answer and changes nothing."
        return [OpenApiParameter(HEADER, str, OpenApiParameter.HEADER, description=text)]

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        problem = OpenApiResponse(Problem, description="Refused; see `code`.")
        describe: Any = self._get_response_for_code
        bodies["default"] = describe(problem, "default", ["application/problem+json"])
        return bodies


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """`Authorization: Bearer <token>`, the token that sign-in handed out."""

    target_class = "backend.accounts.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """The OpenAPI security scheme."""
        return {"type": "http", "scheme": "bearer"}
