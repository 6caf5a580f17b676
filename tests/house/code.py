"""Where our own code lies and what it says, as trees to walk over."""

import ast
from collections.abc import Iterator
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent.parent
APPS = ("regions", "accounts", "locations", "voters", "mapping")
ROOMS = ("tpskhusus", *APPS)
EDGE_NAMES = {"views", "api", "serializers", "forms", "filters", "urls", "api_urls"}


def modules(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    """(path from the root, its tree) of every module of these folders, migrations left out."""
    for folder in folders or ROOMS:
        for path in sorted((BASE / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(BASE)), ast.parse(path.read_text(encoding="utf-8"))


def edges() -> Iterator[tuple[str, ast.Module]]:
    """The modules that turn requests into objects and objects into answers."""
    for path, tree in modules():
        if EDGE_NAMES & {Path(path).stem, Path(path).parent.name}:
            yield path, tree


def name_of(node: ast.expr) -> str:
    """The last part of a dotted name, or nothing."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
