"""Recomputes all proposals, or those of one territory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from mapping import policies, recompute
from mapping.models import Policy
from regions.models import Region

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Recomputes the proposed TPS of the country or of one region, under the current policy or another."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--region", default="00", help="region code; default the country")
        parser.add_argument("--policy", help="slug; default the current policy")
        parser.add_argument("--json", action="store_true", help="one JSON object as the last line")

    def handle(self, *, region: str, policy: str | None, json: bool, **options: Any) -> None:
        if not Region.objects.current().filter(pk=region).exists():
            raise CommandError(f"Unknown region {region}.")
        figures = recompute.territory(policy=find_policy(policy), region_code=region)
        self.stdout.write(as_json(figures) if json else as_sentence(figures))


def find_policy(slug: str | None) -> Policy:
    try:
        return Policy.objects.get(slug=slug) if slug else policies.current()
    except Policy.DoesNotExist:
        known = ", ".join(Policy.objects.values_list("slug", flat=True)) or "none; run `manage.py load_reference`"
        raise CommandError(f"Unknown policy {slug or ''} (known: {known}).") from None


def as_json(figures: recompute.Figures) -> str:
    return json.dumps(
        {
            "policy": figures.policy,
            "locations": figures.locations,
            "qualified": figures.qualified,
            "tps": figures.tps,
            "registered": figures.registered,
            "eligible": figures.eligible,
            "ineligible": dict(sorted(figures.ineligible.items())),
            "seconds": round(figures.seconds, 3),
        }
    )


def as_sentence(figures: recompute.Figures) -> str:
    return (
        f"{figures.policy}: {figures.locations} locations, {figures.qualified} qualified, {figures.tps} TPS; "
        f"{figures.eligible} of {figures.registered} voters eligible; "
        f"{figures.written} proposals written in {figures.seconds:.1f} s."
    )
