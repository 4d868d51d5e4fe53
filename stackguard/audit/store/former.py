"""Former rows: tables `stacks` of earlier runs go in, the newest row of each stack that was judged comes out.

They stay in columns, and are sent as Arrow's streams: a row is made where it is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from stackguard.audit.store import shards
from stackguard.audit.store.runs import run_of
from stackguard.audit.store.tables import StackRow


@dataclass(slots=True)
class FormerRows:
    """The newest rows, by stack."""

    _tables: list[pa.Table] = field(default_factory=list)
    _places: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    """By id of a stack, the number of its table, that of its row, and its shard."""

    def add(self, rows: pa.Table) -> None:
        """Add rows of an earlier run than those before."""
        part = len(self._tables)
        self._tables.append(rows)
        columns = (rows.column(name).to_pylist() for name in ("stack_id", "shard", "key"))
        for number, (identity, shard, key) in enumerate(zip(*columns, strict=True)):
            if key:
                self._places.setdefault(identity, (part, number, shard))

    def keep(self, usable: Callable[[str], bool]) -> None:
        """Forget the stacks whose facts are in runs that cannot be used."""
        shards_ = {shard for _, _, shard in self._places.values()}
        runs = {run: usable(run) for run in {run_of(shard) for shard in shards_}}
        kept = {shard for shard in shards_ if runs[run_of(shard)]}
        self._places = {identity: place for identity, place in self._places.items() if place[2] in kept}

    def of(self, identities: Iterable[str]) -> tuple[bytes, ...]:
        """The rows of some stacks: a stream for each table."""
        numbers: dict[int, list[int]] = {}
        for identity in identities:
            if place := self._places.get(identity):
                numbers.setdefault(place[0], []).append(place[1])
        return tuple(_stream(_chosen(self._tables[part], rows)) for part, rows in numbers.items())


def by_stack(streams: Iterable[bytes]) -> Mapping[str, StackRow]:
    """By the id of the stack, the rows of streams."""
    tables = (pa.ipc.open_stream(stream).read_all() for stream in streams)
    return {row.stack_id: row for table in tables for row in shards.rows("stacks", table)}


def _chosen(table: pa.Table, rows: list[int]) -> pa.Table:
    first, count = rows[0], len(rows)
    if rows == list(range(first, first + count)):  # as in the run before, which has them in the same order
        return table.slice(first, count)
    return table.take(rows)


def _stream(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content
