"""Which ballots does a TPS get, and how many with the reserve?"""

from __future__ import annotations

from typing import Final, NamedTuple

from django.utils.translation import gettext_lazy as _

RESERVE_PERCENT: Final = 2
LABELS: Final = {
    "ppwp": _("President"),
    "dpd": _("DPD"),
    "dpr": _("DPR"),
    "dprd_prov": _("Provincial DPRD"),
    "dprd_kabko": _("Regency DPRD"),
    "gub": _("Governor"),
    "bupwal": _("Regent or mayor"),
}


class Stack(NamedTuple):
    """Ballots of one kind at one TPS: one per entitled voter, and the reserve."""

    voters: int
    reserve: int

    @property
    def printed(self) -> int:
        return self.voters + self.reserve


def stack(voters: int) -> Stack:
    """The reserve is 2 %, rounded up per TPS and ballot (UU 7/2017 art. 344)."""
    return Stack(voters, -(-voters * RESERVE_PERCENT // 100))
