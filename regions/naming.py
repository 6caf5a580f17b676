"""How is a region told from others of its name? By the names of what lies above it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .levels import Level

if TYPE_CHECKING:
    from .models import Region


def path_of(region: Region) -> str:
    """`Taban, Jambe, Kabupaten Tangerang, Banten`; asks nothing where `parent__parent__parent` came with the region."""
    return ", ".join(names_up_from(region))


def path_above(region: Region) -> str:
    """The same without the region itself; empty for a province."""
    return ", ".join(names_up_from(region)[1:])


def names_up_from(region: Region) -> list[str]:
    """From the region to its province."""
    names = [region.name]
    while region.level > Level.PROVINCE and region.parent is not None:
        region = region.parent
        names.append(region.name)
    return names
