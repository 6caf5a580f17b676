"""Paths of voters."""

from django.urls import URLPattern

app_name = "voters"
urlpatterns: list[URLPattern] = []
