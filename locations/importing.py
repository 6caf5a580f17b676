"""How does a file of special locations become locations? Read and checked whole, then entered or corrected in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

import orjson
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts import audit
from accounts.ids import new_id
from accounts.permissions import Actor, Permission, require
from regions.levels import COUNTRY_CODE, Level
from regions.models import Region
from regions.territory import territory_of

from . import cells, changes, intake, registration
from .cells import CellFault, Fault, Layout
from .columns import COLUMNS, FIELDS, NAMES, REQUIRED
from .models import Batch, Kind, Refusal, SpecialLocation
from .sheets import SheetError, marked, read

MESSAGES: Final[dict[str, str]] = {
    **cells.MESSAGES,
    "region_too_coarse": gettext_noop("Choose a regency, a district or a village of today."),
    "outside_territory": gettext_noop("This region does not lie in your territory."),
    "point_incomplete": gettext_noop("Latitude and longitude belong together."),
    "subkind_of_other_only": gettext_noop("Only an other location has a kind of its own."),
    "other_regency": gettext_noop(
        "A location stays in its regency. Withdraw this one and enter it anew where it lies."
    ),
    "location_inactive": gettext_noop("This location was withdrawn or closed."),
    "code_taken": gettext_noop("This code belongs to another location."),
}
WARNINGS: Final[dict[str, str]] = {
    "twice_in_file": gettext_noop("The same location stands twice in the file; the later row counts."),
    "retired_region": gettext_noop("The region has another code today; that was taken."),
    "tps_reason_missing": gettext_noop(
        "More TPS are asked for without a reason; the request is ignored until there is one."
    ),
    "no_letter": gettext_noop("Person in charge or letter are missing: an obstacle to determination."),
    **cells.FILE_WARNINGS,
}


@dataclass(slots=True)
class _Row:
    """A row that can be taken: values by field, `region` a Region."""

    number: int
    values: dict[str, Any]


@dataclass(slots=True)
class _File:
    rows: list[_Row] = field(default_factory=list)
    refused: list[tuple[int, list[str], list[Fault]]] = field(default_factory=list)
    warnings: intake.Warnings = field(default_factory=intake.Warnings)
    total: int = 0


def load(*, file: BinaryIO, file_name: str, by: Actor) -> Batch:
    """Creates or updates the locations of a CSV or XLSX file; returns its batch, done, or failed where it cannot be read.

    Columns a file lacks leave what is stored. Refused rows are kept with every reason; nothing here identifies a voter,
    so they are not sealed.
    """
    territory = getattr(by, "territory_id", COUNTRY_CODE)
    require(by, Permission.ENTER, territories=[territory])
    batch = Batch(id=new_id(), territory=territory, subject=Batch.Subject.LOCATIONS, file_name=file_name[:200])
    batch.received_by_id, batch.started_at = by.pk, timezone.now()
    batch.state = Batch.State.RUNNING
    try:
        content = _read(file, by)
    except SheetError as error:
        intake.fail(batch, code=error.code, row=error.row, column=error.column)
        return batch
    with transaction.atomic():
        batch.save(force_insert=True)
        _write(batch, content, by)
    return batch


def _read(file: BinaryIO, by: Actor) -> _File:
    content = _File()
    sheet = read(file, NAMES)
    layout = cells.match_header(sheet.header, COLUMNS)
    for header in layout.missing(REQUIRED):
        raise SheetError("missing_column", sheet.header_row, header)
    for header in layout.twice:
        raise SheetError("column_twice", sheet.header_row, header)
    if layout.unknown:
        content.warnings.add("unknown_column", sheet.header_row, name=intake.named(layout.unknown))
    regions = _Regions()
    for number, row in sheet.rows:
        content.total += 1
        _take(number, row, layout, regions, content, by)
    content.warnings.add_notes(sheet.notes)
    return content


def _take(number: int, row: list[str], layout: Layout, regions: _Regions, content: _File, by: Actor) -> None:
    if len(row) > layout.width:
        content.refused.append((number, row, [Fault("", "ragged_row")]))
        return
    faults = [Fault(column.header, code) for column, code in marked(row, layout)]
    if faults:
        content.refused.append((number, row, faults))
        return
    values, faults = _parse(row, layout)
    if not faults:
        faults = list(_check(number, values, regions, content.warnings, by))
    if faults:
        content.refused.append((number, row, faults))
    else:
        content.rows.append(_Row(number, values))


def _parse(row: list[str], layout: Layout) -> tuple[dict[str, Any], list[Fault]]:
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for place, column in layout.columns:
        text = row[place].strip()
        if len(text) > 1 and text[0] == "'" and text[1] in "=+-@\t":
            text = text[1:]  # our own export put it there, so that no spreadsheet runs it as a formula
        try:
            values[column.field] = column.parse(text)
        except CellFault as fault:
            faults.append(Fault(column.header, fault.code, fault.params, cells.shown(text)))
            continue
        if column.header in REQUIRED and not values[column.field]:
            faults.append(Fault(column.header, "empty"))
    return values, faults


def _check(
    number: int, values: dict[str, Any], regions: _Regions, warnings: intake.Warnings, by: Actor
) -> Iterator[Fault]:
    """What one cell alone cannot tell; turns the region's code into the region of today."""
    code = values["region"]
    region = regions.today(code)
    if region is None:
        yield Fault("kode_wilayah", "unknown_region", {}, code)
    elif region.level < Level.REGENCY:
        yield Fault("kode_wilayah", "region_too_coarse", {}, code)
    elif territory_of(region.pk) not in by.reach:
        yield Fault("kode_wilayah", "outside_territory", {}, code)
    elif region.pk != code:
        warnings.add("retired_region", number)
    values["region"] = region
    kind, subkind = values["kind"], values.get("subkind", "")
    if kind == Kind.OTHER and not subkind:
        yield Fault("jenis", "empty")
    if kind != Kind.OTHER and subkind:
        yield Fault("jenis", "subkind_of_other_only")
    if (values.get("latitude") is None) != (values.get("longitude") is None):
        yield Fault("lintang" if values.get("latitude") is None else "bujur", "point_incomplete")
    if values.get("requested_tps") and not values.get("requested_tps_reason"):
        warnings.add("tps_reason_missing", number)
    if not (values.get("person_in_charge") and values.get("letter_number")):
        warnings.add("no_letter", number)


class _Regions:
    """Regions by code, asked once each, through their successors."""

    def __init__(self) -> None:
        self._known: dict[str, Region | None] = {}

    def today(self, code: str) -> Region | None:
        if code not in self._known:
            region = Region.objects.filter(pk=code).first()
            self._known[code] = self.today(region.successor_id) if region and region.successor_id else region
        return self._known[code]


def _write(batch: Batch, content: _File, by: Actor) -> None:
    latest = {row.values["code"]: row for row in content.rows}
    repeated = len(content.rows) - len(latest)
    for row in content.rows:
        if latest[row.values["code"]] is not row:
            content.warnings.add("twice_in_file", latest[row.values["code"]].number)
    stored = {
        location.code: location
        for location in SpecialLocation.everywhere.select_for_update(no_key=True)
        .filter(code__in=list(latest))
        .order_by("pk")
    }
    new, moved, updated = [], [], 0
    for code, row in latest.items():
        location = stored.get(code)
        fault = _fault_of(location, row, by)
        if fault:
            content.refused.append((row.number, _texts(row), [fault]))
        elif location is None:
            new.append(SpecialLocation(**row.values, territory=territory_of(row.values["region"].pk)))
        else:
            updated += 1
            if _update(location, row.values):
                moved.append(location.pk)
    SpecialLocation.everywhere.bulk_create(new, batch_size=500)
    changes.record([*moved, *(location.pk for location in new)])
    _refuse(batch, content)
    counts = {
        "rows": content.total,
        "accepted": len(new),
        "updated": updated + repeated,
        "rejected": len(content.refused),
        "duplicates": 0,
    }
    intake.finish(batch, counts=counts, warnings=content.warnings.as_json())
    audit.record(by=by, action="locations.import", subject=batch, territory=batch.territory, **counts)


def _fault_of(location: SpecialLocation | None, row: _Row, by: Actor) -> Fault | None:
    """Why a stored location, which may be somebody else's, cannot take this row; codes are unique in the country."""
    if location is None:
        return None
    if location.territory not in by.reach:
        return Fault("kode_lokasi", "code_taken")
    if not location.is_active:
        return Fault("kode_lokasi", "location_inactive")
    if territory_of(row.values["region"].pk) != location.territory:
        return Fault("kode_wilayah", "other_regency")
    return None


def _update(location: SpecialLocation, values: Mapping[str, Any]) -> bool:
    """Whether something changed that the plan hangs on."""
    wanted = registration.cleaned(values)
    changed = [name for name, value in wanted.items() if getattr(location, name) != value]
    if not changed:
        return False
    for name in changed:
        setattr(location, name, wanted[name])
    location.version, location.updated_at = location.version + 1, timezone.now()
    location.save(update_fields=[*changed, "version", "updated_at"])
    return bool(registration.PLAN_FIELDS & set(changed))


def _texts(row: _Row) -> list[str]:
    """The row's values as text in the order of our columns, for a row refused after it was read."""
    shown = {**row.values, "region": row.values["region"].pk}
    return ["" if shown.get(name) is None else str(shown[name]) for name in FIELDS]


def _refuse(batch: Batch, content: _File) -> None:
    Refusal.everywhere.bulk_create(
        Refusal(
            territory=batch.territory,
            batch=batch,
            row_number=number,
            reasons=[{"column": f.column, "code": f.code, "params": dict(f.params)} for f in faults],
            row=orjson.dumps(row),
        )
        for number, row, faults in content.refused
    )
