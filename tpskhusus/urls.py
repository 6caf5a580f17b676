"""Indonesian paths, English names; one include per app."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from mapping.views.desk import desk

from .api import not_found
from .health import healthz, metrics, readyz

api: list[URLPattern | URLResolver] = [
    path("", include("mapping.api_urls")),
    path("", include("regions.api_urls")),
    path(
        "schema/",
        login_not_required(SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[])),
        name="schema",
    ),
    path(
        "docs/",
        login_not_required(SpectacularSwaggerSplitView.as_view(authentication_classes=[], permission_classes=[])),
        name="api-docs",
    ),
    re_path(r"^.*$", login_not_required(not_found)),
]

urlpatterns = [
    path("", desk, name="desk"),
    path("", include("accounts.urls")),
    path("bahasa/", login_not_required(set_language), name="set_language"),
    path("wilayah/", include("regions.urls")),
    path("lokasi/", include("locations.urls")),
    path("pemilih/", include("voters.urls")),
    path("", include("mapping.urls")),
    path("api/v1/", include(api)),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
handler400 = "tpskhusus.errors.bad_request"
