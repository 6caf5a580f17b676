"""Prints an API token once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts import staffing, tokens
from accounts.models import Role, User
from accounts.permissions import SYSTEM
from regions.levels import Level
from regions.models import Region

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Prints an API token for a client system once; an unknown NAME becomes a client account."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="account the token belongs to")
        parser.add_argument("--scope", required=True, nargs="+", choices=tokens.SCOPES, action="extend")
        parser.add_argument("--territory", help="region code; otherwise the account's, or the country")
        parser.add_argument("--days", type=int, help="days until it expires")

    @transaction.atomic
    def handle(self, *, name: str, scope: list[str], territory: str | None, days: int | None, **options: Any) -> None:
        user = User.objects.filter(username=name).first()
        code = territory or (user.territory_id if user else "00")
        region = Region.objects.current().filter(pk=code).first()
        if region is None or region.level > Level.REGENCY:
            raise CommandError(f"Unknown territory {code}: the country (00), a province or a regency.")
        if user is None:
            user = staffing.create_account(username=name, password=None, role=Role.CLIENT, territory=region, by=SYSTEM)
        try:
            _token, text = tokens.issue(
                user=user, name=name, scopes=list(dict.fromkeys(scope)), territory=region, days=days, by=SYSTEM
            )
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(text)
