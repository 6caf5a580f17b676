"""Which texts does the program say, and are they all said in Indonesian? Without gettext's own programs.

English is the source; `locale/id/LC_MESSAGES/django.po` carries Indonesian. Babel reads and writes it, over
Django's own `templatize` for templates. Needs no settings, so that it works before the first start.
"""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages import pofile
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from django.utils.translation.template import templatize

BASE = Path(__file__).resolve().parent.parent
LOCALE = BASE / "locale"
LANGUAGE = "id"
SOURCES = ("tpskhusus", "regions", "accounts", "locations", "voters", "mapping", "templates")
CREATED = datetime(2026, 1, 1, tzinfo=UTC)  # pinned: a date would change the file at every run
KEYWORDS: dict[str, Any] = {
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "_": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
HEADER = """# Bahasa Indonesia for TPS Khusus.
# English is the source. `make translations` adds what is new and drops what is gone.
"""


def path_of(language: str = LANGUAGE) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def extract() -> Catalog:
    """Every text marked for translation in code and templates, with the files it stands in."""
    catalog = _with_one_form(
        Catalog(locale=LANGUAGE, header_comment=HEADER, creation_date=CREATED, revision_date=CREATED)
    )
    for path in _sources():
        place = str(path.relative_to(BASE))
        for _line, message, context in _messages_of(path):
            catalog.add(message, locations=[(place, 0)], context=context)
    return catalog


def _with_one_form(catalog: Catalog) -> Catalog:
    """Indonesian has no plural; Babel does not know that, and with two forms the plural would stay English."""
    catalog._num_plurals, catalog._plural_expr = 1, "0"  # type: ignore[assignment]
    return catalog


def _sources() -> Iterator[Path]:
    for folder in SOURCES:
        paths = sorted((BASE / folder).rglob("*"))
        yield from (
            path for path in paths if path.suffix in {".py", ".html", ".txt"} and "migrations" not in path.parts
        )


def _messages_of(path: Path) -> Iterator[tuple[int, Any, str | None]]:
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # As xgettext does with what templatize returns: indentation means nothing there.
        source = "\n".join(line.strip() for line in templatize(source, origin=str(path)).splitlines())
    for line, function, found, _comments in extract_python(io.BytesIO(source.encode()), KEYWORDS, (), {}):
        message, context = _arguments(function, found)
        if message:
            yield line, message, context


def _arguments(function: Any, found: Any) -> tuple[Any, str | None]:
    """(text or (singular, plural), context) of one call; text None if it is not a plain string."""
    values = list(found) if isinstance(found, tuple) else [found]
    context = values.pop(0) if "pgettext" in function else None
    if "ngettext" in function or function == "npgettext":
        plural = tuple(values[:2])
        return (plural if all(isinstance(text, str) for text in plural) else None), context
    return values[0] if isinstance(values[0], str) else None, context


def load(language: str = LANGUAGE) -> Catalog:
    """What is translated so far; an empty catalogue if there is no file."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return pofile.read_po(file, locale=language, ignore_obsolete=True)


def update() -> Catalog:
    """Bring the file up to date: new texts without translation, old ones dropped, nothing guessed."""
    fresh, known = extract(), load()
    for message in texts_of(fresh):
        old = known.get(key_of(message), message.context)
        if old is not None and _is_same_form(message, old):
            message.string = old.string
    save(fresh)
    return fresh


def _is_same_form(message: Message, old: Message) -> bool:
    return isinstance(message.id, tuple) == isinstance(old.string, tuple)


def save(catalog: Catalog) -> None:
    path = path_of()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        pofile.write_po(file, catalog, width=110, sort_output=True, include_lineno=False)


def untranslated() -> list[str]:
    """Texts of the program that have no Indonesian yet; empty is complete."""
    known = load()
    return [
        key_of(message)
        for message in texts_of(extract())
        if not _is_translated(known.get(key_of(message), message.context))
    ]


def texts_of(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def key_of(message: Message) -> str:
    return str(message.id[0] if isinstance(message.id, tuple) else message.id)


def _is_translated(message: Message | None) -> bool:
    if message is None:
        return False
    strings = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(strings) and bool(strings)


def is_stale() -> bool:
    """True if a translation is newer than its compiled form."""
    return any(not _is_compiled(path) for path in LOCALE.glob("*/LC_MESSAGES/*.po"))


def _is_compiled(path: Path) -> bool:
    compiled = path.with_suffix(".mo")
    return compiled.exists() and compiled.stat().st_mtime >= path.stat().st_mtime


def compile_all() -> None:
    """Every .po beside its .mo, which Django reads; the .mo files are not in the repository."""
    for path in LOCALE.glob("*/LC_MESSAGES/*.po"):
        with path.open("rb") as file:
            catalog = pofile.read_po(file, locale=path.parent.parent.name)
        beside = path.with_suffix(".mo.part")
        with beside.open("wb") as file:
            write_mo(file, catalog)
        beside.replace(path.with_suffix(".mo"))
