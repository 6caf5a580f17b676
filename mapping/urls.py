"""Paths of mapping."""

from django.urls import path

from .views import map as map_views
from .views import policies, proposal, review

app_name = "mapping"
urlpatterns = [
    path("peta/", map_views.tps_map, name="map"),
    path("peta/data.json", map_views.map_data, name="map_data"),
    path("telaah/", review.queue, name="queue"),
    path("telaah/<uuid:proposal_id>/", proposal.proposal, name="proposal"),
    path("telaah/<uuid:proposal_id>/ajukan-lagi/", proposal.submit_again, name="submit_again"),
    path("telaah/lokasi/<uuid:location_id>/panel/", review.location_panel, name="location_panel"),
    path("kebijakan/", policies.policies, name="policies"),
]
