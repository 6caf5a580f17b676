"""Paths of voters."""

from django.urls import path

from .views import (
    acts,
    condition,
    download,
    duplicates,
    location,
    missing,
    refused,
    search,
    strikes,
    undo,
    upload,
    voter,
    withdraw,
)

app_name = "voters"
urlpatterns = [
    path("", search.search, name="search"),
    path("pemberitahuan/", search.read_notices, name="read_notices"),
    path("kondisi/", condition.condition_of_data, name="condition"),
    path("coret/", strikes.strikes, name="strikes"),
    path("coret/unduh/", strikes.download, name="strikes_download"),
    path("coret/tidak-ditemukan/", strikes.not_found, name="strikes_not_found"),
    path("coret/jawaban/", strikes.answer, name="strikes_answer"),
    path("coret/jawaban/<uuid:pk>/", strikes.answered, name="strikes_answered"),
    path("ganda/", duplicates.inbox, name="duplicates"),
    path("ganda/tindakan/", acts.acts, name="acts"),
    path("ganda/tindakan/<uuid:pk>/", acts.act, name="act"),
    path("ganda/<uuid:pk>/", duplicates.case, name="case"),
    path("unggah/", upload.upload, name="upload"),
    path("unggah/templat.xlsx", upload.template, name="upload_template"),
    path("berkas/", upload.batches, name="batches"),
    path("berkas/<uuid:pk>/", upload.batch, name="batch"),
    path("berkas/<uuid:pk>/kemajuan/", upload.progress, name="batch_progress"),
    path("berkas/<uuid:pk>/ditolak/", refused.mend, name="batch_mend"),
    path("berkas/<uuid:pk>/ditolak.csv", upload.refused, name="batch_refused"),
    path("berkas/<uuid:pk>/hilang/", missing.missing, name="batch_missing"),
    path("berkas/<uuid:pk>/tarik/", undo.undo, name="batch_undo"),
    path("berkas/<uuid:pk>/ditolak.xlsx", upload.refused_book, name="batch_refused_book"),
    path("lokasi/<uuid:pk>/", location.location_list, name="location_list"),
    path("lokasi/<uuid:pk>/unduh/", download.location_download, name="location_download"),
    path("lokasi/<uuid:pk>/panel/", location.location_panel, name="location_panel"),
    path("lokasi/<uuid:pk>/tambah/", voter.create, name="create"),
    path("lokasi/<uuid:pk>/tarik/", withdraw.withdraw_location, name="withdraw_location"),
    path("<uuid:pk>/", voter.detail, name="detail"),
    path("<uuid:pk>/ubah/", voter.edit, name="edit"),
    path("<uuid:pk>/hapus/", voter.remove, name="remove"),
    path("<uuid:pk>/identitas/", voter.reveal, name="reveal"),
]
