"""How do thousands of rows get into their table at once? The one place where the two databases differ for an import.

PostgreSQL takes them by COPY, SQLite by one prepared statement. No signals, no `save()`.
"""

from __future__ import annotations

import datetime
import gc
import io
import random
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import islice
from typing import Any, Final, TypeVar

from django.db import DatabaseError, connection, models, transaction

from locations.memo import Memo

LINES_A_COPY: Final = 10_000
THINKING: Final = "30min"

Rows = Iterable[Sequence[Any]]
T = TypeVar("T")


def insert_rows(model: type[models.Model], fields: Sequence[str], rows: Rows) -> None:
    """Inserts rows given in the order of `fields` (attribute names); every column without a default must be named."""
    columns = [_field(model, name) for name in fields]
    if connection.vendor == "postgresql":
        _copy(connection.ops.quote_name(model._meta.db_table), columns, rows)
        return
    marks = ", ".join(["%s"] * len(columns))
    sql = f"INSERT INTO {connection.ops.quote_name(model._meta.db_table)} ({_names(columns)}) VALUES ({marks})"
    _execute_many(sql, columns, rows)


def encoder(model: type[models.Model], fields: Sequence[str]) -> Callable[[Sequence[Any]], Any]:
    """Finishes rows ahead of time, so that `insert_encoded` has only to hand them over: a line of COPY, or a tuple.

    What it makes is plain enough for `marshal`.
    """
    columns = [_field(model, name) for name in fields]
    if connection.vendor == "postgresql":
        copied = [_copied if _is_own(column) else Memo(_copied).__getitem__ for column in columns]
        return lambda row: "\t".join([copy(value) for copy, value in zip(copied, row, strict=True)])
    adapters = [(place, adapt) for place, column in enumerate(columns) if (adapt := _SQLITE.get(_type(column)))]

    def adapted(row: Sequence[Any]) -> tuple[Any, ...]:
        values = list(row)
        for place, adapt in adapters:
            if values[place] is not None:
                values[place] = adapt(values[place])
        return tuple(values)

    return adapted


def insert_encoded(model: type[models.Model], fields: Sequence[str], rows: Iterable[tuple[Any, Any]]) -> None:
    """Inserts what an `encoder` of all `fields` but the last made, each with the value of that last one."""
    columns = [_field(model, name) for name in fields]
    table = connection.ops.quote_name(model._meta.db_table)
    if connection.vendor == "postgresql":
        last = Memo(_copied).__getitem__ if not _is_own(columns[-1]) else _copied
        lines = (f"{row}\t{last(value)}\n" for row, value in rows)
        while text := "".join(islice(lines, LINES_A_COPY)):
            _copy_text(table, columns, text)
        return
    adapt = _SQLITE.get(_type(columns[-1]), _as_it_is)
    marks = ", ".join(["%s"] * len(columns))
    values = ((*row, None if value is None else adapt(value)) for row, value in rows)
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({_names(columns)}) VALUES ({marks})", values)  # type: ignore[arg-type]


def update_rows(model: type[models.Model], fields: Sequence[str], rows: Rows) -> None:
    """Sets `fields` of the rows whose primary key is each row's last value."""
    rows = list(rows)
    if not rows:
        return
    columns = [_field(model, name) for name in fields]
    key = model._meta.pk
    assert key is not None
    table = connection.ops.quote_name(model._meta.db_table)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            chosen = _names([*columns, key])
            cursor.execute("DROP TABLE IF EXISTS incoming")
            cursor.execute(f"CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS SELECT {chosen} FROM {table} LIMIT 0")
        _copy("incoming", [*columns, key], rows)
        assignments = ", ".join(f"{_names([c])} = incoming.{_names([c])}" for c in columns)
        with connection.cursor() as cursor:
            name = _names([key])
            cursor.execute(f"UPDATE {table} SET {assignments} FROM incoming WHERE {table}.{name} = incoming.{name}")
        return
    assignments = ", ".join(f"{_names([column])} = %s" for column in columns)
    _execute_many(f"UPDATE {table} SET {assignments} WHERE {_names([key])} = %s", [*columns, key], rows)


def wait_as_long_as_it_takes() -> None:
    """For the running transaction only: imports that share a NIK wait for each other instead of failing,
    and a national recompute for a worker.

    Between two statements of it millions of rows are compared; whoever does nothing for longer is gone.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0")
            cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{THINKING}'")


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Millions of small objects without a circle among them: looking for circles took a quarter of the time."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 50, 1000)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def again_if_interrupted(work: Callable[[], T], *, tries: int) -> T:
    """In a transaction of its own, once more where a deadlock with an import ended it; within another one only once."""
    for attempt in range(1, tries + 1):
        try:
            with transaction.atomic():
                return work()
        except DatabaseError as error:
            if attempt == tries or connection.in_atomic_block or not is_worth_another_try(error):
                raise
            time.sleep(random.uniform(0, 0.1 * attempt))  # noqa: S311 (so that those who met part)
    raise AssertionError("unreachable")


@contextmanager
def by_index() -> Iterator[None]:
    """Within a transaction: rows are looked up by their index, though PostgreSQL has no statistics yet of the millions that
    this transaction has loaded, and would read them all.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        yield
        cursor.execute("SET LOCAL enable_seqscan = on")


def returning_to_here() -> AbstractContextManager[Any]:
    """What fails inside is undone, and may be done again, where another import writes meanwhile.

    SQLite has one writer: nothing comes between, and it would keep in memory every page changed since a savepoint.
    """
    return transaction.atomic() if connection.vendor == "postgresql" else nullcontext()


def may_be_anothers(error: Exception) -> bool:
    """Whether what failed inside `returning_to_here` may have been in another import's way."""
    return connection.vendor == "postgresql" and is_worth_another_try(error)


def is_worth_another_try(error: Exception) -> bool:
    """Deadlock, serialization failure, or a key that another transaction has taken meanwhile."""
    code = getattr(error.__cause__, "pgcode", None)
    if code is not None:
        return code in ("40P01", "40001", "23505")
    return "UNIQUE constraint failed" in str(error)


def _field(model: type[models.Model], name: str) -> models.Field:
    return next(field for field in model._meta.concrete_fields if field.attname == name)


def _names(columns: Sequence[models.Field]) -> str:
    return ", ".join(connection.ops.quote_name(str(column.column)) for column in columns)


def _execute_many(sql: str, columns: Sequence[models.Field], rows: Rows) -> None:
    adapters = [(place, adapt) for place, column in enumerate(columns) if (adapt := _SQLITE.get(_type(column)))]

    def adapted() -> Iterable[list[Any]]:
        for row in rows:
            values = list(row)
            for place, adapt in adapters:
                if values[place] is not None:
                    values[place] = adapt(values[place])
            yield values

    with connection.cursor() as cursor:
        cursor.executemany(sql, adapted())  # type: ignore[arg-type]  # SQLite takes an iterator, so memory stays small


def _copy(table: str, columns: Sequence[models.Field], rows: Rows) -> None:
    _copy_text(table, columns, "".join(["\t".join([_copied(value) for value in row]) + "\n" for row in rows]))


def _copy_text(table: str, columns: Sequence[models.Field], text: str) -> None:
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.copy_expert(f"COPY {table} ({_names(columns)}) FROM STDIN", io.BytesIO(text.encode()), 1 << 16)


def _is_own(field: models.Field) -> bool:
    """Whether nearly every row has a value of its own, so that remembering them is of no use."""
    return field.primary_key or isinstance(field, models.BinaryField) or field.name == "name"


def _as_it_is(value: Any) -> Any:
    return value


def _copied(value: Any) -> str:
    """One value as COPY's text format reads it."""
    if value is None:
        return r"\N"
    if isinstance(value, str):
        if "\\" in value or not value.isprintable():
            return value.replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")
        return value
    if isinstance(value, bytes):
        return rf"\\x{value.hex()}"
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value)


def _type(field: models.Field) -> str:
    """The type of the values: of a foreign key, that of the key it points at."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return field.get_internal_type()


_SQLITE: dict[str, Callable[[Any], Any]] = {
    "UUIDField": lambda value: value.hex if isinstance(value, uuid.UUID) else uuid.UUID(value).hex,
    "DateField": datetime.date.isoformat,
    "DateTimeField": lambda value: connection.ops.adapt_datetimefield_value(value),
}
