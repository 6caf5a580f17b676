"""How far is a proposal? Words for the states that are always derived, never stored."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class State(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("state", "Draft")
    WAITING = "waiting", _("Awaiting decision")
    RETURNED = "returned", _("Returned")
    APPROVED = "approved", _("Approved")
    DETERMINED = "determined", _("Determined")
    REJECTED = "rejected", _("Rejected")
