"""What we propose: policies, runs, proposals and what was decided of them."""

from .decision import Decision
from .policy import Policy
from .proposal import Outcome, Proposal
from .run import Run

__all__ = ["Decision", "Outcome", "Policy", "Proposal", "Run"]
