"""Where people gather: places, what moved about them, and the files they came with."""

from .change import Change
from .intake import Batch, Refusal
from .special_location import Block, KeptApart, Kind, SpecialLocation, Subkind

__all__ = ["Batch", "Block", "Change", "KeptApart", "Kind", "Refusal", "SpecialLocation", "Subkind"]
