"""Forms of lists that go out to another office and come back answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from . import searches
from .forms import DownloadForm
from .models import SearchList


class ListDownloadForm(DownloadForm):
    """What of a list is taken along: hidden, or in full by right and with a reason; as what."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(self.HIDDEN, _("NIK, birth date and address hidden")), (self.FULL, _("Everything in full"))]
        contents = cast("forms.ChoiceField", self.fields["isi"])
        contents.choices = choices if "reason" in self.fields else choices[:1]
        contents.help_text = _("Either can be answered and uploaded again: people are found by the reference.")


class AnswerFileForm(forms.Form):
    """A list that comes back."""

    berkas = forms.FileField(
        label=_("File"),
        max_length=200,
        help_text=_("Excel workbook (.xlsx) or CSV, as you downloaded it here, with the answers filled in."),
        error_messages={"required": _("Choose a file."), "empty": _("The file is empty.")},
        widget=forms.FileInput(
            attrs={
                "accept": ".csv,.txt,.xlsx,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            }
        ),
    )

    def clean_berkas(self) -> Any:
        file = self.cleaned_data["berkas"]
        if file.size > settings.MAX_UPLOAD_BYTES:
            most = filesizeformat(settings.MAX_UPLOAD_BYTES)
            raise ValidationError(gettext("The file is larger than %(most)s. Split it."), "too_large", {"most": most})
        return file


class SearchForm(forms.Form):
    """Whom a new search list looks for, and until when."""

    wilayah = forms.ChoiceField(label=_("Home"), help_text=_("The list is for the Dukcapil of this regency."))
    cari = forms.ChoiceField(
        label=_("What is looked for"),
        choices=(
            (SearchList.Lacks.NIK, _("NIK, and the NKK of whoever lacks both")),
            (SearchList.Lacks.NKK, _("NKK")),
            (SearchList.Lacks.BOTH, _("NIK or NKK, whichever is missing")),
        ),
        initial=SearchList.Lacks.NIK,
        widget=forms.RadioSelect,
    )
    batas = forms.DateField(
        label=_("To be answered by"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("After this day the list shows on your desk as overdue."),
    )

    def __init__(self, *args: Any, origins: Sequence[searches.Origin], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(origin.code, label_of(origin)) for origin in origins]
        cast("forms.ChoiceField", self.fields["wilayah"]).choices = choices


def label_of(origin: searches.Origin) -> str:
    """`Kabupaten Tangerang (12 without NIK, 30 without NKK)`."""
    figures = {
        "name": origin.name or gettext("home unknown"),
        "nik": number_format(origin.without_nik, force_grouping=True),
        "nkk": number_format(origin.without_nkk, force_grouping=True),
    }
    return gettext("%(name)s (%(nik)s without NIK, %(nkk)s without NKK)") % figures
