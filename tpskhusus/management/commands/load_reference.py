"""Loads regions, electoral districts and the shipped policies."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from mapping import policies
from regions.loading import load_reference_data


class Command(BaseCommand):
    help = "Loads regions, retired regions, electoral districts of 2024 and the shipped policies; idempotent."

    def handle(self, *, verbosity: int, **options: Any) -> None:
        def progress(line: str) -> None:
            if verbosity:
                self.stdout.write(line)

        counts = load_reference_data(progress=progress)
        policies.load_shipped()
        if verbosity:
            self.stdout.write(", ".join(f"{name} {count:,}" for name, count in counts.items()))
