"""The register: the voters of one election."""

from __future__ import annotations

import datetime

from django.db import models
from django.db.models import Q

EPOCH = datetime.date(2024, 1, 1)


class Register(models.Model):
    """One row: a database holds the voters of one election; the next election starts a new one.

    `is_synthetic` is set by the sample or make_demo only, and every page says so.
    No policy may have a polling day before the epoch: `Voter.of_age_on` is empty for whoever was 17 by then.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(max_length=100)
    polling_day = models.DateField(null=True)
    epoch = models.DateField(default=EPOCH)
    is_synthetic = models.BooleanField(default=False)

    class Meta:
        constraints = [models.CheckConstraint(name="register_only_one", condition=Q(id=1))]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> Register:
        register, _ = cls.objects.get_or_create(pk=1, defaults={"name": "register"})
        return register
