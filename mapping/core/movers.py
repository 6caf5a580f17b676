"""Until when may somebody still be entered as a mover (DPTb) at a TPS that is final?

Until 30 days before polling day for any reason; until 7 days before for duty elsewhere, stay in hospital, disaster and
imprisonment (PKPU 7/2022 art. 116).
"""

import datetime
from typing import Final

USUAL: Final = datetime.timedelta(days=30)
PRESSING: Final = datetime.timedelta(days=7)
PRESSING_KINDS: Final = frozenset({"rutan_lapas", "relokasi_bencana"})
PRESSING_SUBKINDS: Final = frozenset({"rumah_sakit"})


def last_day(*, kind: str, subkind: str, is_on_duty: bool, polling_day: datetime.date) -> datetime.date:
    """The last day to enter a mover at a location of this kind; staff of it are there on duty."""
    is_pressing = is_on_duty or kind in PRESSING_KINDS or subkind in PRESSING_SUBKINDS
    return polling_day - (PRESSING if is_pressing else USUAL)


def is_in_time(today: datetime.date, *, kind: str, subkind: str, is_on_duty: bool, polling_day: datetime.date) -> bool:
    """Whether `today` is not too late. A polling day that is over restricts nothing: a past election is only written down."""
    if today > polling_day:
        return True
    return today <= last_day(kind=kind, subkind=subkind, is_on_duty=is_on_duty, polling_day=polling_day)
