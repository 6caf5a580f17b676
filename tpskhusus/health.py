"""Is it alive, is it ready, and how busy is it? For machines that watch it; no personal data."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.views.decorators.cache import never_cache

from locations import bell
from locations.models import Change

LOOPBACK = ("127.0.0.1", "::1")


@login_not_required
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """The database answers; 503 otherwise."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"database": False}, status=503)
    return JsonResponse({"database": True})


@login_not_required
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text form, for this machine only."""
    is_passed_on = "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META
    if request.META.get("REMOTE_ADDR") not in LOOPBACK or is_passed_on:
        return HttpResponseForbidden()
    figures = {"tps_changes_waiting": Change.everywhere.count(), "tps_bell_missed": bell.missed()}
    text = "".join(f"# TYPE {name} gauge\n{name} {value}\n" for name, value in figures.items())
    return HttpResponse(text, content_type="text/plain; version=0.0.4")
