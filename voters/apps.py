"""The app of people who vote away from home."""

from django.apps import AppConfig


class VotersConfig(AppConfig):
    name = "voters"
