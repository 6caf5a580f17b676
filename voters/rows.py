"""What does a list say of each voter, in finished values?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from regions.naming import path_above, path_of

from . import masking
from .models import NIKVerdict, Voter, VoterIdentity
from .reasons import words_of

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping, Sequence

    from accounts.models import User

NOT_JUDGED = gettext_lazy("not judged")
UNPLACED = gettext_lazy("not at a special location yet")
PLACED = gettext_lazy("at a special location meanwhile")


@dataclass(frozen=True, slots=True)
class VoterRow:
    """A voter as a table shows one: NIK masked, `reasons` in words, `state` where there are none."""

    voter: Voter
    nik: str
    home: str
    home_within: str
    state: str
    is_eligible: bool
    reasons: list[str]


def rows_of(ids: Sequence[uuid.UUID], reasons: Mapping[uuid.UUID, int], who: User) -> list[VoterRow]:
    """The voters of one page, in the order of `ids`; `reasons` is the bit mask by voter. Two queries."""
    found = Voter.objects.visible_to(who).filter(pk__in=ids)
    voters = {voter.pk: voter for voter in with_names(found)}
    niks = masking.masked_niks(VoterIdentity.objects.visible_to(who).filter(pk__in=ids))
    return [row_of(voters[pk], niks.get(pk, ""), reasons.get(pk)) for pk in ids if pk in voters]


def with_names(voters: Any) -> Any:
    """Together with all that a row names; no query for each."""
    return voters.select_related("block", "location", "home__parent__parent__parent", "stay__parent__parent__parent")


def row_of(voter: Voter, nik: str, mask: int | None) -> VoterRow:
    return VoterRow(
        voter=voter,
        nik=nik,
        home=voter.home.name if voter.home else "",
        home_within=path_above(voter.home) if voter.home else "",
        state=state_of(voter, mask),
        is_eligible=mask == 0,
        reasons=words_of(mask) if mask else [],
    )


def state_of(voter: Voter, mask: int | None) -> str:
    if voter.location_id is None:
        return str(PLACED if voter.is_placed else UNPLACED)
    if mask is None:
        return str(NOT_JUDGED)
    return "" if mask else pgettext("state of a voter", "eligible")


def facts_of(row: VoterRow) -> list[dict[str, Any]]:
    """Label and text of what may be known of one voter; what is not known is left out."""
    voter = row.voter
    facts = [
        (_("NIK"), row.nik or _("none")),
        (_("Birth year"), str(voter.birth_year)),
        (_("Sex"), voter.get_sex_display()),
        (_("Marital status"), voter.get_marital_display()),
        (_("Block"), voter.block.name if voter.block else ""),
        (_("Role"), voter.get_role_display()),
        (_("Home"), home_of(voter)),
        (_("Stays in"), path_of(voter.stay) if voter.stay else ""),
        (_("Citizenship"), _("foreigner (WNA)") if voter.is_foreign else ""),
        (_("Occupation"), _("TNI or Polri") if voter.is_military_police else ""),
        (_("Official mark"), voter.get_official_mark_display() if voter.official_mark else ""),
    ]
    if row.nik and voter.nik_verdict == NIKVerdict.BAD:
        why = _("at odds with birth date, sex or any known district")
        facts[0] = (_("NIK"), f"{row.nik} ({why})")
    return [{"label": label, "text": text} for label, text in facts if text]


def home_of(voter: Voter) -> str:
    if voter.home is None:
        return ""
    path = f"{path_of(voter.home)} ({voter.home_id})"
    return _("%(path)s, assumed from the NIK") % {"path": path} if voter.home_assumed else path
