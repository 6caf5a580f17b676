"""Where people gather: places, what moved about them, and the files they came with."""

from .change import Change
from .intake import Batch, Refusal
from .special_location import Block, Kind, SpecialLocation, Subkind

__all__ = ["Batch", "Block", "Change", "Kind", "Refusal", "SpecialLocation", "Subkind"]
