"""What we propose: policies, runs, proposals, what was decided of them, and what was made final."""

from .decision import Decision
from .determination import Assignment, Determination, FinalTPS
from .policy import Policy
from .proposal import Outcome, Proposal
from .run import Run
from .suggestion import Suggestion

__all__ = ["Assignment", "Decision", "Determination", "FinalTPS", "Outcome", "Policy", "Proposal", "Run", "Suggestion"]
