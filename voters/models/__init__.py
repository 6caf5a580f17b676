"""Whom: voters in the clear and their sealed identities, the register, and who appears twice."""

from .act import Act, ActStep
from .announcement import Announcement
from .before import BatchBefore, ClaimBefore
from .case import DuplicateCase, Notice
from .condition import ConditionDay
from .likeness import Compared, Likeness, Verdict
from .mended import MendedRow
from .missing import BatchMissing
from .reading import KnownHeader
from .register import Register
from .search import Search, SearchList
from .strike import Strike
from .undo import Undo
from .voter import FormerNIK, Marital, NIKVerdict, OfficialMark, Role, Sex, Voter, VoterIdentity

__all__ = [
    "Act",
    "ActStep",
    "Announcement",
    "BatchBefore",
    "BatchMissing",
    "ClaimBefore",
    "Compared",
    "ConditionDay",
    "DuplicateCase",
    "FormerNIK",
    "KnownHeader",
    "Likeness",
    "Marital",
    "MendedRow",
    "NIKVerdict",
    "Notice",
    "OfficialMark",
    "Register",
    "Role",
    "Search",
    "SearchList",
    "Sex",
    "Strike",
    "Undo",
    "Verdict",
    "Voter",
    "VoterIdentity",
]
