"""What a person types about a special location, read as the file's columns are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from regions.levels import Level
from regions.models import Region

from . import drawing
from .cells import MESSAGES, CellFault, clean
from .columns import BY_FIELD, NOTES_LENGTH
from .models import Block, KeptApart, Kind, SpecialLocation, Subkind

if TYPE_CHECKING:
    from accounts.models import User

UNKNOWN = "unknown_region"


class CellField(forms.CharField):
    """A text field that takes and refuses what the same column of the file does."""

    def __init__(self, field: str, **kwargs: Any) -> None:
        self.parse = BY_FIELD[field].parse
        kwargs.setdefault("label", capfirst(SpecialLocation._meta.get_field(field).verbose_name))
        kwargs.setdefault("required", False)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        text = clean(str(value)) if value is not None else ""
        if not text and self.required:
            return None
        try:
            return self.parse(text)
        except CellFault as fault:
            raise ValidationError(gettext(MESSAGES[fault.code]), code=fault.code, params=fault.params) from None


class LinesField(forms.CharField):
    """Text of several lines, whose ends browsers write differently than files do."""

    def to_python(self, value: Any) -> Any:
        return "\n".join(clean(line) for line in super().to_python(value).splitlines())


class RegionField(CellField):
    """A region of today at regency level or below, by its code, out of those a person may enter for.

    Another one is as unknown as one that does not exist.
    """

    def __init__(self, **kwargs: Any) -> None:
        self.allowed = Region.objects.none()
        super().__init__("region", required=True, **kwargs)

    def to_python(self, value: Any) -> Any:
        code = super().to_python(value)
        if not code:
            return None
        try:
            return self.allowed.get(pk=code)
        except Region.DoesNotExist:
            raise ValidationError(gettext(MESSAGES[UNKNOWN]), code=UNKNOWN) from None


DRAWING_FAULTS = {
    "empty_tps": _("A TPS needs at least one voter."),
    "unknown_block": _("This location has no block “%(name)s”."),
    "too_many_tps": _("These are more than 200 TPS."),
}


class DrawingField(LinesField):
    """A plan drawn by hand: blocks go by their names here, by their ids in the database."""

    def __init__(self, **kwargs: Any) -> None:
        self.blocks: dict[str, str] = {}
        super().__init__(max_length=drawing.MOST_CHARACTERS, required=False, **kwargs)

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        try:
            return drawing.stored(typed, {name.casefold(): key for name, key in self.blocks.items()})
        except drawing.DrawingFault as fault:
            raise ValidationError(DRAWING_FAULTS[fault.code], code=fault.code, params={"name": fault.name}) from None


class LocationForm(forms.Form):
    """A location as its operator describes it. Carries what stood in each field when the page was opened."""

    name = CellField("name", required=True, widget=forms.TextInput(attrs={"maxlength": 200}))
    kind = forms.ChoiceField(label=_("Category"))
    subkind = forms.ChoiceField(
        label=_("Kind of other location"), required=False, help_text=_("Only for the category “Other location”.")
    )
    region = RegionField(
        help_text=_("As precise as known: village, district or regency. Type a name and choose, or type the code.")
    )
    address = CellField("address", widget=forms.TextInput(attrs={"maxlength": 300}))
    latitude = CellField(
        "latitude", help_text=_("For example -6.178."), widget=forms.TextInput(attrs={"inputmode": "text"})
    )
    longitude = CellField(
        "longitude", help_text=_("For example 106.632."), widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    person_in_charge = CellField("person_in_charge", widget=forms.TextInput(attrs={"maxlength": 150}))
    position = CellField("position", widget=forms.TextInput(attrs={"maxlength": 150}))
    phone = CellField("phone", widget=forms.TextInput(attrs={"maxlength": 40, "type": "tel"}))
    letter_number = CellField("letter_number", widget=forms.TextInput(attrs={"maxlength": 100}))
    letter_date = CellField("letter_date", widget=forms.TextInput(attrs={"type": "date"}))
    capacity = CellField(
        "capacity", help_text=_("People it can hold."), widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    estimated_voters = CellField(
        "estimated_voters",
        help_text=_("An estimate before there is a list. It only gives an indication of the TPS."),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    requested_tps = CellField(
        "requested_tps",
        help_text=_("The total you ask for, if it should be more than the calculation gives."),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    requested_tps_reason = CellField(
        "requested_tps_reason",
        help_text=_("Without a reason the number asked for is not considered."),
        widget=forms.TextInput(attrs={"maxlength": 300}),
    )
    kept_apart = forms.ChoiceField(
        label=_("Never at one TPS"),
        required=False,
        help_text=_("For security or custom. Each group then gets TPS of its own, rounded up by itself."),
        choices=KeptApart.choices,
    )
    drawn_plan = DrawingField(
        label=_("Plan drawn by hand"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_(
            "Only where the calculated plan will not do: sizes, 187 + 117, or a line for each TPS with its blocks, Block A + Block B."
        ),
    )
    drawn_plan_reason = forms.CharField(
        label=_("Reason for the plan drawn by hand"), required=False, max_length=300, strip=True
    )
    version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
    notes = LinesField(label=_("Notes"), required=False, max_length=NOTES_LENGTH, widget=forms.Textarea)

    GROUPS = (
        (_("The place"), ("name", "kind", "subkind", "region", "address")),
        (_("Point on the map"), ("latitude", "longitude")),
        (_("Person in charge and letter"), ("person_in_charge", "position", "phone", "letter_number", "letter_date")),
        (_("Size"), ("capacity", "estimated_voters", "requested_tps", "requested_tps_reason")),
        (_("Who votes where"), ("kept_apart", "drawn_plan", "drawn_plan_reason")),
        (_("Notes"), ("notes",)),
    )

    def __init__(self, *args: Any, user: User, blocks: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["drawn_plan"].blocks = self.blocks = blocks or {}
        allowed = Region.objects.current().within(user.territory_id)
        self.fields["region"].allowed = allowed.filter(level__gte=Level.REGENCY).select_related("parent")
        self.fields["kind"].choices = [("", pgettext_lazy("choice", "choose")), *choices_of(Kind)]
        self.fields["subkind"].choices = [("", "–"), *choices_of(Subkind)]
        for name in VALUE_FIELDS:
            self.fields[name].show_hidden_initial = True

    @property
    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names]) for title, names in self.GROUPS]

    @property
    def region_as_seen(self) -> str:
        """The hidden twin of the region, which its picker does not write."""
        return self["region"].as_hidden(only_initial=True)


VALUE_FIELDS = tuple(name for name in LocationForm.base_fields if name != "version")


class WithdrawalForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=300, widget=forms.Textarea, help_text=_("The centre and the audit trail keep it.")
    )


def choices_of(choices: type[TextChoices]) -> list[tuple[str, Any]]:
    return [(choice.value, choice.label) for choice in choices]


def blocks_of(location: SpecialLocation, user: User) -> dict[str, str]:
    """Ids, in 32 hex digits, by name."""
    blocks = Block.objects.visible_to(user).filter(location=location).order_by("name")
    return {name: pk.hex for name, pk in blocks.values_list("name", "pk")}


def initial_of(location: SpecialLocation, blocks: dict[str, str]) -> dict[str, Any]:
    """Values by field name as the form shows them."""
    values = {name: getattr(location, name) for name in VALUE_FIELDS}
    date = location.letter_date.isoformat() if location.letter_date else ""
    drawn = drawing.typed(location.drawn_plan, {key: name for name, key in blocks.items()})
    others = {"region": location.region_id, "letter_date": date, "drawn_plan": drawn, "version": location.version}
    return values | others


def values_of(form: LocationForm) -> dict[str, Any]:
    """What a valid form hands to the verbs."""
    return {name: form.cleaned_data[name] for name in VALUE_FIELDS}


@dataclass(frozen=True, slots=True)
class Movement:
    """A field that somebody else saved while this form was open: what stands there now, and what was typed instead
    (None where the field was left alone and so takes the new value)."""

    label: str
    saved: str
    typed: str | None


def brought_up_to_date(form: LocationForm, current: SpecialLocation, user: User) -> tuple[LocationForm, list[Movement]]:
    """The form on top of `current`: what was typed stays, what was left alone takes the saved value."""
    now = {name: as_text(value) for name, value in initial_of(current, form.blocks).items()}
    seen = {name: as_text(form.data.get(f"initial-{name}", now[name])) for name in VALUE_FIELDS}
    touched = set(form.changed_data)
    data = {name: form.data.get(name, "") if name in touched else now[name] for name in VALUE_FIELDS}
    movements = [
        Movement(str(form.fields[name].label), shown(name, now[name]), data[name] if name in touched else None)
        for name in VALUE_FIELDS
        if seen[name] != now[name] and data[name] != seen[name]
    ]
    twins = {f"initial-{name}": now[name] for name in VALUE_FIELDS}
    renewed = {**data, **twins, "version": now["version"]}
    return LocationForm(renewed, user=user, blocks=form.blocks), movements


def as_text(value: Any) -> str:
    """As a field shows it; browsers send other line ends than they got."""
    return "" if value is None else "\n".join(str(value).splitlines())


def shown(name: str, text: str) -> str:
    """A code as its word."""
    words = {"kind": Kind, "subkind": Subkind}
    return str(words[name](text).label) if name in words and text else text
