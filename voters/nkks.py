"""Which voters have an NKK? Looked up for those who were entered before it was kept in the clear whether they have."""

from __future__ import annotations

from . import columns, storing
from .models import Voter


def look() -> int:
    """Opens the records of voters nobody has looked at; returns how many. In parts, safe to be cut off and run again."""
    unknown = Voter.everywhere.filter(has_nkk=None).order_by("pk").values_list("pk", flat=True)
    looked, after = 0, None
    while ids := list((unknown.filter(pk__gt=after) if after else unknown)[: storing.HASHES_A_QUERY]):
        known = storing.nkks(ids)
        having = [pk for pk in ids if columns.well_formed_nkk(known.get(pk, ""))]
        Voter.everywhere.filter(pk__in=having, has_nkk=None).update(has_nkk=True)
        Voter.everywhere.filter(pk__in=ids, has_nkk=None).update(has_nkk=False)
        looked, after = looked + len(ids), ids[-1]
    return looked
