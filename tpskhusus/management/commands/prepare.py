"""What does a fresh installation need before it can serve? `make run` and `make demo` call this, every time."""

import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from accounts.models import User
from locations.models import SpecialLocation
from regions import reference
from regions.loading import LOADED
from regions.models import ReferenceFile
from tpskhusus import messages
from voters.models import Register


class Command(BaseCommand):
    help = "Brings database, translations, reference data and sample up to date; what is there stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--empty", action="store_true", help="begin an empty register, without sample and accounts")

    def handle(self, *args: Any, empty: bool, **options: Any) -> None:
        self._step(_("Database: tables"), migrate, is_needed=has_pending_migrations())
        self._step(_("Translations: compiled"), messages.compile_all, is_needed=messages.is_stale())
        self._step(_("Regions and electoral districts: loaded"), load_reference, is_needed=is_reference_stale())
        if not empty:
            title = _("Sample: real locations with invented voters")
            self._step(title, load_sample, is_needed=is_untouched())
        if Register.current().is_synthetic:
            call_command("show_sample", stdout=self.stdout)
        else:
            self.stdout.write(
                _("The first account: .venv/bin/python manage.py create_account NAME --role admin --territory 00")
            )

    def _step(self, title: str, act: Callable[[], object], *, is_needed: bool = True) -> None:
        """Say what is done before doing it, and how long it took."""
        if not is_needed:
            return
        self.stdout.write(f"== {title} …", ending=" ")
        self.stdout.flush()
        began = time.monotonic()
        act()
        self.stdout.write(f"{time.monotonic() - began:.1f} s")


def has_pending_migrations() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def is_untouched() -> bool:
    """Nobody has worked in this register yet, and it is not the sample."""
    used = User.objects.exists() or SpecialLocation.everywhere.exists()
    return not used and not Register.current().is_synthetic


def migrate() -> None:
    call_command("migrate", verbosity=0, interactive=False)


def is_reference_stale() -> bool:
    shipped = {(name, reference.manifest()[name]["sha256"]) for name in LOADED}
    return not shipped <= set(ReferenceFile.objects.values_list("name", "sha256"))


def load_reference() -> None:
    call_command("load_reference", verbosity=0)


def load_sample() -> None:
    call_command("load_sample", verbosity=0)
