"""Prints the proposed TPS as a table and the demo accounts."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts.models import User
from mapping import policies
from mapping.core.fingerprint import plan_from_json
from mapping.models import Proposal
from tpskhusus import sample

MOST = 25


class Command(BaseCommand):
    help = "Prints the proposed TPS of the synthetic register as a table, and the demo accounts."

    def handle(self, **options: Any) -> None:
        policy = policies.current()
        proposals = Proposal.everywhere.current(policy).select_related("location", "location__region")
        self.stdout.write(f"\n{policy.name}: usulan TPS lokasi khusus (data contoh)\n")
        self.stdout.write(f"{'Kode':<12} {'Lokasi':<36} {'Memenuhi syarat':>15} {'TPS':>4}  Ukuran")
        for proposal in proposals.order_by("location__code")[:MOST]:
            self.stdout.write(_line(proposal))
        if proposals.count() > MOST:
            self.stdout.write(f"… {proposals.count() - MOST} lokasi lain di peta")
        self._accounts()

    def _accounts(self) -> None:
        names = set(User.objects.values_list("username", flat=True))
        self.stdout.write(f"\nAkun contoh (kata sandi semua akun: {sample.PASSWORD})")
        for username, role, territory, name in sample.ACCOUNTS:
            if username in names:
                self.stdout.write(f"  {username:<18} {role:<9} {territory}  {name}")
        self.stdout.write("")


def _line(proposal: Proposal) -> str:
    sizes = "+".join(str(size) for size in plan_from_json(proposal.plan).sizes)
    location = proposal.location
    return f"{location.code:<12} {location.name:<36.36} {proposal.eligible:>15,} {proposal.tps:>4}  {sizes}"
