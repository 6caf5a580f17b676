"""Whom: voters in the clear and their sealed identities, the register, and who appears twice."""

from .case import DuplicateCase, Notice
from .condition import ConditionDay
from .register import Register
from .strike import Strike
from .voter import FormerNIK, Marital, NIKVerdict, OfficialMark, Role, Sex, Voter, VoterIdentity

__all__ = [
    "ConditionDay",
    "DuplicateCase",
    "FormerNIK",
    "Marital",
    "NIKVerdict",
    "Notice",
    "OfficialMark",
    "Register",
    "Role",
    "Sex",
    "Strike",
    "Voter",
    "VoterIdentity",
]
