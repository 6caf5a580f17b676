"""/api/v1 as a whole: errors as problem+json, pages, throttles, filters that refuse what they do not know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import exceptions
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

PROBLEM = "application/problem+json"
PRESENTATION = {"page", "page_size", "format"}


class Pages(PageNumberPagination):
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 1000


class TokenThrottle(SimpleRateThrottle):
    """So many requests a minute per token."""

    scope = "token"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        return f"throttle:{request.auth.pk}" if request.auth else None


class StrictFilters(DjangoFilterBackend):
    """An unknown parameter is a 400: `regoin=36` must not return the whole country."""

    def filter_queryset(self, request: Request, queryset: Any, view: APIView) -> Any:
        filterset_class = self.get_filterset_class(view, queryset)
        known = set(filterset_class.base_filters) if filterset_class else set()
        refuse_unknown(request, known)
        return super().filter_queryset(request, queryset, view)


def refuse_unknown(request: Request, known: set[str]) -> None:
    """Raises a 400 that names each unknown query parameter, and NUL bytes before a database sees them."""
    unknown = sorted(set(request.query_params) - known - PRESENTATION)
    if unknown:
        raise exceptions.ValidationError({name[:50]: [_("Unknown parameter.")] for name in unknown})
    for name, value in request.query_params.items():
        if "\x00" in value or len(value) > 200:
            raise exceptions.ValidationError({name: [_("Enter a valid value.")]})


def problem(exception: Exception, context: dict[str, Any]) -> Response | None:
    """Every error as RFC 9457 `application/problem+json`; foreign and non-existent alike are 404."""
    from rest_framework.views import exception_handler  # its views read our settings, which name this module

    if isinstance(exception, Http404 | PermissionDenied):
        exception = exceptions.NotFound() if isinstance(exception, Http404) else exceptions.PermissionDenied()
    response = exception_handler(exception, context)
    if response is None:
        return None
    detail = getattr(exception, "detail", None)
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": response.status_text,
        "status": response.status_code,
    }
    if isinstance(detail, dict | list):
        body["errors"] = detail
    elif detail:
        body["detail"] = str(detail)
    response.data = body
    response.content_type = PROBLEM
    return response


def not_found(request: Any) -> HttpResponse:
    """Whatever below /api/ is no route."""
    return HttpResponse(b'{"type":"about:blank","title":"Not found.","status":404}', status=404, content_type=PROBLEM)
