"""A file that came in, how far it is, and the rows of it that were refused."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_id
from regions.territory import GuardedManager, ProtectedQuerySet, TerritoryField, territory_is_set

from .special_location import SpecialLocation


class Batch(models.Model):
    """One file of one sender. Its stored bytes are sealed by the app that understands them.

    In the state `checking` whoever sent it looks at how it will be read; nothing happens until they confirm it.
    `accepted`, `updated`, `rejected` and `duplicates` add up to `rows` once it is done. Until `undo_until` it can be taken
    back, once, by somebody and for a reason; where that is empty, never.
    """

    class Subject(models.TextChoices):
        LOCATIONS = "locations", _("special locations")
        VOTERS = "voters", _("voters")
        ANSWERS = "answers", _("answers to a strike list")
        SEARCHES = "searches", _("answers to a search list")

    class State(models.TextChoices):
        CHECKING = "checking", _("waiting for confirmation")
        RECEIVED = "received", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        TAKEN_BACK = "taken_back", _("taken back")

    class Mode(models.TextChoices):
        """What a list does to who is there already: nothing, bring up to date, and ask about whom it does not name."""

        ADD = "add", _("add")
        UPDATE = "update", _("update")
        REPLACE = "replace", _("replace")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    subject = models.CharField(max_length=10, choices=Subject)
    mode = models.CharField(max_length=7, choices=Mode, default=Mode.UPDATE)
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    location = models.ForeignKey(SpecialLocation, models.SET_NULL, null=True, related_name="+")
    file_name = models.CharField(max_length=200)
    stored_name = models.CharField(max_length=200, blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    received_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    rows_total = models.PositiveIntegerField(null=True)
    rows_done = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    # {code: {"count": n, "rows": [first row numbers], "params": {…}}}: never a value of a row
    warnings = models.JSONField(default=dict)
    failure = models.JSONField(default=dict)  # {"code", "row", "column"} when the whole file could not be read
    report = models.JSONField(default=dict)  # what the app that understands the file counted in it: no value of a row
    reading = models.JSONField(default=dict)  # what was chosen of how it is read; empty: as found
    undo_until = models.DateTimeField(null=True)
    taken_back_at = models.DateTimeField(null=True)
    taken_back_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    taken_back_reason = models.CharField(max_length=300, blank=True)

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("batch_has_territory"),
            models.CheckConstraint(
                name="batch_counts_add_up",
                condition=~Q(state__in=["done", "taken_back"])
                | Q(rows=models.F("accepted") + models.F("updated") + models.F("rejected") + models.F("duplicates")),
            ),
            models.CheckConstraint(
                name="batch_taken_back_by_somebody",
                condition=Q(taken_back_at=None, taken_back_by=None, taken_back_reason="") & ~Q(state="taken_back")
                | Q(state="taken_back", taken_back_at__isnull=False, taken_back_by__isnull=False)
                & ~Q(taken_back_reason=""),
            ),
        ]
        indexes = [models.Index(fields=["territory", "received_at"], name="batch_newest")]

    @property
    def seconds(self) -> float | None:
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()


class Refusal(models.Model):
    """A row that was not taken, sealed, with every reason: [{"column", "code", "params"}]."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    territory = TerritoryField()
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="refusals")
    row_number = models.PositiveIntegerField()
    reasons = models.JSONField()
    row = models.BinaryField()

    everywhere = models.Manager.from_queryset(ProtectedQuerySet)()
    objects = GuardedManager()

    class Meta:
        default_manager_name = "everywhere"
        constraints = [
            territory_is_set("refusal_has_territory"),
            models.UniqueConstraint(fields=["batch", "row_number"], name="refusal_once_per_row"),
        ]
