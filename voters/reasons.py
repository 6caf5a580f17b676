"""What do the codes of ineligibility say to a reader?"""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from .eligibility import codes_of

LABELS: Final = {
    "no_nik": _("No NIK"),
    "bad_nik": _("NIK at odds with birth date or sex"),
    "underage": _("Under age"),
    "foreign": _("Foreigner"),
    "military_police": _("TNI or Polri"),
    "deceased": _("Deceased"),
    "rights_revoked": _("Voting rights revoked"),
    "moved_away": _("Moved away"),
    "wrong_tps": _("Registered at the wrong TPS"),
    "not_away": _("Not away from home"),
    "absent_on_polling_day": _("Not there on polling day"),
    "outside_electorate": _("No ballot of this election"),
    "unknown_domicile": _("Home unknown"),
    "duplicate": _("Duplicate"),
    "mismatch": _("At odds with the population data"),
}
"""In the order of eligibility.REASONS; a test holds that none is missing."""


def words_of(mask: int) -> list[str]:
    """The reasons of a bit mask in the language in force; empty for who is eligible."""
    return [str(LABELS[code]) for code in codes_of(mask)]
