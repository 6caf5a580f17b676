"""API paths of regions."""

from django.urls import path

from . import api

urlpatterns = [path("regions/", api.Regions.as_view(), name="api-regions")]
