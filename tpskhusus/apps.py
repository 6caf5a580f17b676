"""The project itself as an app: its commands, template tags and start-up checks."""

from django.apps import AppConfig


class TpskhususConfig(AppConfig):
    name = "tpskhusus"

    def ready(self) -> None:
        from . import checks  # noqa: F401 (registers the checks)
