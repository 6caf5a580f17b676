"""Which numbers do the TPS of a location have? Provisional: computed on reading, by location code within the village."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from .core.numbering import number_stations
from .models import Proposal

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    from regions.territory import Asks

    from .models import Policy


def numbers_of(proposals: Iterable[Proposal], *, policy: Policy, who: Asks) -> dict[uuid.UUID, range]:
    """The TPS numbers of these proposals, by proposal id: 901, 902; empty without TPS, or where superseded.

    Numbers run on over the locations of a village, from the policy's first number (KPU's table: Cipinang 901 to
    933 over three prisons), so whatever stands beside them counts too, shown or not. A location known only to its
    district or regency is numbered within that. One query, whatever the number of proposals.
    """
    wanted = {proposal.pk: proposal.territory for proposal in proposals}
    standing = (
        Proposal.objects.visible_to(who)
        .current(policy)
        .filter(territory__in=sorted(set(wanted.values())))
        .values_list("location__region", "location__code", "pk", "tps")
    )
    numbers: dict[uuid.UUID, range] = {}
    for _village, places in groupby(sorted(standing), itemgetter(0)):
        numbers |= number_stations([place[2:] for place in places], first=policy.first_number)
    return {pk: numbers.get(pk, range(0)) for pk in wanted}
