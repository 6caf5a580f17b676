"""What does a row of the voter file say, and if it cannot be taken, why?

The one border between KPU's columns and our fields: header, aliases (Sidalih's own among them), parser, refusal code.
Form and import read through `parse_row`, so both refuse the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import itemgetter
from typing import Any

from django.utils.translation import gettext_noop

from locations import cells
from locations.cells import (
    CellFault,
    Column,
    Fault,
    Layout,
    clean,
    number_of,
    one_of,
    parse_date,
    parse_region,
    text_of,
)
from locations.headers import plain
from locations.memo import Memo
from voters import identity, nik, plausible

MESSAGES: dict[str, str] = {
    **cells.MESSAGES,
    "nik_length": gettext_noop("A NIK has 16 digits. Without one, leave the cell empty or write -."),
    "nik_scientific": gettext_noop(
        "A spreadsheet turned this NIK into a rounded number: its last digits are lost. Format the column as text and "
        "enter the NIK again."
    ),
    "nik_in_text": gettext_noop("This holds a long number, such as a NIK; the columns of this row may be shifted."),
    "no_letters": gettext_noop("A name has letters."),
    "nik_date": gettext_noop("The birth date inside this NIK cannot be."),
    "no_place": gettext_noop(
        "Neither a location (kode_lokasi) nor a region of stay (kode_wilayah_keberadaan) is given."
    ),
    "unknown_location": gettext_noop("There is no special location with this code in your territory."),
    "departure_before_arrival": gettext_noop("The departure lies before the arrival."),
    "arrival_before_birth": gettext_noop("The arrival lies before the birth date."),
    "hidden": gettext_noop("This value is hidden (•). Take the list with everything shown, or type the value anew."),
    "point_incomplete": gettext_noop("Latitude and longitude belong together."),
    "outside_territory": gettext_noop("This region does not lie in your territory."),
    "stay_too_coarse": gettext_noop("The region of stay must be a regency, a district or a village."),
}

WARNINGS: dict[str, str] = {
    "bad_nik": gettext_noop(
        "The NIK contradicts birth date, sex or any known district; kept, not eligible until corrected."
    ),
    "bad_nik_sex": gettext_noop("The NIK says the other sex. Proposed: take the sex from the NIK."),
    "bad_nik_birth_date": gettext_noop("The NIK says another birth date. Proposed: compare with the KTP-el."),
    "bad_nik_day_month": gettext_noop(
        "The NIK has day and month of the birth date the other way round. Proposed: exchange the two."
    ),
    "bad_nik_nkk": gettext_noop(
        "NIK and NKK seem to be exchanged: the NKK has the birth date and sex of this person. Proposed: exchange the two, of a "
        "whole list by what its columns are taken for."
    ),
    "bad_nik_district": gettext_noop(
        "The first six digits of the NIK were never a district. Proposed: look for a typing error."
    ),
    "no_nik": gettext_noop("No NIK; kept, not eligible."),
    "no_nkk": gettext_noop("No NKK; without a NIK the person is then told apart by name and birth date alone."),
    "age_unlikely": gettext_noop(
        "By the birth date this person is younger than 10 or older than 105. Proposed: look for a typing error in the year."
    ),
    "ambiguous_date": gettext_noop(
        "Day and month of a date may be exchanged, and nothing in the row tells; the first was taken for the day."
        " Proposed: write dates as 1990-12-31."
    ),
    "nkk_rounded": gettext_noop(
        "A spreadsheet turned this NKK into a rounded number: its last digits are lost. Proposed: format the column as text."
    ),
    "nkk_malformed": gettext_noop("The NKK has no 16 digits; kept as it is, compared with nothing."),
    "unknown_village": gettext_noop("The village of the home is unknown; its district was taken."),
    "home_assumed": gettext_noop("No home given; the district that issued the NIK was taken."),
    "unknown_domicile": gettext_noop("No home given and none derivable; kept, not eligible."),
    "block_created": gettext_noop("A block that was not known before was created."),
    "block_alike": gettext_noop(
        "A new block is written almost like another one of the location. Proposed: choose one name when the list is looked at."
    ),
    "twice_in_file": gettext_noop("The same person stands twice in the file; the later row counts."),
    "departure_kept": gettext_noop(
        "This person is registered elsewhere since leaving; the departure was kept as it was."
    ),
    "dates_kept": gettext_noop(
        "The departure would lie before the arrival that is stored; both were kept as they were."
    ),
    "former_nik": gettext_noop("This NIK was corrected before; the corrected one was kept."),
    "nik_kept": gettext_noop("The row has no NIK, the voter has one; it was kept."),
    "nkk_kept": gettext_noop("The row has no NKK, the voter has one; it was kept."),
    "home_kept": gettext_noop("The row has no home, the voter has one; it was kept."),
    "emptied": gettext_noop("Empty cells of this row emptied what was stored of the voter."),
    "service_unclear": gettext_noop(
        "The occupation speaks of TNI or Polri and was not taken for service. Proposed: write TNI or POLRI of who serves."
    ),
    "foreign_assumed": gettext_noop(
        "The citizenship was taken for that of another country; kept, not eligible. Proposed: write WNI or WNA."
    ),
    "duplicate": gettext_noop("The NIK is registered elsewhere or for another name; kept, not eligible, with a case."),
    "niks_rounded": gettext_noop(
        "Of %(niks)s NIKs, %(percent)s%% end in 0; a true list has a tenth of them. A spreadsheet has probably rounded them, and "
        "their last digits are lost: ask for the original, or for a list whose column of NIKs is text."
    ),
    "stay_ignored": gettext_noop("A region of stay is only for people without a location; it was left out."),
    "other_nik": gettext_noop("Somebody of this name and birth date stands here with another NIK."),
    "still_departed": gettext_noop(
        "The list names this voter, who departed by what is stored and stays so. Proposed: send a column tanggal_keluar,"
        " empty for whoever is there."
    ),
    "still_marked": gettext_noop("The list names this voter, who has an official mark and stays not eligible."),
    "bps_suspected": gettext_noop(
        "Rows of this file were refused for a code of BPS; others of its codes may be BPS's too, and mean another village at"
        " Kemendagri. Proposed: compare the homes that were taken."
    ),
    "month_first": gettext_noop(
        "Rows of this file were refused for dates that begin with the month, such as 12/31/1990; others, such as 05/03/1990, were"
        " taken with the day first. Proposed: take the list back and send its dates as 1990-12-31."
    ),
    "left_as_it_was": gettext_noop("Is on the list already; this file only adds, so the voter was left as it was."),
    **cells.FILE_WARNINGS,
}

FILE_FAULTS: dict[str, str] = cells.FILE_FAULTS

NAME_LENGTH = 150
MASK = "•"  # what our own masked exports hide behind
MILITARY_POLICE = frozenset(
    (
        "tni",
        "tni ad",
        "tni al",
        "tni au",
        "anggota tni",
        "anggota tni ad",
        "anggota tni al",
        "anggota tni au",
        "prajurit tni",
        "tentara",
        "tentara nasional indonesia",
        "tentara nasional indonesia tni",
        "polri",
        "anggota polri",
        "polisi",
        "polisi ri",
        "anggota polisi",
        "kepolisian ri",
        "kepolisian ri polri",
        "kepolisian republik indonesia",
        "tni polri",
    )
)
"""Occupations of those who do not vote, words in small letters with one blank between."""
_IN_SERVICE = frozenset(("tni", "polri", "polisi", "kepolisian", "tentara", "prajurit"))
_NO_LONGER = frozenset(("pensiunan", "pensiun", "purnawirawan", "purn", "mantan", "eks", "istri", "anak", "keluarga"))
_FORMULA_STARTS = frozenset("=+-@\t")
_CITIZEN = frozenset(
    (
        "",
        "wni",
        "w.n.i",
        "w.n.i.",
        "wni asli",
        "indonesia",
        "indonesian",
        "id",
        "idn",
        "ina",
        "ri",
        "republik indonesia",
        "warga negara indonesia",
        "wn indonesia",
    )
)
_FOREIGN = frozenset(("wna", "w.n.a", "w.n.a.", "asing", "warga negara asing"))
_OLDEST_YEAR = 1890
_YEARS_TO_STAY = 100
_YEARS_TO_COME = 10
_NO_WORD = re.compile(r"[\W_]+")
_LONG_NUMBER = re.compile(r"\d(?:[ .,-]?\d){7}", re.ASCII)
_PLACE_AND_DATE = re.compile(r"([^\d]*[^\d\s,./-])[\s,./-]+(\d.*)", re.ASCII)


@dataclass(slots=True)
class ParsedRow:
    """A row that can be taken, each cell as a value; what only the database knows is not yet checked.

    `nik` is "" for a placeholder, else 16 digits with a date that can be. Codes of regions are dotted.
    """

    location_code: str
    block: str
    role: str
    nkk: str
    nik: str
    name: str
    birthplace: str
    birth_date: date
    marital: str
    sex: str
    address: str
    rt: str
    rw: str
    disability: str
    ektp: str
    home_code: str
    arrival: date | None
    departure: date | None
    occupation: str
    is_foreign: bool
    notes: str
    stay_code: str
    latitude: float | None
    longitude: float | None
    warnings: tuple[str, ...] = ()

    @property
    def is_military_police(self) -> bool:
        return bool(self.occupation) and _words(self.occupation) in MILITARY_POLICE

    @property
    def record(self) -> identity.Record:
        return identity.Record(
            self.nkk,
            self.birth_date,
            self.birthplace,
            self.address,
            self.rt,
            self.rw,
            self.disability,
            self.occupation,
            self.notes,
        )


def parse_row(
    row: Mapping[str, str], *, today: date, synthetic: bool = False, location_code: str = ""
) -> ParsedRow | list[Fault]:
    """The row, cells keyed by our headers, or every reason why it cannot be taken.

    `location_code` stands in where the row names no place; `synthetic` as in `nik.is_placeholder`.
    """
    texts = [row.get(header, "") for header in HEADERS]
    return parse_texts(texts, today=today, synthetic=synthetic, location_code=location_code)


def parse_texts(
    texts: Sequence[str], *, today: date, synthetic: bool = False, location_code: str = ""
) -> ParsedRow | list[Fault]:
    """`parse_row` for cells in the order of HEADERS, as `in_order` brings them: the import's way."""
    faults: list[Fault] = []
    try:
        parsed = ParsedRow(*[parse(text) for parse, text in zip(_PARSERS, texts, strict=True)])
    except CellFault:
        parsed = ParsedRow(*_parse_each(texts, faults))
    if not parsed.location_code and not parsed.stay_code:
        parsed.location_code = location_code
    _check_together(parsed, faults, today, synthetic)
    if faults:
        return faults
    if parsed.is_foreign and texts[_CITIZENSHIP].strip().lower() not in _FOREIGN:
        parsed.warnings += ("foreign_assumed",)
    if parsed.occupation and _may_be_in_service(parsed.occupation):
        parsed.warnings += ("service_unclear",)
    if not parsed.birthplace and (together := _PLACE_AND_DATE.fullmatch(texts[_DATES[0]].strip())):
        parsed.birthplace = _birthplace(together[1])
    parsed.warnings += plausible.warnings_of(parsed, [texts[place] for place in _DATES], today=today)
    return parsed


def in_order(layout: Layout) -> Callable[[list[str]], Sequence[str]]:
    """A function that puts a row's cells in the order of HEADERS, "" where the file lacks the column."""
    place_of = {column.header: place for place, column in layout.columns}
    pick = itemgetter(*(place_of.get(header, layout.width) for header in HEADERS))
    return lambda row: pick((*row, ""))


def match_header(header: list[str]) -> Layout:
    """The layout of a voter file. `missing` of REQUIRED tells what it lacks; columns that we added are not unknown."""
    layout = cells.match_header(header, COLUMNS)
    return replace(layout, unknown=tuple(name for name in layout.unknown if plain(name) not in ADDED))


def missing_columns(layout: Layout, *, location_code: str = "") -> tuple[str, ...]:
    """Required columns the file does not have; a location may be named once for the whole file."""
    missing = layout.missing(REQUIRED)
    has_place = location_code or not {"location_code", "stay_code"}.isdisjoint(layout.fields)
    return missing if has_place else (*missing, "kode_lokasi")


def read_cell(header: str, text: str) -> Any:
    """What one cell says, in the column of this header. Raises CellFault."""
    return _PARSERS[HEADERS.index(header)](text)


def well_formed_nkk(text: str) -> str:
    """The NKK if it has 16 digits and is no stand-in, else "": only this is ever compared."""
    return text if len(text) == nik.LENGTH and text.isdigit() and not nik.is_placeholder(text, synthetic=True) else ""


def _parse_each(texts: Sequence[str], faults: list[Fault]) -> Iterator[Any]:
    """Every value, None for a cell that cannot be read; its fault is added."""
    for header, parse, text in zip(HEADERS, _PARSERS, texts, strict=True):
        try:
            yield parse(text)
        except CellFault as fault:
            faults.append(_fault(header, fault.code, text, fault.params))
            yield None


def _check_together(row: ParsedRow, faults: list[Fault], today: date, synthetic: bool) -> None:
    """What one cell alone cannot tell; turns a placeholder into "" and adds faults and warnings."""
    if row.nik is not None:
        _check_nik(row, faults, synthetic)
    born = row.birth_date
    if born is not None and not (born.year >= _OLDEST_YEAR and born <= today):
        faults.append(_fault("tanggal_lahir", "date_out_of_range"))
    elif row.arrival and born and row.arrival < born:
        faults.append(_fault("tanggal_masuk", "arrival_before_birth"))
    elif row.arrival and not _OLDEST_YEAR <= row.arrival.year <= today.year + _YEARS_TO_COME:
        faults.append(_fault("tanggal_masuk", "date_out_of_range"))
    if row.departure:
        if row.arrival and row.departure < row.arrival:
            faults.append(_fault("tanggal_keluar", "departure_before_arrival"))
        elif (born and row.departure < born <= today) or row.departure.year > today.year + _YEARS_TO_STAY:
            faults.append(_fault("tanggal_keluar", "date_out_of_range"))
    if row.location_code:
        if row.stay_code:
            row.stay_code, row.latitude, row.longitude = "", None, None
            row.warnings += ("stay_ignored",)
    elif not row.stay_code and not any(fault.column in _PLACES for fault in faults):
        faults.append(_fault("kode_lokasi", "no_place"))
    if (row.latitude is None) != (row.longitude is None) and not any(f.column in _POINT for f in faults):
        faults.append(_fault("lintang", "point_incomplete"))
    if row.nkk and len(row.nkk) != nik.LENGTH:
        row.warnings += ("nkk_rounded" if nik.is_rounded(row.nkk) else "nkk_malformed",)


def _check_nik(row: ParsedRow, faults: list[Fault], synthetic: bool) -> None:
    if nik.is_placeholder(row.nik, synthetic=synthetic):
        row.nik = ""
        return
    code = nik.nik_fault(row.nik)
    if code:
        faults.append(Fault("nik", code, {}, identity.mask(row.nik)))


def _reader(column: Column) -> Callable[[str], Any]:
    """The column's parser on the trimmed cell, `-` being an empty one; remembered where values repeat."""
    parse = column.parse

    def read(cell: str) -> Any:
        text = cell.strip()
        if text[:1] == "'" and (text[1:2] in _FORMULA_STARTS or text[1:].isdigit()):
            text = text[1:]  # our own exports put it there, so that no spreadsheet runs it as a formula
        elif text[:2] == '="' and text[2:-1].isdigit() and text[-1] == '"':
            text = text[2:-1]  # so do others, so that no spreadsheet rounds it
        if MASK in text:
            raise CellFault("hidden")
        return parse("" if text == "-" else text)

    return read if column.field in _EACH_HIS_OWN else Memo(read).__getitem__


def _fault(header: str, code: str, text: str = "", params: Mapping[str, Any] | None = None) -> Fault:
    shown = "" if header in _SECRET else cells.shown(text)
    return Fault(header, code, dict(params or {}), shown)


_plain_name = text_of(NAME_LENGTH)
_plain_block = text_of(60)
_birthplace = text_of(100)


def _parse_name(text: str) -> str:
    name = _plain_name(text)
    if not any(c.isalpha() for c in name):
        raise CellFault("no_letters" if name else "empty")
    return _without_nik(name)


def _parse_block(text: str) -> str:
    return _without_nik(_plain_block(text))


def _without_nik(text: str) -> str:
    """What stays in the clear holds no NIK."""
    if _LONG_NUMBER.search(text):
        raise CellFault("nik_in_text")
    return text


def _parse_birth_date(text: str) -> date:
    """Of `Blitar, 31-12-1990` the date; the place must be one, too."""
    together = _PLACE_AND_DATE.fullmatch(text)
    if together:
        _birthplace(together[1])
    value = parse_date(together[2] if together else text)
    if value is None:
        raise CellFault("empty")
    return value


def _parse_is_foreign(text: str) -> bool:
    """Everything but the usual words for an Indonesian is a foreigner; figures are no citizenship."""
    if text.lower() in _CITIZEN:
        return False
    if not clean(text).replace(" ", "").replace("-", "").isalpha() or len(text) > 60:
        raise CellFault("outside_list", allowed="WNI, WNA")
    return True


def _words(text: str) -> str:
    return " ".join(_NO_WORD.sub(" ", text.lower()).split())


def _may_be_in_service(occupation: str) -> bool:
    """Somebody should look: it names the services, neither as they are usually written nor as something of the past."""
    words = _words(occupation)
    told = frozenset(words.split())
    return words not in MILITARY_POLICE and not told.isdisjoint(_IN_SERVICE) and told.isdisjoint(_NO_LONGER)


def _parse_nkk(text: str) -> str:
    digits = nik.parse_nik(text)
    if nik.is_placeholder(digits, synthetic=True):
        return ""
    return _short_text(digits)


def _parse_sex(text: str) -> str:
    if not text:
        raise CellFault("empty")
    return _sex(text)


_short_text = text_of(40)
_sex: Callable[[str], str] = one_of({nik.MALE: nik.MALE, nik.FEMALE: nik.FEMALE})


def _parse_home(text: str) -> str:
    code = parse_region(text)
    if len(code) == 2:
        raise CellFault("bad_region_code")
    return code


COLUMNS: tuple[Column, ...] = (
    Column("kode_lokasi", "location_code", text_of(40)),
    Column("blok", "block", _parse_block, ("nama_blok", "blok_hunian", "blok/kamar", "asrama", "barak")),
    Column("peran", "role", one_of({"": "penghuni", "penghuni": "penghuni", "petugas": "petugas"})),
    Column(
        "nkk", "nkk", _parse_nkk, ("no_kk", "nomor_kk", "kk", "no_kartu_keluarga", "nomor_kartu_keluarga"), secret=True
    ),
    Column(
        "nik",
        "nik",
        nik.parse_nik,
        ("no_nik", "nomor_nik", "no_ktp", "nomor_ktp", "nik/no_ktp", "nomor_induk_kependudukan"),
        secret=True,
    ),
    Column(
        "nama",
        "name",
        _parse_name,
        tuple(
            f"nama_{who}"
            for who in (
                "lengkap",
                "pemilih",
                "penghuni",
                "wbp",
                "santri",
                "siswa",
                "karyawan",
                "narapidana",
                "tahanan",
                "pegawai",
            )
        ),
    ),
    Column("tempat_lahir", "birthplace", _birthplace, ("tmpt_lahir", "tmp_lahir"), secret=True),
    Column(
        "tanggal_lahir",
        "birth_date",
        _parse_birth_date,
        (
            *(
                "tgl_lahir",
                "ttl",
                "tempat/tgl_lahir",
                "tempat/tanggal_lahir",
                "tempat_tgl_lahir",
                "tempat_tanggal_lahir",
            ),
            *("tempat_dan_tanggal_lahir", "tempat_&_tanggal_lahir", "tmpt/tgl_lahir"),
        ),
        secret=True,
    ),
    Column(
        "status_kawin",
        "marital",
        one_of({"": "", "B": "B", "S": "S", "P": "P"}),
        ("sts_kawin", "status_perkawinan", "status_pernikahan"),
    ),
    Column(
        "jenis_kelamin",
        "sex",
        _parse_sex,
        ("kelamin", "jk", "j/k", "l/p", "lp", "jenkel", "gender", "sex", "jenis_kelamin_l/p", "jenis_kelamin_(l/p)"),
    ),
    Column("alamat", "address", text_of(300), ("alamat_ktp", "alamat_asal", "alamat_lengkap"), secret=True),
    Column("rt", "rt", text_of(10), secret=True),
    Column("rw", "rw", text_of(10), secret=True),
    Column(
        "disabilitas",
        "disability",
        one_of({"": "", "0": "", "1": "1", "2": "2", "3": "3", "4": "4", "5": "5", "6": "6"}, "0, 1, 2, 3, 4, 5, 6"),
        ("difabel", "jenis_disabilitas", "ragam_disabilitas"),
        secret=True,
    ),
    Column(
        "status_ktp_el",
        "ektp",
        one_of({"": "", "S": "S", "B": "B"}),
        ("ektp", "e_ktp", "ktp_el", "status_ektp", "status_e_ktp", "status_ktp", "status_perekaman"),
    ),
    Column("kode_wilayah_domisili", "home_code", _parse_home, ("kode_domisili", "kode_wilayah_ktp")),
    Column("tanggal_masuk", "arrival", parse_date, ("tgl_masuk",)),
    Column(
        "tanggal_keluar",
        "departure",
        parse_date,
        ("tgl_keluar", "tanggal_bebas", "tgl_bebas"),
    ),
    Column("pekerjaan", "occupation", text_of(100), secret=True),
    Column("kewarganegaraan", "is_foreign", _parse_is_foreign, ("warga_negara", "kebangsaan", "wni/wna")),
    Column("keterangan", "notes", text_of(500), ("ket",), secret=True),
    Column("kode_wilayah_keberadaan", "stay_code", parse_region),
    Column("lintang", "latitude", number_of(-11.5, 6.5)),
    Column("bujur", "longitude", number_of(94.5, 141.5)),
)
NAMES = cells.names_of(COLUMNS)
HEADERS = tuple(column.header for column in COLUMNS)
REQUIRED = ("nama", "tanggal_lahir", "jenis_kelamin")
ADDED = ("baris", "kolom", "alasan", "usulan")  # what our own files of refused rows have beside these
_EACH_HIS_OWN = frozenset(("nkk", "nik", "name", "address"))
_PARSERS: tuple[Callable[[str], Any], ...] = tuple(_reader(column) for column in COLUMNS)
READERS = dict(zip(HEADERS, _PARSERS, strict=True))
_SECRET = frozenset(column.header for column in COLUMNS if column.secret)
_PLACES = frozenset(("kode_lokasi", "kode_wilayah_keberadaan"))
_POINT = frozenset(("lintang", "bujur"))
_CITIZENSHIP = HEADERS.index("kewarganegaraan")
_DATES = tuple(HEADERS.index(header) for header in ("tanggal_lahir", "tanggal_masuk", "tanggal_keluar"))
