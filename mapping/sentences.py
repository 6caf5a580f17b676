"""Why is the plan as it is? The engine's codes and figures as sentences, with the law or practice behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from voters.reasons import LABELS

from .core.plan import SOURCES
from .core.shortfall import MENDABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.utils.functional import _StrPromise

    from .core.plan import Reason


class Sentence(NamedTuple):
    """A short mark for the margin, the sentence, and where the rule comes from (may be empty)."""

    mark: str
    text: str
    source: str


WORDS: Final[dict[str, tuple[_StrPromise, _StrPromise]]] = {
    "no_eligible": (_("nobody"), _("No registered voter is eligible on polling day, so there is no TPS.")),
    "kind_not_served": (
        _("kind"),
        _(
            "%(eligible)s voters are eligible, but this policy has no TPS for this kind of location: they go to the nearest ordinary TPS."
        ),
    ),
    "below_minimum": (
        _("too few"),
        _("%(eligible)s voters are eligible; a TPS needs at least %(minimum)s. They go to the nearest ordinary TPS."),
    ),
    "combined_here": (
        _("together"),
        _("The voters of %(guests)s smaller locations vote here too: %(voters)s beside %(eligible)s of its own."),
    ),
    "enough_voters": (
        _("n = %(eligible)s"),
        _("%(eligible)s voters are eligible; a TPS needs at least %(minimum)s."),
    ),
    "kind_exempt": (
        _("n = %(eligible)s"),
        _(
            "%(eligible)s voters are eligible: below the usual minimum of %(minimum)s, from which this kind of location is exempt."
        ),
    ),
    "headroom": (
        _("+%(percent)s%%"),
        _("With %(percent)s%% of headroom there are %(tps)s TPS instead of %(without)s."),
    ),
    "single_tps": (
        _("k = 1"),
        _("All %(eligible)s voters fit into one TPS of at most %(maximum)s."),
    ),
    "extra_requested": (
        _("asked for"),
        _("The location asks for %(requested)s TPS and says why; the figures alone would give %(engine_tps)s."),
    ),
    "sexes_apart": (
        _("apart"),
        _(
            "Men and women never share a TPS here: %(tps)s TPS, each group rounded up by itself; together it were %(together)s."
        ),
    ),
    "blocks_apart": (
        _("apart"),
        _("Blocks are never mixed here: %(tps)s TPS, each block rounded up by itself; together it were %(together)s."),
    ),
    "split_even": (
        _("even"),
        _("The sizes differ by at most one voter: from %(smallest)s to %(largest)s."),
    ),
    "blocks_whole": (
        _("blocks whole"),
        _("The %(tps)s TPS take all %(blocks)s blocks without splitting one; sizes from %(smallest)s to %(largest)s."),
    ),
    "block_split": (
        _("block split"),
        _(
            "%(block)s with %(voters)s voters is spread over %(tps)s TPS: whole it does not fit or would leave the TPS too uneven."
        ),
    ),
    "request_bounded": (
        _("request"),
        _(
            "%(requested)s TPS are asked for; the policy grants at most %(percent)s%% beyond the %(engine_tps)s calculated: %(granted)s."
        ),
    ),
    "drawn_by_hand": (
        _("drawn"),
        _(
            "Drawn by hand, with a reason: %(tps)s TPS of %(sizes)s. The calculation would give %(engine_tps)s: %(engine_sizes)s."
        ),
    ),
    "drawn_moved": (
        _("drawn"),
        _("The plan was drawn for %(drawn)s voters and there are %(eligible)s now: the sizes keep their proportions."),
    ),
    "drawn_incomplete": (
        _("drawn"),
        _("%(voters)s voters belong to blocks that the drawing does not name; they go where there is most room."),
    ),
    "small_tps": (
        _("small"),
        _("%(tps)s TPS lie below the minimum of %(minimum)s; the smallest has %(smallest)s voters."),
    ),
}
IGNORED: Final[dict[str, tuple[_StrPromise, _StrPromise]]] = {
    "below": (
        _("request"),
        _("The %(requested)s TPS asked for are too few: the voters need %(engine_tps)s."),
    ),
    "no_reason": (
        _("request"),
        _("The %(requested)s TPS asked for count only with a reason; without one it stays at %(engine_tps)s."),
    ),
    "more_than_voters": (
        _("request"),
        _("The %(requested)s TPS asked for are more than there are voters; it stays at %(engine_tps)s."),
    ),
}
PUT_ASIDE: Final[dict[str, tuple[_StrPromise, _StrPromise]]] = {
    "too_few": (
        _("drawn"),
        _("The plan drawn by hand has %(drawn)s TPS; voters and headroom need %(tps)s. The calculated plan stands."),
    ),
    "too_many": (
        _("drawn"),
        _("The plan drawn by hand has %(drawn)s TPS; the policy grants at most %(most)s. The calculated plan stands."),
    ),
    "above_maximum": (
        _("drawn"),
        _(
            "In the plan drawn by hand a TPS would have %(largest)s voters, more than %(maximum)s. The calculated plan stands."
        ),
    ),
    "empty": (
        _("drawn"),
        _("In the plan drawn by hand a TPS has no voters. The calculated plan stands."),
    ),
    "not_apart": (
        _("drawn"),
        _("The plan drawn by hand mixes those who are to be kept apart. The calculated plan stands."),
    ),
}
MENDING: Final[dict[str, tuple[_StrPromise, _StrPromise]]] = {
    "enough": (
        _("missing"),
        _(
            "%(missing)s more are needed. Better data would bring them: up to %(mendable)s voters can be put right (%(what)s)."
        ),
    ),
    "some": (
        _("missing"),
        _(
            "%(missing)s more are needed. Better data would bring at most %(mendable)s (%(what)s); the others must still be registered."
        ),
    ),
    "none": (
        _("missing"),
        _("%(missing)s more are needed; nobody on the list is left out for data that could be put right."),
    ),
}
NEAR: Final[dict[bool, tuple[_StrPromise, _StrPromise]]] = {
    True: (
        _("together"),
        _(
            "%(eligible)s voters are eligible; a TPS needs at least %(minimum)s. They vote at %(host)s in the same village."
        ),
    ),
    False: (
        _("together"),
        _(
            "%(eligible)s voters are eligible; a TPS needs at least %(minimum)s. They vote at %(host)s, %(metres)s m away."
        ),
    ),
}
NOT_COMBINED: Final[dict[str, tuple[_StrPromise, _StrPromise]]] = {
    "alone": (_("not together"), _("No other location below the minimum lies in the same district (kecamatan).")),
    "other_districts": (
        _("not together"),
        _("The other small locations of the district vote in other electoral districts, or theirs are not known."),
    ),
    "too_far": (
        _("not together"),
        _(
            "The other small locations of the district are farther away than %(distance)s m, or have no point on the map."
        ),
    ),
    "too_few": (_("not together"), _("Even together with its neighbours there are too few voters.")),
}
# Sources stand in the engine as plain text; here they become visible to translators.
NAMED_SOURCES: Final = (
    gettext_noop("PKPU 7/2022 art. 179"),
    gettext_noop("KPU 2023-2024"),
    gettext_noop("Kemenkumham DKI 2024"),
    gettext_noop("KPU Kab. Tangerang 2024"),
    gettext_noop("Kemenkumham Banten 2024"),
)


def sentences(reasons: Iterable[Reason], block_names: Mapping[str, str]) -> list[Sentence]:
    """One sentence per reason, in the language in force; `block_names` by the block's key in the plan."""
    return [sentence(reason, block_names) for reason in reasons]


def sentence(reason: Reason, block_names: Mapping[str, str]) -> Sentence:
    mark, text = words_of(reason)
    params = {name: shown(name, value, block_names) for name, value in reason.params.items()}
    if reason.code == "could_be_mended":
        params["what"] = what_to_mend(reason)
    source = SOURCES.get(reason.code, "")
    return Sentence(str(mark) % params, str(text) % params, gettext(source) if source else "")


def words_of(reason: Reason) -> tuple[_StrPromise, _StrPromise]:
    if reason.code == "request_ignored":
        return IGNORED[str(reason.params["why"])]
    if reason.code == "drawn_ignored":
        return PUT_ASIDE[str(reason.params["why"])]
    if reason.code == "could_be_mended":
        return MENDING[str(reason.params["why"])]
    if reason.code == "not_combined":
        return NOT_COMBINED[str(reason.params["why"])]
    if reason.code == "combined_into":
        return NEAR[reason.params["metres"] == 0]
    return WORDS[reason.code]


def what_to_mend(reason: Reason) -> str:
    return "; ".join([f"{LABELS[code]}: {reason.params[code]}" for code in MENDABLE if code in reason.params])


def shown(name: str, value: Any, block_names: Mapping[str, str]) -> str:
    if name == "block":
        return block_names.get(str(value), gettext("A block"))
    if name == "host":
        return block_names.get(str(value), gettext("another location"))
    return number_format(value, force_grouping=True) if isinstance(value, int) else str(value)
