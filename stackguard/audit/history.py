"""Memory over runs: the rows of a run and of the one before go in, its violations with their age come out.

A violation is fixed if its stack was judged and does not report it any more. A stack that was not judged this time says
nothing: its violations are not looked at, and stay as they were.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pyarrow import parquet

from policypack.core.policy import Severity
from stackguard.audit.store import shards
from stackguard.audit.store.database import connected, load, load_facts
from stackguard.audit.store.runs import RUNS, RunInfo, Runs
from stackguard.audit.store.tables import TABLES, columns
from stackguard.errors import CannotJudge

ROWS = 100_000
"""Rows that are in memory at a time."""
COMPARED = """
CREATE TABLE now AS
SELECT o.id, s.stack_id, o.fingerprint, o.policy, o.service, o.severity, o.rank, o.outcome,
       CASE WHEN o.exemption <> '' THEN 'waived' WHEN r.stack_id IS NOT NULL THEN 'refuted' ELSE 'open' END AS status,
       o.urn, o.type, o.name, s.organization, s.project, s.stack, s.owner, s.account, s.region
FROM outcomes o JOIN stacks s ON o.shard = s.shard AND o.stack_id = s.stack_id
LEFT JOIN (SELECT DISTINCT stack_id, policy, urn, path FROM joined WHERE effect = 'refuted') r
       ON (r.stack_id, r.policy, r.urn, r.path) = (o.stack_id, o.policy, o.urn, o.path);
INSERT INTO now
SELECT DISTINCT ON (j.id) j.id, s.stack_id, j.fingerprint, j.policy, split_part(j.policy, '-', 1), j.severity, j.rank,
       j.outcome, 'open', j.urn, j.type, j.name, s.organization, s.project, s.stack, s.owner, s.account, s.region
FROM joined j JOIN stacks s ON j.stack_id = s.stack_id
WHERE j.effect = 'shown' AND NOT EXISTS (FROM now WHERE now.id = j.id)
"""
JOINED = """
SELECT $run AS run, coalesce(n.id, p.id) AS id, coalesce(n.stack_id, p.stack_id) AS stack_id,
       coalesce(n.fingerprint, p.fingerprint) AS fingerprint, coalesce(n.policy, p.policy) AS policy,
       coalesce(n.service, p.service) AS service, coalesce(n.severity, p.severity) AS severity,
       coalesce(n.rank, p.rank) AS rank, coalesce(n.outcome, p.outcome) AS outcome,
       CASE WHEN n.id IS NOT NULL THEN n.status
            WHEN p.status = 'fixed' THEN 'fixed'
            WHEN j.stack_id IS NOT NULL THEN 'fixed'
            ELSE 'not-looked-at' END AS status,
       coalesce(n.urn, p.urn) AS urn, coalesce(n.type, p.type) AS type, coalesce(n.name, p.name) AS name,
       coalesce(n.organization, p.organization) AS organization, coalesce(n.project, p.project) AS project,
       coalesce(n.stack, p.stack) AS stack, coalesce(n.owner, j.owner, p.owner) AS owner,
       coalesce(n.account, p.account) AS account, coalesce(n.region, p.region) AS region,
       coalesce(p.first_seen, $started) AS first_seen,
       CASE WHEN n.id IS NOT NULL THEN $started ELSE p.last_seen END AS last_seen,
       CASE WHEN n.id IS NOT NULL THEN '' WHEN p.status = 'fixed' THEN p.fixed_at
            WHEN j.stack_id IS NOT NULL THEN $started ELSE '' END AS fixed_at,
       coalesce(p.reopened, 0) + CASE WHEN n.id IS NOT NULL AND p.status = 'fixed' THEN 1 ELSE 0 END AS reopened,
       CASE WHEN n.id IS NOT NULL THEN n.status WHEN j.stack_id IS NOT NULL THEN 'fixed' ELSE p.known END AS known
FROM now n FULL JOIN before p ON n.id = p.id
LEFT JOIN judged j ON j.stack_id = coalesce(n.stack_id, p.stack_id)
"""


def violations(
    database: duckdb.DuckDBPyConnection,
    runs: Runs,
    info: RunInfo,
    written: Mapping[str, Sequence[str]],
    others: Mapping[str, RunInfo],
) -> tuple[str, ...]:
    """Write the violations of a run, and return the names of the files.

    Args:
        database: the run's `stacks` are loaded.
        runs: of the store.
        info: the run, which has judged everything.
        written: its files by table.
        others: the finished runs, by id.

    Raises:
        OSError: the store cannot be read or written.
        CannotJudge: a file of it is damaged.
    """
    try:
        return _violations(database, runs, info, written, others)
    except duckdb.Error as error:
        raise CannotJudge(f"the store is damaged: {str(error).partition(chr(10))[0]}") from None


def _violations(
    database: duckdb.DuckDBPyConnection,
    runs: Runs,
    info: RunInfo,
    written: Mapping[str, Sequence[str]],
    others: Mapping[str, RunInfo],
) -> tuple[str, ...]:
    previous = others.get(info.previous)
    with tempfile.TemporaryDirectory() as scratch:
        load_facts(database, runs, "outcomes", written, others)
        load(database, runs, "joined", written["joined"])
        load(database, runs, "violations", previous.files.get("violations", ()) if previous else (), "before")
        database.execute(COMPARED)
        database.execute(
            "CREATE VIEW judged AS SELECT stack_id, owner FROM stacks WHERE state IN ('judged', 'carried')"
        )
        names = ", ".join(name for name, _, _ in columns(TABLES["violations"]))
        query = f"SELECT {names} FROM ({JOINED}) ORDER BY rank DESC, policy, stack_id, id"
        path = Path(scratch, "violations.parquet")
        rows = database.sql(query, params={"run": info.id, "started": info.started})
        _export(rows, path)
        name = f"{RUNS}/{info.id}/violations/all-0000.parquet"
        runs.files.write(name, path.read_bytes())
    return (name,)


def still_open(runs: Runs, info: RunInfo, severity: Severity, *, new: bool) -> int:
    """The number of open violations of a run, of a severity or a higher one.

    Args:
        runs: of the store.
        info: the finished run.
        severity: the lowest that counts.
        new: whether only those count that the run before did not have.
    """
    with connected(runs, info) as database:
        since = "AND b.known IS DISTINCT FROM 'open'" if new else ""
        ((count,),) = database.execute(
            "SELECT count(*) FROM violations v LEFT JOIN violations_of_runs b ON b.run = $previous AND b.id = v.id"
            f" WHERE v.status = 'open' AND v.rank >= $rank {since}",
            {"rank": severity.rank, "previous": info.previous},
        ).fetchall()
    return int(count)


def counts(database: duckdb.DuckDBPyConnection, runs: Runs, written: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What `RunInfo` has of the stacks and the violations of a run, of which `stacks` are loaded."""
    load(database, runs, "violations", written["violations"])
    row: Any = database.execute(
        "SELECT count(*) FILTER (state = 'judged'), count(*) FILTER (state = 'carried'),"
        " count(*) FILTER (state = 'failed'), count(*) FILTER (state = 'foreign'), coalesce(sum(resources), 0)::BIGINT FROM stacks"
    ).fetchone()
    open_ = "FROM violations WHERE status = 'open' AND outcome = 'violation'"
    severities = database.execute(f"SELECT severity, count(*) {open_} GROUP BY 1 ORDER BY 1").fetchall()
    ((unsound,),) = database.execute(f"SELECT count(DISTINCT stack_id) {open_} AND rank >= 2").fetchall()
    named = dict(zip(("judged", "carried", "failed", "foreign", "resources"), map(int, row), strict=True))
    return named | {"open": dict(severities), "unsound": unsound}


def _export(rows: duckdb.DuckDBPyRelation, path: Path) -> None:
    with parquet.ParquetWriter(path, shards.schema("violations"), compression="zstd") as writer:
        for batch in rows.to_arrow_reader(ROWS):
            writer.write_table(shards.fitting("violations", pa.Table.from_batches([batch])))
