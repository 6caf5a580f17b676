"""Writes the proposals in force to standard output: a file for the spreadsheet, nothing else in it."""

from __future__ import annotations

import csv
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.permissions import SYSTEM
from mapping import documents, recompute
from mapping.models import Policy, Proposal
from regions import levels
from regions.models import Region


class Command(BaseCommand):
    help = "Prints one row per special location with its proposed TPS, as CSV (UTF-8, comma) or JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--region", default=levels.COUNTRY_CODE, help="code of a region; default the country")
        parser.add_argument("--policy", help="slug of a policy; default the one in force")
        parser.add_argument("--format", choices=["csv", "json"], default="csv")

    def handle(self, *, region: str, policy: str | None, format: str, **options: Any) -> None:
        rules = policy_named(policy)
        if rules.is_current:
            recompute.changed()  # what waits for a worker is computed first, so that no location is missing
        proposals = (
            Proposal.objects.visible_to(SYSTEM).current(rules).within(region_named(region)).select_related("location")
        )
        rows = documents.rows_of(documents.by_location_code(proposals), policy=rules, who=SYSTEM)
        if hasattr(self.stdout, "reconfigure"):
            self.stdout.reconfigure(encoding="utf-8", newline="\n")
        if format == "json":
            self.stdout.write(json.dumps(rows, ensure_ascii=False))
        else:
            self.write_csv(rows)

    def write_csv(self, rows: list[dict[str, documents.Value]]) -> None:
        writer = csv.DictWriter(self.stdout, list(documents.COLUMNS), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def policy_named(slug: str | None) -> Policy:
    wanted = {"slug": slug} if slug else {"is_current": True}
    policy = Policy.objects.filter(**wanted).first()
    if policy is None:
        known = ", ".join(Policy.objects.order_by("slug").values_list("slug", flat=True))
        raise CommandError(f"No policy {slug or 'in force'}. Known: {known or 'none; run load_reference first'}.")
    return policy


def region_named(code: str) -> str:
    try:
        region = Region.objects.current().get(pk=levels.normalise(code))
    except (ValueError, Region.DoesNotExist):
        raise CommandError(f"No region has the code {code[:20]!r}.") from None
    return region.pk
