"""Paths of locations."""

from django.urls import path

from . import views

app_name = "locations"
urlpatterns = [
    path("", views.location_list, name="list"),
    path("baru/", views.create, name="create"),
    path("<uuid:pk>/", views.detail, name="detail"),
    path("<uuid:pk>/ubah/", views.edit, name="edit"),
    path("<uuid:pk>/ajukan/", views.submit, name="submit"),
]
