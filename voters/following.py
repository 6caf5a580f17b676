"""What hangs on voters whom an act moves: held beforehand, brought up to date afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable

from django.db.models import Q

from locations import changes

from . import claims, storing, suspects
from .keyring import as_bytes
from .loading import wait_as_long_as_it_takes
from .models import NIKVerdict, Voter, VoterIdentity
from .registration import Gone


def lock(voters: Iterable[uuid.UUID], *, places: Iterable[uuid.UUID] = ()) -> None:
    """Lists first, as an import does; then pairs and likely cases, then whole groups of one NIK in the order of hashes.

    `places` are further locations that the act is about.
    """
    wait_as_long_as_it_takes()
    own = list(voters)
    left = Voter.everywhere.filter(pk__in=own, location__isnull=False)
    storing.lock_places({*left.values_list("location", flat=True), *places})
    suspects.lock()
    hashes = VoterIdentity.everywhere.filter(pk__in=own, nik_hash__isnull=False).values("nik_hash")
    held = VoterIdentity.everywhere.filter(Q(pk__in=own) | Q(nik_hash__in=hashes)).order_by("nik_hash", "pk")
    list(held.select_for_update(no_key=True).values_list("pk"))


def follow(
    voters: Iterable[Voter],
    *,
    also: set[uuid.UUID],
    returning: Collection[uuid.UUID] = (),
    gone: Gone | None = None,
) -> None:
    """Claims, plans of the locations, likely cases. `gone` are those that left the register just now."""
    gone = gone or Gone()
    moved = {voter.pk: voter for voter in voters}
    identities = VoterIdentity.everywhere.filter(pk__in=list(moved), voter__nik_verdict=NIKVerdict.OK)
    hashes = {pk: as_bytes(value) for pk, value in identities.values_list("pk", "nik_hash")}
    before = {hashes[pk]: pk for pk in returning if pk in hashes}
    touched = claims.settle({*hashes.values(), *gone.hashes}, returning=before, ended=gone.ended)
    changes.record(touched | gone.places | {voter.location_id for voter in moved.values() if voter.location_id})
    suspects.bring_up_to_date({*moved, *also})
