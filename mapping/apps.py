"""The app that proposes TPS; hears here that something below has changed."""

from django.apps import AppConfig


class MappingConfig(AppConfig):
    name = "mapping"

    def ready(self) -> None:
        from locations.bell import ring
        from locations.changes import changed
        from locations.registration import object_to_ending
        from voters.eligibility import provide

        from .determination import require_open
        from .policies import voter_rules_in_force
        from .tasks import recompute_changed

        def on_change(**_kwargs: object) -> None:
            ring(recompute_changed)

        changed.connect(on_change, dispatch_uid="mapping.recompute_changed", weak=False)
        provide(voter_rules_in_force)
        object_to_ending(require_open)
