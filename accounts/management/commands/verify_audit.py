"""Is the audit trail whole?"""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from accounts import audit


class Command(BaseCommand):
    help = "Checks the hash chain of the audit trail; exit 1 and the first broken entry if it is not whole."

    def handle(self, **options: Any) -> None:
        verdict = audit.verify()
        if verdict.unsealed:
            self.stdout.write(f"{verdict.unsealed} entries are not sealed yet.")
        if not verdict.is_whole:
            self.stderr.write(f"Broken at position {verdict.broken_at}: entry {verdict.broken_entry}")
            sys.exit(1)
        self.stdout.write(f"Whole: {verdict.sealed} sealed entries.")
