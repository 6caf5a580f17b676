"""Which texts still lack their Indonesian? `make translations` brings the file up to date and says so."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tpskhusus import messages


class Command(BaseCommand):
    help = "Brings locale/ up to date with the texts of code and templates, and compiles it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail if a text lacks its Indonesian")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if not check:
            messages.update()
            messages.compile_all()
        missing = messages.untranslated()
        for text in missing:
            self.stdout.write(f"- {text}")
        if missing and check:
            raise CommandError(f"{len(missing)} texts lack their Indonesian")
        self.stdout.write(f"{len(missing)} texts lack their Indonesian")
