"""API paths of regions."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
