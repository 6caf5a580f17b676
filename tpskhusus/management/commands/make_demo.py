"""Makes a synthetic country of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from tpskhusus import sample, synthetic

if TYPE_CHECKING:
    from argparse import ArgumentParser

LIKE_2024 = {"voters": 404_360, "locations": 773}


class Command(BaseCommand):
    help = "Invents places and voters of any number in a synthetic register, imports them and proposes TPS."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--voters", type=int, help="default 10,000; like 2024: 404,360")
        parser.add_argument("--locations", type=int, help="default voters / 250; like 2024: 773")
        parser.add_argument("--like", choices=["2024"], help="the villages, kinds and sizes of KPU's own figures")
        parser.add_argument("--seed", type=int, default=2024)

    def handle(self, *, voters: int | None, locations: int | None, like: str | None, seed: int, **options: Any) -> None:
        voters = voters or (LIKE_2024["voters"] if like else 10_000)
        locations = locations or (LIKE_2024["locations"] if like else max(voters // 250, 1))
        sample.begin()
        make = sample.places_like_2024 if like else sample.invented_places
        places = make(count=locations, voters=voters, seed=seed)
        sample.bring_in([place for place, _size in places], sample.crowd(synthetic.People(seed), places))
        sample.create_accounts()
        call_command("remap", stdout=self.stdout)
