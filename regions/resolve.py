"""Which region of today does an old code mean, and which district issued a NIK?"""

from __future__ import annotations

import re
from datetime import datetime

from django.db.models import Max

from .levels import Level, normalise
from .models import ReferenceFile, Region

NIK_DISTRICT = re.compile(r"[0-9]{6}")


class Resolver:
    """All region codes in memory, current and retired, as they were when it was loaded.

    Loading takes about half a second and 20 MB; every question after it is one look into a dictionary.
    """

    def __init__(self, regions: list[tuple[str, str, str | None]]) -> None:
        self._names = {code: name for code, name, _ in regions}
        self._successors = {code: successor for code, _, successor in regions if successor}

    @classmethod
    def load(cls) -> Resolver:
        return cls(list(Region.objects.values_list("pk", "name", "successor_id")))

    def current(self, code: str) -> str | None:
        """The code in force for a dotted code, through as many successors as it takes; None if there never was one."""
        while code in self._successors:
            code = self._successors[code]
        return code if code in self._names else None

    def find(self, text: str) -> str | None:
        """The code in force for a code as files write it, with or without dots; None if there never was one."""
        try:
            return self.current(normalise(text))
        except ValueError:
            return None

    def district_of_nik(self, six_digits: str) -> str | None:
        """The district of today whose code, at the time of issue, begins the NIK; None if there never was one."""
        if not NIK_DISTRICT.fullmatch(six_digits):
            return None
        return self.current(f"{six_digits[:2]}.{six_digits[2:4]}.{six_digits[4:]}")

    def known_or_retired(self, six_digits: str) -> bool:
        """Whether there is or was a district with the code that begins a NIK."""
        return self.district_of_nik(six_digits) is not None

    def names(self) -> dict[str, str]:
        """The name of every code, retired ones included. Not a copy: leave it as it is."""
        return self._names

    def path(self, code: str) -> list[str]:
        """The names from `code` up to its province; empty if there is no such code."""
        widths = [level.width for level in reversed(Level) if level is not Level.COUNTRY and level.width <= len(code)]
        return [self._names[code[:width]] for width in widths] if code in self._names else []


_kept: tuple[datetime, Resolver] | None = None


def resolver() -> Resolver:
    """The resolver of this process, loaded anew when reference data was loaded since; one small query.

    Where regions came by another way than `load_reference_data`, it is loaded every time.
    """
    global _kept
    loaded_at = ReferenceFile.objects.aggregate(at=Max("loaded_at"))["at"]
    if loaded_at is None:
        return Resolver.load()
    if _kept is None or _kept[0] != loaded_at:
        _kept = (loaded_at, Resolver.load())
    return _kept[1]
