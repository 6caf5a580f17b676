"""Questions about voters, in the field's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regions.territory import ProtectedQuerySet

if TYPE_CHECKING:
    import uuid

    from .models import Voter, VoterIdentity  # noqa: F401 (the type of the rows)


class VoterQuerySet(ProtectedQuerySet["Voter"]):
    def at(self, location_id: uuid.UUID) -> VoterQuerySet:
        return self.filter(location=location_id)

    def unplaced(self) -> VoterQuerySet:
        """Away from home, with no special location yet."""
        return self.filter(location=None, is_placed=False)

    def named(self, words: str) -> VoterQuerySet:
        found = self
        for word in words.split():
            found = found.filter(name__icontains=word)
        return found


class IdentityQuerySet(ProtectedQuerySet["VoterIdentity"]):
    def of_nik(self, nik_hash: bytes) -> IdentityQuerySet:
        return self.filter(nik_hash=nik_hash)
