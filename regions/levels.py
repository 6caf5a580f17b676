"""Which level of Kemendagri's hierarchy does a region code stand on, and which codes are above it?"""

import re
from enum import IntEnum

COUNTRY_CODE = "00"
WIDTHS = {2: 1, 5: 2, 8: 3, 13: 4}
CODE_PATTERN = re.compile(r"[0-9]{2}(?:\.[0-9]{2}(?:\.[0-9]{2}(?:\.[0-9]{4})?)?)?")
DIGITS_PATTERN = re.compile(r"[0-9]{2}(?:[0-9]{2}(?:[0-9]{2}(?:[0-9]{4})?)?)?")


class Level(IntEnum):
    """From the whole country to the village; a greater number is a smaller region."""

    COUNTRY = 0
    PROVINCE = 1
    REGENCY = 2
    DISTRICT = 3
    VILLAGE = 4

    @property
    def width(self) -> int:
        """Characters of a dotted code on this level, which is the prefix of every code below it."""
        return PREFIX_WIDTHS[self]


PREFIX_WIDTHS = {
    Level.COUNTRY: 2,
    Level.PROVINCE: 2,
    Level.REGENCY: 5,
    Level.DISTRICT: 8,
    Level.VILLAGE: 13,
}


def level_of(code: str) -> Level:
    """The level of a dotted code. Raises ValueError for what is no code."""
    if not CODE_PATTERN.fullmatch(code):
        raise ValueError("not a region code")
    return Level.COUNTRY if code == COUNTRY_CODE else Level(WIDTHS[len(code)])


def parent_code(code: str) -> str | None:
    """The code one level up: `00` above a province, None above the country."""
    level = level_of(code)
    if level is Level.COUNTRY:
        return None
    if level is Level.PROVINCE:
        return COUNTRY_CODE
    return code[: Level(level - 1).width]


def ancestors(code: str) -> list[str]:
    """The codes above, from `00` down to the parent; empty for the country."""
    if level_of(code) is Level.COUNTRY:
        return []
    return [COUNTRY_CODE] + [code[:width] for width in WIDTHS if width < len(code)]


def code_at(code: str, level: Level) -> str | None:
    """The code on `level` that holds `code`, itself included; None where `code` is above that level."""
    if level_of(code) < level:
        return None
    return COUNTRY_CODE if level is Level.COUNTRY else code[: level.width]


def normalise(text: str) -> str:
    """A code as KPU's files write it, dotted or digits only (`3603042001`), in the dotted form.

    Raises ValueError for what is no code; says nothing on whether such a region exists.
    """
    stripped = text.strip()
    if CODE_PATTERN.fullmatch(stripped):
        return stripped
    if not DIGITS_PATTERN.fullmatch(stripped):
        raise ValueError("not a region code")
    return dotted(stripped)


def dotted(digits: str) -> str:
    """The digits of a code, complete or not, in the dotted form: `36032` is `36.03.2`."""
    parts = (digits[:2], digits[2:4], digits[4:6], digits[6:])
    return ".".join(part for part in parts if part)
