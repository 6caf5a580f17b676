"""Loads the sample: real locations as reported, invented voters, demo accounts."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from tpskhusus import sample


class Command(BaseCommand):
    help = (
        "Loads the real locations of 2023-2024 with invented voters, and the demo accounts, into a synthetic register."
    )

    def handle(self, **options: Any) -> None:
        sample.begin()
        sample.load_real_locations()
        sample.create_accounts()
        sample.walk_some()
