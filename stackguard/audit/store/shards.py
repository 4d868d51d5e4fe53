"""Shards: rows of a table go in, a Parquet file comes out."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
import pyarrow as pa
from pyarrow import parquet

from stackguard.audit.store.tables import TABLES, columns

TYPES = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_(), list[str]: pa.list_(pa.string())}
LEVEL = 3
"""Of zstd."""
SLICE = 10_000
"""Rows that are encoded at a time."""
LONG_TEXTS = frozenset({"facts"})
"""Tables with texts of megabytes, of which a dictionary and statistics would be copies."""


@cache
def schema(table: str) -> pa.Schema:
    """The columns of a table."""
    return pa.schema([pa.field(name, TYPES[kind]) for name, kind, _ in columns(TABLES[table])])


def encoded(table: str, rows: Sequence[msgspec.Struct]) -> bytes:
    """The rows as Parquet."""
    buffer = io.BytesIO()
    plain = table in LONG_TEXTS
    with parquet.ParquetWriter(
        buffer,
        schema(table),
        compression="zstd",
        compression_level=LEVEL,
        use_dictionary=not plain,
        write_statistics=not plain,
    ) as writer:
        for first in range(0, len(rows), SLICE):  # as Arrow's table, rows take as much memory again
            part = rows[first : first + SLICE]
            values: dict[str, list[Any]] = {name: [getattr(row, name) for row in part] for name in schema(table).names}
            writer.write_table(pa.table(values, schema=schema(table)))
    pa.default_memory_pool().release_unused()
    return buffer.getvalue()


def read_table(table: str, content: bytes, name: str) -> pa.Table:
    """A Parquet file as a table.

    Raises:
        OSError: it is damaged, or is not one of this table; the message has its name.
    """
    try:
        read = parquet.ParquetFile(pa.BufferReader(content)).read()  # `read_table` imports what only data sets need
    except (pa.ArrowException, OSError):
        raise OSError(0, f"the store's `{name}` is damaged") from None
    if not _needed(table).issubset(read.column_names):
        raise OSError(0, f"the store's `{name}` is damaged")
    return read


@cache
def _needed(table: str) -> frozenset[str]:
    """The columns that the files of every release have."""
    return frozenset(field.encode_name for field in msgspec.structs.fields(TABLES[table]) if field.required)


def fitting(table: str, rows: pa.Table) -> pa.Table:
    """The rows with the schema of a table."""
    wanted = schema(table)
    return rows if rows.schema.equals(wanted) else rows.cast(wanted)  # `cast` imports pyarrow.compute


def decoded(table: str, content: bytes, name: str) -> list[Any]:
    """The rows of a Parquet file that `encoded` wrote, in this release or an earlier one.

    Raises:
        OSError: it is damaged; the message has its name.
    """
    return rows(table, read_table(table, content, name))


def rows(table: str, read: pa.Table) -> list[Any]:
    """The rows of a table as `read_table` reads it; a column that it does not have has its default."""
    row = TABLES[table]
    names = [name for name in row.__struct_fields__ if name in read.column_names]
    listed = [read.column(name).to_pylist() for name in names]
    return [row(**dict(zip(names, facts, strict=True))) for facts in zip(*listed, strict=True)]
