"""Compaction: the shards of a run become few large files, so that queries open few."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from stackguard.audit.store import shards
from stackguard.audit.store.runs import MERGED, RUNS, RunInfo, Runs
from stackguard.audit.store.tables import FACTS, LEFT_OUT

ROWS = 1_000_000
"""Rows of one file, about."""
THREADS = 2
"""Tables that are merged at a time."""
GROUP = 100_000
"""Rows of a row group."""


def compact(runs: Runs, info: RunInfo) -> dict[str, tuple[str, ...]]:
    """Write the rows of a run's shards into large files, and return their names by table; the shards stay.

    Raises:
        OSError: the store cannot be read or written.
    """
    committed = {Path(name).stem for name in runs.written(info, "stacks")}

    def merged(table: str) -> tuple[str, ...]:
        names = [name for name in runs.written(info, table) if Path(name).stem in committed]
        return tuple(_merged(runs, info, table, names))

    tables = ("stacks", *FACTS)
    with ThreadPoolExecutor(THREADS) as threads:
        return dict(zip(tables, threads.map(merged, tables), strict=True))


def clean(runs: Runs, info: RunInfo) -> None:
    """Remove the shards of a finished run that its list of files does not have."""
    kept = {name for names in info.files.values() for name in names}
    for name in list(runs.files.names(f"{RUNS}/{info.id}")):
        if name.endswith(".parquet") and name not in kept:
            runs.files.remove(name)


def _merged(runs: Runs, info: RunInfo, table: str, names: Sequence[str]) -> list[str]:
    if len(names) <= 1 and table != "stacks":
        return list(names)
    merged: list[str] = []
    seen: set[str] = set()
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "rows.parquet")
        while names:
            rows, used = 0, 0
            with parquet.ParquetWriter(path, shards.schema(table), compression="zstd") as writer:
                pending: list[pa.Table] = []
                while used < len(names) and rows < ROWS:
                    part = shards.fitting(table, shards.read_table(table, runs.files.read(names[used]), names[used]))
                    if table == "stacks":
                        part = _counting(part, seen)
                    pending.append(part)
                    rows, used = rows + part.num_rows, used + 1
                    if sum(part.num_rows for part in pending) >= GROUP or used == len(names) or rows >= ROWS:
                        writer.write_table(pa.concat_tables(pending), row_group_size=GROUP)
                        pending = []
            name = f"{RUNS}/{info.id}/{table}/{MERGED}{len(merged):04}.parquet"
            runs.files.write(name, path.read_bytes())
            merged.append(name)
            names = names[used:]
    return merged


def _counting(part: pa.Table, seen: set[str]) -> pa.Table:
    """The rows of stacks that are not left out and that no shard before has, as after the death of a worker."""
    ids, states = (part.column(name).to_pylist() for name in ("stack_id", "state"))
    new = [identity not in seen and state != LEFT_OUT for identity, state in zip(ids, states, strict=True)]
    seen.update(ids)
    return part if all(new) else part.filter(pa.array(new, pa.bool_()))
