"""What does a reviewer send with a decision?"""

from __future__ import annotations

from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

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
