"""Whom: voters in the clear and their sealed identities, the register, and who appears twice."""

from .case import DuplicateCase, Notice
from .register import Register
from .voter import FormerNIK, Marital, NIKVerdict, OfficialMark, Role, Sex, Voter, VoterIdentity

__all__ = [
    "DuplicateCase",
    "FormerNIK",
    "Marital",
    "NIKVerdict",
    "Notice",
    "OfficialMark",
    "Register",
    "Role",
    "Sex",
    "Voter",
    "VoterIdentity",
]
