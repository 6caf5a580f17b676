"""API paths of mapping."""

from django.urls import path

from . import api

urlpatterns = [
    path("summaries/", api.Summaries.as_view(), name="api-summaries"),
    path("strikes/", api.Strikes.as_view(), name="api-strikes"),
    path("locations/", api.Locations.as_view(), name="api-locations"),
    path("locations/<path:code>/", api.LocationDetail.as_view(), name="api-location"),
    path("proposals/", api.Proposals.as_view(), name="api-proposals"),
    path("proposals/<uuid:pk>/", api.ProposalDetail.as_view(), name="api-proposal"),
    path("tps.geojson", api.TPSMap.as_view(), name="api-tps"),
]
