"""A database of its own for a benchmark, with the reference data of the one at hand."""

from __future__ import annotations

import io
import os
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import psycopg2
from django.db import connection

from mapping import policies
from regions.loading import load_reference_data

if TYPE_CHECKING:
    from collections.abc import Iterator

REFERENCE: Final = (
    "regions_region",
    "regions_electoraldistrict",
    "regions_regiondistricts",
    "regions_formedtps",
    "regions_referencefile",
)


@contextmanager
def database() -> Iterator[str]:
    """Everything inside happens in a fresh database, which is gone afterwards; yields the vendor's name."""
    kept: dict[str, Any] = dict(connection.settings_dict)
    has_reference = _has_reference()
    with tempfile.TemporaryDirectory(prefix="tpskhusus-bench-") as folder:
        connection.settings_dict["TEST"] = {**kept.get("TEST", {}), "NAME": _scratch_name(folder)}
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            if has_reference:
                _copy_reference(kept)
            else:
                load_reference_data()
            policies.load_shipped()
            yield connection.vendor
        finally:
            connection.creation.destroy_test_db(str(kept["NAME"]), verbosity=0)
            connection.settings_dict["TEST"] = kept["TEST"]


def _scratch_name(folder: str) -> str:
    return f"tps_bench_{os.getpid()}" if connection.vendor == "postgresql" else f"{folder}/bench.sqlite3"


def _has_reference() -> bool:
    if "regions_referencefile" not in connection.introspection.table_names():
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM regions_region")
        complete = cursor.fetchone()[0] > 90_000
    connection.close()
    return complete


def _copy_reference(source: dict[str, Any]) -> None:
    """Table by table, within the database engine: nothing passes through models."""
    if connection.vendor == "postgresql":
        _copy_between_postgresql(source)
        return
    with connection.cursor() as cursor:
        cursor.execute("ATTACH DATABASE %s AS source", [str(source["NAME"])])
        cursor.execute("PRAGMA foreign_keys = OFF")
        for table in REFERENCE:
            columns = _columns(table)
            cursor.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM source.{table}")
        cursor.execute("DETACH DATABASE source")
        cursor.execute("PRAGMA foreign_keys = ON")


def _copy_between_postgresql(source: dict[str, Any]) -> None:
    parameters = {**connection.get_connection_params(), "dbname": source["NAME"]}
    for unwanted in ("cursor_factory", "client_encoding"):
        parameters.pop(unwanted, None)
    with psycopg2.connect(**parameters) as theirs, theirs.cursor() as reading, connection.cursor() as writing:
        writing.execute("SET session_replication_role = replica")
        for table in REFERENCE:
            columns = _columns(table)
            buffer = io.StringIO()
            reading.copy_expert(f"COPY {table} ({columns}) TO STDOUT", buffer)
            buffer.seek(0)
            writing.copy_expert(f"COPY {table} ({columns}) FROM STDIN", buffer)
        writing.execute("SET session_replication_role = DEFAULT")


def _columns(table: str) -> str:
    with connection.cursor() as cursor:
        return ", ".join(column.name for column in connection.introspection.get_table_description(cursor, table))
