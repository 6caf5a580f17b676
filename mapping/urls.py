"""Paths of mapping."""

from django.urls import path

from .views import determination, formed, history, ordinary, policies, proposal, review, scenarios, suggestions
from .views import map as map_views

app_name = "mapping"
urlpatterns = [
    path("peta/", map_views.tps_map, name="map"),
    path("peta/data.json", map_views.map_data, name="map_data"),
    path("telaah/", review.queue, name="queue"),
    path("telaah/penetapan/", determination.determinations, name="determinations"),
    path("telaah/penetapan/<uuid:pk>/", determination.final, name="determination"),
    path("telaah/pemilih/<uuid:voter_id>/tps/", determination.voter_tps, name="voter_tps"),
    path("telaah/tps-biasa/", ordinary.to_ordinary_tps, name="to_ordinary_tps"),
    path("telaah/<uuid:proposal_id>/", proposal.proposal, name="proposal"),
    path("telaah/<uuid:proposal_id>/ajukan-lagi/", proposal.submit_again, name="submit_again"),
    path("telaah/lokasi/<uuid:location_id>/panel/", review.location_panel, name="location_panel"),
    path("telaah/lokasi/<uuid:location_id>/riwayat/", history.versions, name="history"),
    path("peta/usulan/", suggestions.suggestions, name="suggestions"),
    path("peta/usulan/<uuid:pk>/", suggestions.decide, name="decide_suggestion"),
    path("peta/dibanding-2024/", formed.beside_2024, name="beside_2024"),
    path("kebijakan/perhitungan/", history.runs, name="runs"),
    path("kebijakan/bandingkan/", scenarios.compare, name="compare"),
    path("kebijakan/<slug:slug>/turunkan/", scenarios.derive, name="derive"),
    path("kebijakan/<slug:slug>/", scenarios.scenario, name="scenario"),
    path("kebijakan/<slug:slug>/kemajuan/", scenarios.progress, name="scenario_progress"),
    path("kebijakan/<slug:slug>/ubah/", scenarios.correct, name="correct_scenario"),
    path("kebijakan/<slug:slug>/jalankan/", scenarios.run, name="run_scenario"),
    path("kebijakan/<slug:slug>/simpan/", scenarios.archive, name="archive_scenario"),
    path("kebijakan/", policies.policies, name="policies"),
]
