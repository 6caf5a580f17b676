"""What does a page say about one special location: figures, facts, obstacles, in finished values?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from regions.naming import path_of

from .columns import FIELDS
from .models import SpecialLocation

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from regions.models import Region

ACTIONS: Final = {
    "location.entered": gettext_lazy("entered"),
    "location.corrected": gettext_lazy("corrected"),
    "location.submitted": pgettext_lazy("action", "submitted"),
    "location.withdrawn": pgettext_lazy("action", "withdrawn"),
    "location.closed": gettext_lazy("closed by a rejection"),
    "location.reopened": gettext_lazy("reopened"),
    "location.imported": gettext_lazy("taken from a file"),
}


def action_label(action: str) -> str:
    return str(ACTIONS.get(action, action))


def field_labels(names: list[str]) -> str:
    """Fields of an audit entry in the page's language."""
    labels = {field.name: field.verbose_name for field in SpecialLocation._meta.fields}
    return ", ".join(str(labels[name]) for name in names if name in FIELDS)


def region_name(code: str, allowed: QuerySet[Region]) -> str:
    """The path of a region that may be chosen; empty for what is none."""
    found = allowed.filter(pk=code).select_related("parent__parent__parent").first() if code else None
    return path_of(found) if found else ""


def figures_of(location: SpecialLocation, blocks: int) -> list[dict[str, Any]]:
    return [
        {"value": location.estimated_voters, "label": _("voters, estimated")},
        {"value": location.capacity, "label": _("capacity")},
        {"value": blocks, "label": _("blocks")},
        {"value": location.requested_tps, "label": _("TPS asked for")},
    ]


def facts_of(location: SpecialLocation) -> list[dict[str, str]]:
    """Label and text of what is known; what is not known is left out."""
    facts = [
        (_("Region"), f"{path_of(location.region)} ({location.region_id})"),
        (_("Address"), location.address),
        (_("Point"), point_of(location)),
        (_("Person in charge"), ", ".join(filter(None, [location.person_in_charge, location.position]))),
        (_("Telephone"), location.phone),
        (_("Letter"), letter_of(location)),
        (_("TPS asked for"), requested_of(location)),
        (_("Never at one TPS"), location.get_kept_apart_display() if location.kept_apart else ""),
        (_("Plan drawn by hand"), location.drawn_plan_reason if location.drawn_plan else ""),
        (_("Notes"), location.notes),
    ]
    return [{"label": label, "text": text} for label, text in facts if text]


def point_of(location: SpecialLocation) -> str:
    point = (location.latitude, location.longitude)
    return "; ".join(number_format(degrees, decimal_pos=5) for degrees in point if degrees is not None)


def letter_of(location: SpecialLocation) -> str:
    date = date_format(location.letter_date, "j M Y") if location.letter_date else ""
    return ", ".join(filter(None, [location.letter_number, date]))


def requested_of(location: SpecialLocation) -> str:
    if location.requested_tps is None:
        return ""
    return f"{location.requested_tps}: {location.requested_tps_reason}" if location.requested_tps_reason else ""


def obstacles_of(location: SpecialLocation) -> list[dict[str, str]]:
    """What is in the way, found in the location itself: `tag` in a word, `text` in a sentence, `tone`."""
    found = [
        (
            not location.person_in_charge,
            "bad",
            _("person in charge"),
            _("Nobody is in charge yet. Without a person in charge the TPS cannot be determined."),
        ),
        (
            not location.letter_number,
            "bad",
            _("letter"),
            _("The letter of request is missing. Without it the TPS cannot be determined."),
        ),
        (
            location.latitude is None,
            "warn",
            _("point"),
            _("The point on the map is missing; the map shows the middle of the region."),
        ),
        (
            bool(location.requested_tps and not location.requested_tps_reason),
            "warn",
            _("reason"),
            _("More TPS are asked for without a reason; the number is not considered."),
        ),
    ]
    return [{"tone": tone, "tag": tag, "text": text} for is_so, tone, tag, text in found if is_so]
