"""How do figures, dates, masked numbers and links to this same page read on screen?"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import get_language

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.forms import BaseForm, BoundField
    from django.http import HttpRequest, QueryDict

register = template.Library()

NOTHING = "–"
PAGE = "halaman"
SORT = "urut"

# Keppres 41/1987: the two-digit province code decides the zone.
WIB = ("WIB", ZoneInfo("Asia/Jakarta"))
WITA = ("WITA", ZoneInfo("Asia/Makassar"))
WIT = ("WIT", ZoneInfo("Asia/Jayapura"))
EAST_OF_JAVA = {
    **dict.fromkeys(("51", "52", "53", "63", "64", "65"), WITA),
    **dict.fromkeys(("71", "72", "73", "74", "75", "76"), WITA),
    **dict.fromkeys(("81", "82", "91", "92", "93", "94", "95", "96", "97"), WIT),
}


@register.filter
def number(value: Any) -> str:
    """`1.822` in Indonesian, `1,822` in English; text stays as it is, nothing becomes a dash."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return number_format(value, force_grouping=True)
    return str(value)


@register.filter
def signed(value: int | None) -> str:
    """`+38`, `−11` with a real minus sign, `0`."""
    if value is None:
        return NOTHING
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return sign + number(abs(value))


@register.filter
def percent(share: float | None, decimals: int = 0) -> str:
    """A share from 0 to 1 as `25%` or, with one decimal, `0,5%`."""
    if share is None:
        return NOTHING
    return number_format(share * 100, decimal_pos=decimals) + "%"


@register.filter
def nik_mask(nik: str | None) -> str:
    """The first two digits, then dots: nothing of birth date or serial is left."""
    return nik[:2] + "•" * 14 if nik else NOTHING


@register.filter
def day(value: date | datetime | None) -> str:
    """`12 Okt 2026`, `12 Oct 2026` in English."""
    return date_format(value, "j M Y") if value else NOTHING


@register.filter
def moment(value: datetime | None, region_code: str = "") -> str:
    """`12 Okt 2026 09.12 WIB` in the zone of the region; without a region, WIB."""
    if not value:
        return NOTHING
    return f"{day(in_zone(value, region_code))} {clock(value, region_code)}"


@register.filter
def clock(value: datetime | None, region_code: str = "") -> str:
    """`09.12 WIB` in the zone of the region; without a region, WIB."""
    if not value:
        return NOTHING
    name, _zone = zone_of(region_code)
    pattern = "H:i" if (get_language() or "").startswith("en") else "H.i"
    return f"{date_format(in_zone(value, region_code), pattern)} {name}"


@register.filter
def minutes(duration: timedelta | None) -> int:
    """Whole minutes, at least one."""
    return max(1, round(duration.total_seconds() / 60)) if duration else 1


def zone_of(region_code: str) -> tuple[str, ZoneInfo]:
    """Name and zone of a region; the country's is that of Jakarta."""
    return EAST_OF_JAVA.get(str(region_code or "")[:2], WIB)


def in_zone(value: datetime, region_code: str) -> datetime:
    return timezone.localtime(value, zone_of(region_code)[1])


@register.simple_tag(takes_context=True)
def url_with(context: template.Context, name: str, value: object) -> str:
    """This page with one parameter set (or, with None or "", dropped); back to its first page."""
    parameters = parameters_of(context)
    parameters.pop(PAGE, None)
    parameters.pop(name, None)
    if value not in (None, ""):
        parameters[name] = str(value)
    return "?" + parameters.urlencode()


@register.simple_tag(takes_context=True)
def page_url(context: template.Context, page: int, name: str = PAGE) -> str:
    """This page with the same filters, at another page of its table."""
    parameters = parameters_of(context)
    parameters[name] = str(page)
    return "?" + parameters.urlencode()


@register.simple_tag(takes_context=True)
def sort_url(context: template.Context, column: str, name: str = SORT) -> str:
    """This page sorted by a column: upwards first, downwards if it is sorted so already."""
    is_upwards = parameters_of(context).get(name) == column
    return url_with(context, name, f"-{column}" if is_upwards else column)


@register.simple_tag(takes_context=True)
def sort_direction(context: template.Context, column: str, name: str = SORT) -> str:
    """`ascending`, `descending` or nothing, as `aria-sort` wants it."""
    sorted_by = parameters_of(context).get(name) or ""
    return {column: "ascending", f"-{column}": "descending"}.get(sorted_by, "")


@register.simple_tag(takes_context=True)
def other_parameters(context: template.Context, *names: str) -> list[tuple[str, str]]:
    """Name and value of every parameter but the named ones, for hidden fields of a search."""
    parameters = parameters_of(context)
    return [(key, value) for key in parameters if key not in names for value in parameters.getlist(key)]


def parameters_of(context: template.Context) -> QueryDict:
    """A copy of the query parameters; `include … only` keeps the request on the context itself."""
    request: HttpRequest = getattr(context, "request", None) or context["request"]
    return request.GET.copy()


@register.filter
def filter_words(form: BaseForm) -> list[dict[str, Any]]:
    """The choices of a filter form as words: name, label, chosen word, options.

    Fields without choices are left out; the first empty choice reads as "all".
    """
    return [word_of(field) for field in form if hasattr(field.field, "choices")]


def word_of(field: BoundField) -> dict[str, Any]:
    chosen = str(field.value() or "")
    choices: Iterable[tuple[Any, str]] = getattr(field.field, "choices", ())
    options = [
        {"value": str(value or ""), "label": label, "is_current": str(value or "") == chosen}
        for value, label in choices
    ]
    return {
        "name": field.html_name,
        "label": field.label,
        "options": options,
        "is_set": bool(chosen),
        "chosen": next((option["label"] for option in options if option["is_current"]), chosen),
    }
