"""The app of places: reference data that nobody changes in the browser."""

from django.apps import AppConfig


class RegionsConfig(AppConfig):
    name = "regions"
