"""The picture that roll-ups are made of: what is known of each stack and each violation as of a run.

A run that left out stacks says nothing about them, so they count as they were known last. A stack that a later run of the
same sources does not list any more is gone, and does not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from stackguard.audit.store.runs import RunInfo

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LOOKED = "('judged', 'carried')"
OF_STACK = "stack_id, shard, organization, project, stack, owner, account, region, location, resources"
STACKS = f"""
CREATE TABLE current_stacks AS
WITH now AS (SELECT * FROM stacks_of_runs WHERE run = $run AND state <> 'foreign'),
listed AS (
    SELECT stack_id FROM now
    UNION SELECT s.stack_id FROM stacks_of_runs s JOIN listings l ON s.run = l.listing
    WHERE l.run = $run AND l.listing <> $run AND s.state <> 'foreign'
),
left_out AS (SELECT stack_id FROM listed ANTI JOIN (SELECT stack_id FROM now WHERE state IN {LOOKED}) USING (stack_id)),
before AS (
    SELECT s.run, {OF_STACK} FROM stacks_of_runs s JOIN order_of_runs o ON s.run = o.run
    WHERE o.number < $number AND s.state IN {LOOKED} AND s.stack_id IN (FROM left_out)
    QUALIFY row_number() OVER (PARTITION BY s.stack_id ORDER BY o.number DESC) = 1
)
SELECT run AS last_run, 'looked-at' AS state, '' AS reason, '' AS message, {OF_STACK} FROM now WHERE state IN {LOOKED}
UNION ALL
SELECT b.run, CASE WHEN n.stack_id IS NULL THEN 'left-out' ELSE 'failed' END, coalesce(n.reason, ''),
       coalesce(n.message, ''), l.stack_id, coalesce(b.shard, ''), coalesce(b.organization, n.organization, ''),
       coalesce(b.project, n.project, ''), coalesce(b.stack, n.stack, ''), coalesce(n.owner, b.owner, ''),
       coalesce(b.account, ''), coalesce(b.region, ''), coalesce(n.location, b.location, ''), coalesce(b.resources, 0)
FROM left_out l LEFT JOIN before b USING (stack_id) LEFT JOIN now n USING (stack_id)
"""
"""A stack without a `last_run` was never judged."""
VIOLATIONS = """
CREATE TABLE current_violations AS
SELECT v.* EXCLUDE (run, owner, fingerprint, urn, name, last_seen, fixed_at), coalesce(s.owner, v.owner) AS owner,
       v.status = 'open' AND (b.id IS NULL OR b.known <> 'open') AS is_new,
       v.status = 'open' AND b.known = 'fixed' AS is_reopened,
       v.status = 'fixed' AND coalesce(b.known, '') = 'open' AS is_fixed,
       v.known = 'open' AND (v.status = 'open' OR s.stack_id IS NOT NULL) AS is_open,
       v.known = 'open' AND v.status <> 'open' AND s.stack_id IS NULL AS is_gone
FROM violations_of_runs v
LEFT JOIN (SELECT id, known FROM violations_of_runs WHERE run = $previous) b ON b.id = v.id
LEFT JOIN current_stacks s ON s.stack_id = v.stack_id
WHERE v.run = $run AND (v.known <> 'fixed' OR b.known = 'open')
"""
"""Those that are open or waived as far as known, and those that are fixed since the other run."""


def draw(database: DuckDBPyConnection, runs: Sequence[RunInfo], run: RunInfo, previous: str) -> None:
    """Create the tables `current_stacks`, `current_violations`, `order_of_runs` and `listings`.

    Args:
        database: of the store.
        runs: the finished ones in their order.
        run: what the picture is as of.
        previous: the run that it is compared with; empty for none.
    """
    number = runs.index(run)
    database.execute("CREATE TABLE order_of_runs (run VARCHAR, number INTEGER)")
    database.executemany("INSERT INTO order_of_runs VALUES (?, ?)", [(info.id, at) for at, info in enumerate(runs)])
    database.execute("CREATE TABLE listings (run VARCHAR, listing VARCHAR)")
    pairs = [(info.id, listing) for at, info in enumerate(runs[: number + 1]) for listing in listings(runs[: at + 1])]
    database.executemany("INSERT INTO listings VALUES (?, ?)", pairs)
    database.execute(STACKS, {"run": run.id, "number": number})
    database.execute(VIOLATIONS, {"run": run.id, "previous": previous})


def listings(runs: Sequence[RunInfo]) -> Iterator[str]:
    """The runs of which the lists of stacks, together, are what there is as of the last one.

    A run that left nothing out replaces the earlier lists of the same sources.
    """
    replaced: list[frozenset[str]] = []
    for info in reversed(runs):
        sources = frozenset(info.sources)
        if not any(sources <= whole for whole in replaced):
            yield info.id
        if not info.partial and not info.unlisted:
            replaced.append(sources)
