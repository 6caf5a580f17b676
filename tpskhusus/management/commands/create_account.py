"""Makes the first accounts of an installation."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts import staffing
from accounts.models import Role
from accounts.permissions import SYSTEM
from regions.models import Region

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Creates an account; asks for the password, or reads one line from standard input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="account name")
        parser.add_argument("--role", required=True, choices=[role for role in Role.values if role != Role.CLIENT])
        parser.add_argument("--territory", required=True, help="region code: 00, a province or a regency")

    def handle(self, *, name: str, role: str, territory: str, **options: Any) -> None:
        region = Region.objects.current().filter(pk=territory).first()
        if region is None:
            raise CommandError(f"Unknown region {territory}; run `manage.py load_reference` first.")
        try:
            user = staffing.create_account(username=name, password=_ask(), role=role, territory=region, by=SYSTEM)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"Account {user.username}: {user.get_role_display()}, {region.name}.")


def _ask() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first, second = getpass.getpass("Password: "), getpass.getpass("Password again: ")
    if first != second:
        raise CommandError("The two passwords differ.")
    return first
