"""What a person types about a voter or sends as a list, handed on as the cells of the voter file."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from locations.cells import CellFault, Fault
from locations.models import Batch, SpecialLocation
from locations.sheets import SheetError, read

from . import announcing, books, columns, doubts, nik, orders, registration
from .masking import HIDDEN, MARK
from .models import Act, Marital, OfficialMark, Role, Sex, Voter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from django.http import QueryDict

    from accounts.models import User

    from .missing import AtPlace, Outlook

LONGEST: Final = 600
PASTED_CHARACTERS: Final = 2_000_000  # in any script well below DATA_UPLOAD_MAX_MEMORY_SIZE
MODES: Final = (
    (Batch.Mode.UPDATE, _("Update: new voters are added, those on it already are brought up to date.")),
    (Batch.Mode.ADD, _("Add: new voters are added, those on it already are left as they are.")),
    (
        Batch.Mode.REPLACE,
        _("Replace: like update; who stands at a location of the list and is not on it is shown to you as gone."),
    ),
)
DISABILITIES: Final = (
    ("", _("none")),
    ("1", pgettext_lazy("disability", "physical")),
    ("2", pgettext_lazy("disability", "intellectual")),
    ("3", pgettext_lazy("disability", "mental")),
    ("4", pgettext_lazy("disability", "speech")),
    ("5", pgettext_lazy("disability", "hearing")),
    ("6", pgettext_lazy("disability", "sight")),
)
EKTP: Final = (("", _("not known")), ("S", _("recorded")), ("B", _("not yet recorded")))
CITIZENSHIP: Final = (("", _("Indonesian (WNI)")), ("WNA", _("foreigner (WNA)")))
CONFIRMATIONS: Final = {
    doubts.SAME_PERSON: ("orang_sama", _("It is the same person: bring the entry up to date")),
    doubts.ALIKE_BLOCK: ("blok_lain", _("It is another block: make a new one")),
}
"""What is ticked where a doubt was found: the field, and its label."""
_MASKED_HELP: Final = _("Hidden. Leave it as it is, or type the whole value anew.")


def label_of(field: str) -> Any:
    return capfirst(Voter._meta.get_field(field).verbose_name)


class CellField(forms.CharField):
    """A cell of the voter file as text; what it must be is decided where files are checked too."""

    def __init__(self, label: Any, *, required: bool = False, **attrs: str) -> None:
        help_text = attrs.pop("help_text", "")
        widget = forms.TextInput(attrs={"autocomplete": "off", **attrs})
        super().__init__(label=label, required=required, max_length=LONGEST, help_text=help_text, widget=widget)


class ChoiceCell(forms.ChoiceField):
    def __init__(
        self, label: Any, choices: Iterable[tuple[str, Any]], *, required: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(label=label, choices=tuple(choices), required=required, **kwargs)


class DayField(forms.DateField):
    """The day of an act: a typing error in the year is refused."""

    YEARS_BACK, YEARS_AHEAD = 100, 100  # whoever is sentenced for life may get a departure beyond his days

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)

    def validate(self, value: datetime.date | None) -> None:
        super().validate(value)
        year = timezone.localdate().year
        if value and not year - self.YEARS_BACK <= value.year <= year + self.YEARS_AHEAD:
            code = "date_out_of_range"
            raise ValidationError(gettext(columns.MESSAGES[code]), code=code)


class VoterForm(forms.Form):
    """One voter. Fields are the columns of the voter file, so that both are read and refused alike.

    With `masked` (cells as `masking.masked_cells` gives them) it is a correction: a hidden field left alone stays.
    """

    nik = CellField(
        _("NIK"),
        inputmode="numeric",
        help_text=_("16 digits; birth date and sex are taken from it. Without one, leave it empty or write -."),
    )
    nama = CellField(label_of("name"), required=True)
    nkk = CellField(_("Family card number (NKK)"), inputmode="numeric")
    tanggal_lahir = CellField(_("Birth date"), required=True, help_text=_("For example 1990-12-31 or 31/12/1990."))
    jenis_kelamin = ChoiceCell(_("Sex"), [("", pgettext_lazy("choice", "choose")), *Sex.choices], required=True)
    tempat_lahir = CellField(_("Birthplace"))
    status_kawin = ChoiceCell(label_of("marital"), [("", _("not known")), *Marital.choices])
    status_ktp_el = ChoiceCell(label_of("ektp"), EKTP)
    kewarganegaraan = ChoiceCell(_("Citizenship"), CITIZENSHIP)
    disabilitas = ChoiceCell(_("Disability"), DISABILITIES)
    blok = CellField(
        _("Block"),
        list="known-blocks",
        help_text=_("People of one block go to vote together. A new name makes a new block."),
    )
    peran = ChoiceCell(label_of("role"), Role.choices, required=True)
    tanggal_masuk = CellField(label_of("arrival"), type="date", help_text=_("Empty: is there already."))
    tanggal_keluar = CellField(
        label_of("departure"), type="date", help_text=_("Whoever leaves on or before polling day does not vote here.")
    )
    pekerjaan = CellField(_("Occupation"), help_text=_("TNI and POLRI do not vote."))
    kode_wilayah_domisili = CellField(
        _("Home by the KTP-el"), help_text=_("Type a name and choose, or type the code. Empty: taken from the NIK.")
    )
    alamat = CellField(_("Address"))
    rt = CellField(_("RT"))
    rw = CellField(_("RW"))
    keterangan = CellField(_("Notes"))

    GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
        (
            _("Person"),
            ("nik", "nama", "orang_sama", "tanggal_lahir", "jenis_kelamin", "nkk", "status_kawin", "tempat_lahir"),
        ),
        (_("At the location"), ("blok", "blok_lain", "peran", "tanggal_masuk", "tanggal_keluar")),
        (_("Home"), ("kode_wilayah_domisili", "alamat", "rt", "rw")),
        (_("Further"), ("status_ktp_el", "kewarganegaraan", "pekerjaan", "disabilitas", "keterangan")),
    )

    def __init__(
        self,
        *args: Any,
        masked: Mapping[str, str] | None = None,
        kept: Mapping[str, str] | None = None,
        is_placed: bool = True,
        **kwargs: Any,
    ) -> None:
        """`kept` are cells that stay from one new voter to the next."""
        super().__init__(*args, initial={"peran": Role.RESIDENT.value, **(kept or {}), **(masked or {})}, **kwargs)
        self.masked = {name: text for name, text in (masked or {}).items() if MARK in text}
        if not is_placed:
            del self.fields["blok"]
        for name in self.masked.keys() & self.fields.keys():
            self._hide(self.fields[name])
        for doubt, (name, _label) in CONFIRMATIONS.items():
            if name in self.data:
                self._offer(doubt)

    def _offer(self, doubt: str) -> None:
        """Something to tick, so that what was asked is asked no more."""
        name, label = CONFIRMATIONS[doubt]
        self.fields.setdefault(name, forms.BooleanField(label=label, required=False))

    def _hide(self, field: forms.Field) -> None:
        field.help_text = _MASKED_HELP
        if isinstance(field, forms.ChoiceField):
            field.choices = [(HIDDEN, _("hidden, stays as it is")), *field.choices]

    def clean(self) -> dict[str, Any]:
        """A hidden value is left alone or typed anew, never mended in part."""
        cleaned = super().clean() or {}
        for name, text in list(cleaned.items()):
            if isinstance(text, str) and MARK in text and text != self.masked.get(name):
                self.add_error(
                    name, ValidationError(gettext("Type the whole value, or leave it hidden as it was."), "masked")
                )
        if self.errors:
            self.take(registration.validation_error(self._faults(cleaned)))
        return cleaned

    def _faults(self, cells: Mapping[str, Any]) -> Iterator[Fault]:
        """What is wrong with the cells that are filled, where the verb is not asked because others are not."""
        for name, text in cells.items():
            if name not in columns.READERS or not text or MARK in text:
                continue
            try:
                value = columns.READERS[name](text)
            except CellFault as fault:
                yield Fault(name, fault.code, fault.params)
                continue
            if name == "nik" and not nik.is_placeholder(value) and (code := nik.nik_fault(value)):
                yield Fault(name, code)

    @property
    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names if name in self.fields]) for title, names in self.GROUPS]

    @property
    def cells(self) -> dict[str, str]:
        """The columns of a valid form, as the verbs want them."""
        return {name: text for name, text in self.cleaned_data.items() if isinstance(text, str)}

    @property
    def doubts(self) -> set[str]:
        """What is still to be asked: nobody has ticked it."""
        return {doubt for doubt, (name, _label) in CONFIRMATIONS.items() if not self.cleaned_data.get(name)}

    def take(self, faults: ValidationError) -> None:
        """Shows what a verb refused: beside its field, or on top where the form has none for it."""
        for column, errors in faults.error_dict.items() if hasattr(faults, "error_dict") else [("", faults.error_list)]:
            self.add_error(column if column in self.fields and column != NON_FIELD_ERRORS else None, errors)
            for error in errors:
                if error.code in CONFIRMATIONS:
                    self._offer(error.code)


class MendForm(VoterForm):
    """A refused row, all of its columns. What cannot be read stands there as it came, hidden where it identifies somebody."""

    kode_lokasi = CellField(_("Location code"), list="known-locations")
    kode_wilayah_keberadaan = CellField(_("Region of stay"), help_text=_("Only for people without a location."))
    lintang = CellField(_("Latitude"), inputmode="decimal")
    bujur = CellField(_("Longitude"), inputmode="decimal")

    GROUPS = (
        VoterForm.GROUPS[0],
        (
            _("At the location"),
            (
                *("kode_lokasi", "blok", "peran", "tanggal_masuk", "tanggal_keluar"),
                *("kode_wilayah_keberadaan", "lintang", "bujur"),
            ),
        ),
        *VoterForm.GROUPS[2:],
    )

    def __init__(self, *args: Any, cells: Mapping[str, str], masked: Mapping[str, str], **kwargs: Any) -> None:
        """`cells` are the row's own by column, `masked` the same as they are shown; none of the former gets out."""
        super().__init__(*args, masked={name: readable(name, cells.get(name, ""), masked) for name in masked}, **kwargs)
        for name in ("kode_wilayah_keberadaan", "lintang", "bujur"):
            if not cells.get(name, "").strip():
                del self.fields[name]
        for name, field in self.fields.items():
            self._make_room(field, str(self.initial.get(name, "")))

    def _make_room(self, field: forms.Field, shown: str) -> None:
        """For a text in a list of codes, or in a field of dates that is none."""
        if isinstance(field, forms.ChoiceField):
            if shown not in dict(field.choices):
                field.choices = [(shown, shown), *field.choices]
        elif field.widget.input_type == "date" and not is_iso_date(shown):
            field.widget.input_type = "text"

    def complain(self, faults: ValidationError) -> None:
        """Says why the row was refused, before anybody sends it."""
        self.full_clean()
        self.errors.clear()
        self.cleaned_data = {}
        self.take(faults)


def readable(name: str, text: str, masked: Mapping[str, str]) -> str:
    """A cell as the form's field has it: codes and dates in the one way of writing them, else as it is shown."""
    if MARK in masked[name]:
        return masked[name]
    try:
        value = columns.read_cell(name, text)
    except CellFault:
        return masked[name]
    if name == "kewarganegaraan":
        return "WNA" if value else ""
    return value.isoformat() if isinstance(value, datetime.date) else value if isinstance(value, str) else masked[name]


def is_iso_date(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text or "2000-01-01")
    except ValueError:
        return False
    return True


def completed(data: QueryDict, *, at: datetime.date) -> QueryDict | None:
    """The same with birth date and sex from the NIK where they were left empty; None where nothing is to be filled.

    What the script of the page does while one types.
    """
    told = nik.told_by(data.get("nik", ""), at=at)
    if told is None or (data.get("tanggal_lahir", "").strip() and data.get("jenis_kelamin")):
        return None
    filled, (birth_date, sex) = data.copy(), told
    filled["tanggal_lahir"] = data.get("tanggal_lahir", "").strip() or birth_date.strftime("%d/%m/%Y")
    filled["jenis_kelamin"] = data.get("jenis_kelamin") or sex
    return filled


class ReasonForm(forms.Form):
    """Why somebody removes a voter or looks at an identity."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("The audit trail keeps it. Do not write a NIK or a birth date here."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class DownloadForm(forms.Form):
    """What of a list is taken along, and as what; everything plain only by right, with a reason."""

    OVERVIEW, HIDDEN, FULL = "ringkas", "tersamar", "lengkap"
    CSV, XLSX = "csv", "xlsx"

    isi = forms.ChoiceField(
        label=_("What is in it"),
        choices=(
            (HIDDEN, _("Columns of the import, NIK and everything sealed hidden")),
            (FULL, _("Columns of the import, in full: can be corrected and uploaded again")),
            (OVERVIEW, _("Overview with eligibility and reasons, NIK and birth date hidden (CSV)")),
        ),
        initial=HIDDEN,
        widget=forms.RadioSelect,
    )
    bentuk = forms.ChoiceField(
        label=_("File"),
        choices=((XLSX, _("Excel workbook (.xlsx)")), (CSV, "CSV")),
        initial=XLSX,
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=300,
        help_text=_("Only for a list in full. The audit trail keeps it. Do not write a NIK or a birth date here."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, may_reveal: bool, rows: int, has_overview: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows
        if not has_overview:
            self._leave_out(self.OVERVIEW)
        if not may_reveal:
            self._leave_out(self.FULL)
            del self.fields["reason"]

    def _leave_out(self, content: str) -> None:
        self.fields["isi"].choices = [choice for choice in self.fields["isi"].choices if choice[0] != content]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("isi") == self.FULL and not given.get("reason", "").strip():
            self.add_error("reason", ValidationError(gettext("Say why."), code="empty"))
        if given.get("bentuk") == self.XLSX and given.get("isi") != self.OVERVIEW and self.rows > books.MOST_ROWS:
            most = number_format(books.MOST_ROWS, force_grouping=True)
            message = gettext("A workbook takes at most %(most)s rows. Choose CSV, or narrow the list.")
            self.add_error("bentuk", ValidationError(message % {"most": most}, code="too_many"))
        return given


DATED: Final = (Act.Kind.TRANSFER, Act.Kind.DEPARTURE, Act.Kind.ARRIVAL)


class NamedActForm(forms.Form):
    """Why something is done to many, and what it is called; last on the form."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("The audit trail keeps it. Do not write a NIK or a birth date here."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(
        label=_("Name of the act"),
        max_length=100,
        required=False,
        help_text=_("By which you find it again, should it have to be taken back."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ActForm(NamedActForm):
    """What is done about duplicates, for one row or for many."""

    field_order = ("tindakan", "tanggal", "reason", "name")
    tindakan = forms.ChoiceField(
        label=_("What is to be done"),
        choices=(
            (Act.Kind.TRANSFER, _("They moved here from the other rows that I see (departure there, arrival here)")),
            (Act.Kind.DEPARTURE, _("They left their location (departure)")),
            (Act.Kind.ARRIVAL, _("They came to their location (arrival)")),
            (Act.Kind.MERGE, _("These registrations stay; the others of each case that I see are duplicates (TMS 2)")),
            (Act.Kind.APART, _("They are somebody else: not the same person")),
        ),
        widget=forms.RadioSelect,
    )
    tanggal = DayField(
        label=_("On which day"),
        required=False,
        help_text=_("For transfer, departure and arrival only."),
    )

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("tindakan") in DATED and not given.get("tanggal"):
            self.add_error("tanggal", ValidationError(gettext("Say on which day."), code="required"))
        return given


class OrderForm(NamedActForm):
    """What happens to many voters of one location at once."""

    UNMARK = "unmark"

    field_order = ("tindakan", "tanda", "lokasi", "lokasi_lain", "tanggal", "reason", "name")
    tindakan = forms.ChoiceField(
        label=_("What is to be done"),
        choices=(
            (Act.Kind.MARK, _("Set an official mark: not eligible from now on (TMS)")),
            (UNMARK, _("Take the official mark away")),
            (Act.Kind.TRANSFER, _("Transfer to another location: departure here, arrival there, on the same day")),
            (Act.Kind.DEPARTURE, _("Departure: they left, or will leave, on that day")),
        ),
        widget=forms.RadioSelect,
    )
    tanda = forms.ChoiceField(
        label=_("Official mark"),
        required=False,
        choices=(
            ("", pgettext_lazy("choice", "choose")),
            *((mark.value, format_lazy("{} {}", mark.value, mark.label)) for mark in OfficialMark),
        ),
        help_text=_("KPU's codes; only for a mark that is set."),
    )
    lokasi: forms.ModelChoiceField[SpecialLocation] = forms.ModelChoiceField(
        label=_("To which location"),
        queryset=None,
        required=False,
        empty_label=pgettext_lazy("choice", "choose"),
        help_text=_("Only for a transfer within your territory."),
        error_messages={"invalid_choice": _("Choose a location of your territory that was not withdrawn.")},
    )
    lokasi_lain = forms.CharField(
        label=_("Or to which location of another office"),
        required=False,
        max_length=60,
        help_text=_(
            "Only for a transfer out of your territory. Type a name or a regency and choose, or type the location code. "
            "The other office is told, and has to accept them."
        ),
    )
    tanggal = DayField(
        label=_("On which day"),
        required=False,
        help_text=_("For transfer and departure only."),
    )

    def __init__(self, *args: Any, user: User, location: SpecialLocation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        own = SpecialLocation.objects.visible_to(user).active().exclude(pk=location.pk).order_by("name", "code")
        self.fields["lokasi"].queryset = own
        self.fields["lokasi"].label_from_instance = lambda other: f"{other.name} ({other.code})"

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        match given.get("tindakan"):
            case Act.Kind.MARK:
                self._need("tanda", gettext("Choose a mark."))
            case Act.Kind.TRANSFER:
                self._need_a_place()
                self._need("tanggal", gettext("Say on which day."))
            case Act.Kind.DEPARTURE:
                self._need("tanggal", gettext("Say on which day."))
        if not self.errors:
            orders.check(self.order)
        return given

    def _need_a_place(self) -> None:
        code, own = self.cleaned_data.get("lokasi_lain", ""), self.cleaned_data.get("lokasi")
        self.elsewhere = announcing.destination(code, self.user) if code else None
        if not code:
            self._need("lokasi", gettext("Choose a location."))
        elif own:
            self.add_error("lokasi_lain", gettext("Choose one location, in your territory or outside it."))
        elif not self.elsewhere:
            self.add_error("lokasi_lain", gettext("No active location outside your territory has this code."))

    def _need(self, name: str, sentence: str) -> None:
        if not self.cleaned_data.get(name) and name not in self.errors:
            self.add_error(name, ValidationError(sentence, code="required"))

    @property
    def order(self) -> orders.Order:
        """The order of a valid form."""
        given = self.cleaned_data
        match given["tindakan"]:
            case Act.Kind.TRANSFER:
                to, on = self.elsewhere or given["lokasi"], given["tanggal"]
                return orders.Order(Act.Kind.TRANSFER, on=on, to=to, is_announced=self.elsewhere is not None)
            case Act.Kind.DEPARTURE:
                return orders.Order(Act.Kind.DEPARTURE, on=given["tanggal"])
        return orders.Order(Act.Kind.MARK, mark=given["tanda"] if given["tindakan"] == Act.Kind.MARK else "")


class NIKForm(forms.Form):
    """A NIK to look for; sent as a body, never as an address."""

    nik = forms.CharField(
        label=_("NIK"), max_length=40, widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    )

    def clean_nik(self) -> str:
        number = nik.parse_nik(self.cleaned_data["nik"].strip())
        if len(number) != nik.LENGTH or not (number.isascii() and number.isdigit()):
            raise ValidationError(gettext("A NIK has 16 digits."), code="nik_length")
        return number


class MissingForm(forms.Form):
    """Since when those are gone whom a list does not name. Where many would go, somebody has to say that it is meant so."""

    tanggal = DayField(label=_("Date of departure"), initial=timezone.localdate)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("The audit trail keeps it. Do not write a NIK or a birth date here."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    lengkap = forms.BooleanField(label=_("This is the whole list of these locations."), required=False)
    tempat = forms.MultipleChoiceField(
        label=_("Where"),
        error_messages={"required": _("Choose at least one location.")},
        widget=forms.MultipleHiddenInput,
    )

    def __init__(self, *args: Any, batch_name: str, outlook: Outlook, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.outlook = outlook
        self.fields["reason"].initial = gettext("Not on the list %(name)s") % {"name": batch_name}
        if not outlook.is_many:
            del self.fields["lengkap"]
        if len(outlook.places) < 2:
            del self.fields["tempat"]
            return
        self.fields["tempat"].choices = [(str(place.location.pk), place.location.name) for place in outlook.places]
        self.fields["tempat"].initial = [str(place.location.pk) for place in outlook.places if not place.is_many]

    @property
    def asked(self) -> list[forms.BoundField]:
        """What stands below one another; the locations are ticked in their table."""
        return [field for field in self if field.name != "tempat"]

    @property
    def chosen(self) -> list[AtPlace]:
        """The locations whose missing leave; with a single one there is nothing to choose."""
        if "tempat" not in self.fields:
            return self.outlook.places
        ticked = self["tempat"].value() or []
        return [place for place in self.outlook.places if str(place.location.pk) in ticked]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if any(place.is_many for place in self.chosen) and not given.get("lengkap"):
            sentence = gettext("Say that the list is whole, or leave them on it.")
            self.add_error("lengkap", ValidationError(sentence, code="required"))
        return given


class LocationField(forms.ModelChoiceField):
    """The location of rows that name none."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Location"),
            queryset=None,
            required=False,
            empty_label=_("each row names its own (kode_lokasi)"),
            help_text=_("For rows that name none, as in an export of Sidalih."),
            error_messages={"invalid_choice": _("Choose a location of your territory that was not withdrawn.")},
        )

    def offer(self, user: User) -> None:
        """Those of the own territory that ask for a TPS."""
        self.queryset = SpecialLocation.objects.visible_to(user).active().order_by("name", "code")

    def label_from_instance(self, obj: SpecialLocation) -> str:
        return f"{obj.name} ({obj.code})"


class ModeField(forms.ChoiceField):
    """Who sends no answer, updates."""

    def clean(self, value: Any) -> Any:
        return super().clean(value or Batch.Mode.UPDATE.value)


class UploadForm(forms.Form):
    """A voter list, as a file or pasted. Its beginning is read at once, so that what is no list is refused before anything
    is kept."""

    berkas = forms.FileField(
        label=_("File"),
        required=False,
        max_length=200,
        help_text=_(
            "Drop it here or choose it: Excel workbook (.xlsx) or CSV. The row that names the columns is found below titles."
        ),
        error_messages={"empty": _("The file is empty.")},
        widget=forms.FileInput(
            attrs={
                "accept": ".csv,.txt,.xlsx,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            }
        ),
    )
    tempel = forms.CharField(
        label=_("Or rows from a spreadsheet"),
        required=False,
        max_length=PASTED_CHARACTERS,
        strip=False,
        help_text=_("Select them there with the row that names the columns, copy, and paste here."),
        error_messages={"max_length": _("This is too much to paste. Save it as a file and upload that.")},
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off", "wrap": "off"}),
    )
    lokasi = LocationField()

    cara = ModeField(label=_("How the list is taken in"), choices=MODES, widget=forms.RadioSelect)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cara"].initial = Batch.Mode.UPDATE
        del self.fields["tempel"].widget.attrs["maxlength"]  # browsers cut there without a word
        self.fields["lokasi"].offer(user)

    def clean_berkas(self) -> Any:
        file = self.cleaned_data["berkas"]
        if file is not None and file.size > settings.MAX_UPLOAD_BYTES:
            most = filesizeformat(settings.MAX_UPLOAD_BYTES)
            raise ValidationError(gettext("The file is larger than %(most)s. Split it."), "too_large", {"most": most})
        return file

    def clean(self) -> dict[str, Any]:
        """`berkas` is the file, or what was pasted as one."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        pasted = cleaned["tempel"].strip("\r\n")
        if cleaned["berkas"] is None and not pasted.strip():
            raise ValidationError(gettext("Choose a file, or paste rows."), code="required")
        if cleaned["berkas"] is not None and pasted.strip():
            raise ValidationError(gettext("Send either a file or pasted rows."), code="both")
        field = "tempel" if pasted.strip() else "berkas"
        if pasted.strip():
            cleaned["berkas"] = SimpleUploadedFile(gettext("pasted rows.txt"), pasted.encode())
        try:
            must_be_a_list(cleaned["berkas"])
        except SheetError as fault:
            self.add_error(field, file_fault(fault.code, row=fault.row, column=fault.column))
        return cleaned


def must_be_a_list(file: BinaryIO) -> None:
    """Raises SheetError unless the file has a header and at least one row below it."""
    file.seek(0)
    try:
        next(read(file, columns.NAMES).rows)
    finally:
        file.seek(0)


def file_fault(code: str, *, row: int | None = None, column: str | int | None = None) -> str:
    """Why a file as a whole cannot be read, in the language in force."""
    return gettext(columns.FILE_FAULTS[code]) % {"row": row, "column": column}
