"""The app of places where voters gather."""

from django.apps import AppConfig


class LocationsConfig(AppConfig):
    name = "locations"
