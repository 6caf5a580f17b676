"""A list before it is imported: how it will be read, what of it will be refused, and what may be one block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils.formats import number_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, require
from locations.bell import ring
from locations.cells import CellFault, as_said, shown
from locations.models import Batch, SpecialLocation
from locations.sheets import NO_HEADER, SheetError

from .. import checking, columns, confirming, further, masking, words
from ..forms import LocationField, file_fault
from ..models import Register
from ..reading import Reading, alike, fits
from ..tasks import run_import
from .upload import batches_of, crumbs, one_batch

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Sequence

    from django.http import HttpRequest, HttpResponse

    from accounts.models import User
    from locations.cells import Fault, Layout

    from ..checking import AlikeNames, Check, Counted, Opened, ShownRow

IMPORT, DISCARD, LOOK_AGAIN = "impor", "buang", "ulang"
TAKEN: Final = (Batch.State.RECEIVED, Batch.State.RUNNING, Batch.State.DONE)
HEADER_CHARACTERS: Final = 90
DIGITS_OF_A_ROW: Final = 7


@require_http_methods(["GET", "POST"])
@never_cache
def check(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = cast("User", request.user)  # LoginRequiredMiddleware lets nobody else in
    require(user, Permission.ENTER)
    batch = one_batch(user, pk)
    if request.POST.get("tindakan") == LOOK_AGAIN and confirming.look_again(batch=batch, by=user):
        return redirect("voters:batch_check", batch.pk)
    if batch.state != Batch.State.CHECKING:
        return redirect("voters:batch", batch.pk)
    if request.method == "POST":
        return answered(request, batch, user)
    try:
        found = checking.check(batch, location=batch.location)
    except SheetError as fault:
        return render(request, "voters/check.html", {**about(batch, user), "failure": file_fault_of(fault)})
    return render(request, "voters/check.html", {**about(batch, user), **what_is_read(found, batch, user)})


def answered(request: HttpRequest, batch: Batch, user: User) -> HttpResponse:
    """Imports, discards, or shows what was chosen: a change is looked at before it is imported."""
    if request.POST.get("tindakan") == DISCARD:
        if confirming.discard(batch=batch, by=user):
            messages.success(request, _("%(name)s was discarded.") % {"name": words.name_of(batch)})
        return redirect("voters:batches")
    now = opened_now(batch)
    try:
        reading, location = posted(request, now, user)
        if reading.mapping is None:
            checking.opened(batch, reading)
    except ValidationError as fault:
        return back(request, batch, " ".join(fault.messages))
    except SheetError as fault:
        return back(request, batch, file_fault_of(fault))
    is_import = request.POST.get("tindakan") == IMPORT
    if reading.without_blocks != now.reading.without_blocks or location != batch.location:
        confirming.choose(batch=batch, reading=reading.without_blocks, location=location, by=user)
        hint = _("You changed how the list is read. Look at it, then import it.")
        return back(request, batch, hint if is_import else "")
    faults = faults_of(now, location)
    if is_import and not faults:
        if confirming.confirm(batch=batch, reading=reading, header=now.sheet.header, location=location, by=user):
            ring(run_import, batch_id=str(batch.pk))
        return redirect("voters:batch", batch.pk)
    confirming.choose(batch=batch, reading=reading, location=location, by=user)
    return back(request, batch, " ".join(faults) if is_import else "")


def back(request: HttpRequest, batch: Batch, hint: str) -> HttpResponse:
    """To the page as it is now."""
    if hint:
        messages.warning(request, hint)
    return redirect("voters:batch_check", batch.pk)


def opened_now(batch: Batch) -> Opened:
    """The list as the page showed it; as found, should what was chosen not be there."""
    try:
        return checking.opened(batch, Reading.of(batch.reading))
    except SheetError:
        return checking.opened(batch, Reading())


def posted(request: HttpRequest, now: Opened, user: User) -> tuple[Reading, SpecialLocation | None]:
    """What was chosen; of another sheet or header nothing is known yet. Raises ValidationError."""
    sheet = request.POST.get("lembar", now.sheet.name)
    row = whole(request.POST.get("judul", ""), now.sheet.header_row)
    location = location_of(request, user)
    if sheet != now.sheet.name:
        if sheet not in now.sheet.names:
            raise ValidationError(_("Choose a sheet from the list."), code="invalid_choice")
        return Reading(sheet), location
    if row != now.sheet.header_row:
        return Reading(sheet, row), location
    mapping = tuple(request.POST.get(f"kolom-{place}", taken) for place, taken in enumerate(now.mapping))
    if not fits(mapping, now.sheet.header):
        raise ValidationError(_("Choose columns from the list."), code="invalid_choice")
    return Reading(sheet, row, mapping, blocks_of(request)), location


def whole(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_OF_A_ROW else default


def location_of(request: HttpRequest, user: User) -> SpecialLocation | None:
    field = LocationField()
    field.offer(user)
    return field.clean(request.POST.get("lokasi", ""))


def blocks_of(request: HttpRequest) -> dict[str, dict[str, str]]:
    """Of each ticked group the name its blocks get, by location code and what the names have in common."""
    found: dict[str, dict[str, str]] = {}
    for group in request.POST.getlist("gabung"):
        code, _bar, key = group.rpartition("|")
        name = request.POST.get(f"nama|{group}", "")
        if is_text("kode_lokasi", code) and is_text("blok", name) and key and alike(name) == key:
            found.setdefault(code, {})[key] = name
    return found


def is_text(header: str, text: str) -> bool:
    """Whether this is what the column would make of it."""
    try:
        return bool(columns.READERS[header](text) == text)
    except CellFault:
        return False


def faults_of(now: Opened, location: SpecialLocation | None) -> list[str]:
    """Why the list cannot be imported as it is read now."""
    layout = now.layout
    missing = columns.missing_columns(layout, location_code=location.code if location else "")
    faults = [
        _("No column is taken for %(column)s.") % {"column": column} for column in missing if column != "kode_lokasi"
    ]
    if "kode_lokasi" in missing:
        faults.append(_("No column is taken for kode_lokasi: choose one, or the location of all rows."))
    return [*faults, *(_("Two columns are taken for %(column)s.") % {"column": column} for column in layout.twice)]


def about(batch: Batch, user: User) -> dict[str, Any]:
    """What is known before the file is opened."""
    register = Register.objects.first()
    return {
        "batch": batch,
        "name": words.name_of(batch),
        "size": words.size_of(batch),
        "mode": words.MODES[Batch.Mode(batch.mode)],
        "crumbs": crumbs(words.name_of(batch)),
        "polling_day": register.polling_day if register else None,
        "same": same_sheet(batch, user),
    }


def same_sheet(batch: Batch, user: User) -> Batch | None:
    """The list that came of the same file before, if it was not another sheet of a workbook."""
    sheet = Reading.of(batch.reading).sheet
    same = batches_of(user).filter(sha256=batch.sha256, state__in=TAKEN).exclude(pk=batch.pk)
    return next((each for each in same if not sheet or Reading.of(each.reading).sheet in ("", sheet)), None)


def what_is_read(found: Check, batch: Batch, user: User) -> dict[str, Any]:
    opened, layout = found.opened, found.opened.layout
    faults = [file_fault_of(found.failure)] if found.failure else faults_of(opened, batch.location)
    warnings = found.warnings.as_json()
    return {
        "further": ", ".join(further.named_in(warnings)),
        "faults": faults,
        "figures": figures_of(found),
        "button": button_of(found),
        "checked": found.rows,
        "is_whole": found.is_whole,
        "is_checked": bool(found.shown),
        "known": opened.known,
        "sheets": options(opened.sheet.names, opened.sheet.name),
        "header_rows": header_rows(opened),
        "no_header": NO_HEADER,
        "locations": locations_for(user, batch),
        "columns": columns_of(found),
        "head": [
            {"label": _("Row"), "is_number": True},
            *({"label": column.header} for _place, column in layout.columns),
        ],
        "rows": [shown_row(row, layout) for row in found.shown],
        "refused": refused_of(found),
        "warnings": words.lines_of(warnings),
        "alike": alike_of(found.alike, user),
        "merged": merged_text(sum(group.is_chosen for group in found.alike)),
        "block_rows": found.block_rows,
    }


def figures_of(found: Check) -> list[dict[str, Any]]:
    """Where no row could be checked, only how many there are."""
    if not found.shown:
        return [{"value": found.rows, "label": _("rows")}]
    return [
        {"value": found.rows, "label": _("rows checked")},
        {"value": found.rows - found.refused, "label": _("would be taken in"), "tone": "good"},
        {"value": found.refused, "label": _("would be refused"), "tone": "bad" if found.refused else ""},
    ]


def button_of(found: Check) -> str:
    """The number of rows where it is known."""
    if not found.is_whole:
        return _("Import the whole list")
    total = number_format(found.rows, force_grouping=True)
    return ngettext("Import %(total)s row", "Import %(total)s rows", found.rows) % {"total": total}


def options(values: Iterable[str], current: str) -> list[dict[str, Any]]:
    return [{"value": value, "label": value, "is_current": value == current} for value in values]


def header_rows(opened: Opened) -> list[dict[str, Any]]:
    """The first rows, any of which may be the header; of those below it, only what a page may show of a voter."""
    sheet = opened.sheet
    return [
        {"value": row, "label": label_of(row, cells, opened), "is_current": row == sheet.header_row}
        for row, cells in sheet.looked_at
    ]


def label_of(row: int, cells: Sequence[str], opened: Opened) -> str:
    is_above = row <= opened.sheet.header_row
    taken_for = dict(enumerate(opened.mapping))
    told = [
        shown(cell.strip()) if is_above else seen(taken_for.get(place, ""), cell.strip())
        for place, cell in enumerate(cells)
    ]
    return f"{row}: {Truncator(' | '.join(filter(None, told))).chars(HEADER_CHARACTERS)}"


def seen(taken_for: str, text: str) -> str:
    """A cell as it may be shown; of a column nobody knows, only its shape."""
    return masking.masked_cell(taken_for, text) if taken_for else masking.shape_of(text)


def locations_for(user: User, batch: Batch) -> list[dict[str, Any]]:
    field = LocationField()
    field.offer(user)
    return [
        {"value": str(value), "label": label, "is_current": str(value or "") == str(batch.location_id or "")}
        for value, label in field.choices
    ]


def columns_of(found: Check) -> list[dict[str, Any]]:
    """Each column of the file: its name, some of its texts, and what it may be taken for."""
    opened, is_named = found.opened, found.opened.sheet.header_row != NO_HEADER
    return [
        {
            "number": place + 1,
            "place": place,
            "name": shown(name.strip()) if is_named else "",
            "samples": list(dict.fromkeys(seen(taken, text) for text in samples)),
            "is_twice": not taken and is_named_like_one_of(name, opened.mapping),
            "options": options(columns.HEADERS, taken),
        }
        for place, (name, taken, samples) in enumerate(
            zip(opened.sheet.header, opened.mapping, found.samples, strict=False)
        )
    ]


def is_named_like_one_of(name: str, mapping: Sequence[str]) -> bool:
    """Whether this column's name stands for a column of ours that another one is taken for."""
    return any(column.header in mapping for _place, column in columns.match_header([name]).columns)


def shown_row(row: ShownRow, layout: Layout) -> dict[str, Any]:
    texts = [masking.masked_cell(column.header, row.texts.get(column.header, "")) for _place, column in layout.columns]
    faults = [
        {"text": fault_text(fault), "proposed": masking.masked_cell(fault.column, row.proposed.get(fault.column, ""))}
        for fault in row.faults
    ]
    return {"number": row.number, "texts": texts, "faults": faults}


def refused_of(found: Check) -> list[dict[str, Any]]:
    """Faults, the commonest first, each with what is proposed for its rows."""
    counted = sorted(found.faults.items(), key=lambda item: -item[1].count)
    return [
        {
            "column": column,
            "text": _(columns.MESSAGES[code]) % as_said(fault.params),
            "count": fault.count,
            "rows": words.rows_text(fault.rows, fault.count),
            "mended": mended_text(fault),
            "examples": examples_of(column, fault),
        }
        for (code, column), fault in counted
    ]


def mended_text(fault: Counted) -> str:
    if not fault.mended:
        return ""
    text = ngettext(
        "A correction is proposed for %(count)s of these rows.",
        "A correction is proposed for %(count)s of these rows.",
        fault.mended,
    )
    return text % {"count": number_format(fault.mended, force_grouping=True)}


def examples_of(column: str, fault: Counted) -> list[tuple[str, str]]:
    """What was written and what is proposed, as far as both may be shown and still differ."""
    shown = [tuple(masking.masked_cell(column, text) for text in pair) for pair in fault.examples.items()]
    return list(dict.fromkeys((written, proposed) for written, proposed in shown if written != proposed))


def alike_of(groups: Sequence[AlikeNames], user: User) -> list[dict[str, Any]]:
    codes = {group.location_code for group in groups}
    places = dict(SpecialLocation.objects.visible_to(user).filter(code__in=codes).values_list("code", "name"))
    return [
        {
            "value": f"{group.location_code}|{group.key}",
            "location": places.get(group.location_code, group.location_code),
            "is_chosen": group.is_chosen,
            "names": [
                {"name": name, "count": count, "is_stored": name in group.stored, "is_kept": name == group.kept}
                for name, count in group.names.items()
            ],
        }
        for group in groups
    ]


def merged_text(groups: int) -> str:
    if not groups:
        return ""
    text = ngettext(
        "%(count)s block is written in several ways and would become one: see below.",
        "%(count)s blocks are written in several ways and would each become one: see below.",
        groups,
    )
    return text % {"count": number_format(groups, force_grouping=True)}


def fault_text(fault: Fault) -> str:
    text = _(columns.MESSAGES[fault.code]) % as_said(fault.params)
    return f"{fault.column}: {text}" if fault.column else text


def file_fault_of(fault: SheetError) -> str:
    return file_fault(fault.code, row=fault.row, column=fault.column)
