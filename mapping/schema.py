"""How does the OpenAPI schema describe who may ask, and what goes wrong? The same for every path (RFC 9457)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers


class ProblemSerializer(serializers.Serializer):
    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(required=False)
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="By parameter, what is wrong with it.",
    )


def problem(description: str) -> OpenApiResponse:
    return OpenApiResponse(ProblemSerializer, description=description)


PROBLEMS = {
    (400, "application/problem+json"): problem("An unknown parameter, or a value outside its list."),
    (401, "application/problem+json"): problem("No token, or one that is unknown or expired."),
    (403, "application/problem+json"): problem("The token lacks the scope."),
    (404, "application/problem+json"): problem("Does not exist, or lies outside the token's territory."),
    (429, "application/problem+json"): problem("Too many requests."),
}


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.tokens.ScopedTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token …`, as `manage.py issue_token` prints it once.",
        }
