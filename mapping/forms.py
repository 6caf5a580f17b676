"""What does a reviewer send with a decision, and type about a scenario?"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from locations.models import Kind
from voters.models.register import EPOCH

from .models.policy import AwayLevel

if TYPE_CHECKING:
    from .models import Policy

APPROVE: Final = "approve"
RETURN: Final = "return"
REJECT: Final = "reject"
REVOKE: Final = "revoke"
NOTE_NEEDED: Final = (RETURN, REJECT)


class DecisionForm(forms.Form):
    """A decision with the fingerprint and the decision that the page showed; the note where one is needed."""

    verdict = forms.ChoiceField(
        choices=[(name, name) for name in (APPROVE, RETURN, REJECT, REVOKE)], widget=forms.HiddenInput
    )
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
    after = forms.UUIDField(required=False, widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("Note"), max_length=2000, strip=True, widget=forms.Textarea(attrs={"rows": 4}), required=False
    )

    def __init__(self, *args: object, verdict: str, **kwargs: object) -> None:
        super().__init__(*args, auto_id=f"{verdict}-%s", **kwargs)  # type: ignore[arg-type,misc]
        self.fields["note"].required = verdict in NOTE_NEEDED


class ReopenForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The audit trail keeps it."),
    )


PER_KIND: Final = ("minimum", "headroom", "departures")
MOST_PER_TPS: Final = 1000
HEADINGS: Final = {"minimum": _("Minimum"), "headroom": _("Headroom %"), "departures": _("Departures %")}


class ScenarioForm(forms.Form):
    """A policy to be tried. What is left empty for a kind is as for all kinds; an empty distance combines nothing."""

    name = forms.CharField(label=_("Name"), max_length=100)
    polling_day = forms.DateField(
        label=_("Polling day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    maximum = forms.IntegerField(label=_("Most voters per TPS"), min_value=1, max_value=MOST_PER_TPS)
    minimum = forms.IntegerField(label=_("Fewest voters of a TPS"), min_value=1, max_value=MOST_PER_TPS)
    headroom_percent = forms.IntegerField(
        label=_("Headroom in percent"),
        min_value=0,
        max_value=100,
        help_text=_("Room for voters who are still to come."),
    )
    combining_distance_m = forms.IntegerField(
        label=_("Combining distance in metres"),
        min_value=0,
        max_value=100_000,
        required=False,
        help_text=_(
            "Locations below the minimum vote together if they lie no farther apart. 0: only within a village. Empty: off."
        ),
    )
    extra_percent = forms.IntegerField(
        label=_("Most extra TPS in percent"),
        min_value=0,
        max_value=1000,
        required=False,
        help_text=_(
            "What locations may ask for beyond the calculated TPS, rounded up. Empty: as many as they ask for."
        ),
    )
    away_level = forms.ChoiceField(label=_("Home and location are compared by"), choices=AwayLevel.choices)
    reserve_percent = forms.IntegerField(label=_("Reserve of ballots in percent"), min_value=0, max_value=100)

    def __init__(self, *args: Any, policy: Policy, **kwargs: Any) -> None:
        super().__init__(*args, initial=typed(policy) | kwargs.pop("initial", {}), **kwargs)
        for kind in Kind:
            for what in PER_KIND:
                most = MOST_PER_TPS if what == "minimum" else 100
                field = forms.IntegerField(
                    label=kind.label, min_value=1 if what == "minimum" else 0, max_value=most, required=False
                )
                field.widget.attrs["aria-label"] = f"{kind.label}: {HEADINGS[what]}"
                self.fields[f"{what}_{kind.value}"] = field

    @property
    def general(self) -> list[forms.BoundField]:
        return [self[name] for name in self.base_fields]

    @property
    def headings(self) -> list[Any]:
        return list(HEADINGS.values())

    @property
    def by_kind(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(str(kind.label), [self[f"{what}_{kind.value}"] for what in PER_KIND]) for kind in Kind]

    def clean_polling_day(self) -> datetime.date:
        day = self.cleaned_data["polling_day"]
        if day < EPOCH:
            raise ValidationError(gettext("No policy has a polling day before 2024."), code="before_epoch")
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        largest = cleaned.get("maximum")
        for name in ["minimum", *(f"minimum_{kind.value}" for kind in Kind)]:
            if cleaned.get(name) and largest and cleaned[name] > largest:
                self.add_error(name, ValidationError(gettext("More than the most voters per TPS."), code="sizes"))
        return cleaned

    @property
    def rules(self) -> dict[str, Any]:
        """The fields of a policy."""
        plain = {name: self.cleaned_data[name] for name in self.base_fields}
        return plain | {
            "minimums": self._of_kinds("minimum"),
            "headrooms": self._of_kinds("headroom"),
            "departures": self._of_kinds("departures"),
        }

    def _of_kinds(self, what: str) -> dict[str, int]:
        given = {kind.value: self.cleaned_data.get(f"{what}_{kind.value}") for kind in Kind}
        return {kind: number for kind, number in given.items() if number is not None}


def typed(policy: Policy) -> dict[str, Any]:
    """A policy as the form shows it."""
    shown = {name: getattr(policy, name) for name in ScenarioForm.base_fields}
    for what, numbers in (
        ("minimum", policy.minimums),
        ("headroom", policy.headrooms),
        ("departures", policy.departures),
    ):
        shown |= {f"{what}_{kind}": number for kind, number in numbers.items()}
    return shown
