"""What changed between two runs: new violations, fixed ones, and those that were not looked at, which are never called fixed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from stackguard.audit.store.database import connected
from stackguard.audit.store.runs import RunInfo, Runs
from stackguard.errors import CannotJudge

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LATEST = "latest"
COMPARED = """
SELECT CASE WHEN n.status = 'open' AND coalesce(o.known, '') <> 'open' THEN 'new'
            WHEN o.known = 'open' AND n.status IN ('fixed', 'waived', 'refuted') THEN n.status
            WHEN o.known = 'open' AND coalesce(n.status, 'not-looked-at') = 'not-looked-at' THEN 'not-looked-at'
            WHEN n.status = 'open' THEN 'still-open' END AS change,
       coalesce(n.severity, o.severity) AS severity, coalesce(n.rank, o.rank) AS rank,
       coalesce(n.policy, o.policy) AS policy, coalesce(n.id, o.id) AS id,
       coalesce(n.organization, o.organization) AS organization, coalesce(n.project, o.project) AS project,
       coalesce(n.stack, o.stack) AS stack, coalesce(n.owner, o.owner) AS owner,
       coalesce(n.account, o.account) AS account, coalesce(n.type, o.type) AS type, coalesce(n.name, o.name) AS name,
       coalesce(n.urn, o.urn) AS urn, coalesce(n.first_seen, o.first_seen) AS first_seen,
       coalesce(n.reopened, 0) AS reopened
FROM (SELECT * FROM violations_of_runs WHERE run = $new) n
FULL JOIN (SELECT * FROM violations_of_runs WHERE run = $old) o ON n.id = o.id
"""


class Changed(msgspec.Struct, frozen=True, rename="camel"):
    """A violation that changed between two runs, or was not looked at."""

    change: str
    severity: str
    policy: str
    id: str
    organization: str
    project: str
    stack: str
    owner: str
    account: str
    type: str
    name: str
    urn: str
    first_seen: str
    reopened: int


class Difference(msgspec.Struct, frozen=True, rename="camel"):
    """The difference between two runs."""

    old: str
    """The run; empty for none before."""
    new: str
    sample: str
    """What the new run left out on purpose."""
    counts: dict[str, int]
    """By change: `new`, `fixed`, `waived`, `refuted`, `not-looked-at`, `still-open`."""
    changes: tuple[Changed, ...]
    """All but those that are still open, the most severe first."""


def difference(runs: Runs, old: str | None, new: str | None) -> Difference:
    """The difference between two runs of a store.

    Args:
        runs: of the store.
        old: a run, as `chosen` takes it; None is the one that the new one was compared with.
        new: the same; None is the newest.

    Raises:
        CannotJudge: there is no such run.
    """
    finished = runs.require_finished()
    to = chosen(finished, new or LATEST)
    before = chosen(finished, old) if old else next((info for info in finished if info.id == to.previous), None)
    with connected(runs, to) as database:
        return _compared(database, before.id if before else "", to)


def chosen(finished: Sequence[RunInfo], name: str) -> RunInfo:
    """A finished run by its id, the beginning of it, `latest`, or a date: then the newest one up to that day.

    Raises:
        CannotJudge: no such run is there, or several begin so.
    """
    if name == LATEST:
        return finished[-1]
    if len(name) == len("2026-11-29") and name.count("-") == 2:
        _require_date(name)
        until = [info for info in finished if info.started[: len(name)] <= name]
        if until:
            return until[-1]
    matching = [info for info in finished if info.id.startswith(name)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise CannotJudge(f"{len(matching)} runs begin with `{name}`; give more of the id")
    listed = ", ".join(info.id for info in finished[-3:])
    raise CannotJudge(f"there is no run `{name}`; the last ones are {listed}")


def _require_date(name: str) -> None:
    try:
        date.fromisoformat(name)
    except ValueError:
        raise CannotJudge(f"`{name}` is no date; write one as `2026-11-29`") from None


def _compared(database: DuckDBPyConnection, old: str, new: RunInfo) -> Difference:
    names = ", ".join(Changed.__struct_fields__)
    database.execute(f"CREATE TEMP TABLE compared AS {COMPARED}", {"old": old, "new": new.id})
    counts = database.execute(
        "SELECT change, count(*) FROM compared WHERE change IS NOT NULL GROUP BY change ORDER BY change"
    ).fetchall()
    rows = database.execute(
        f"SELECT {names} FROM compared WHERE change <> 'still-open'"
        " ORDER BY change <> 'new', change, rank DESC, policy, organization, project, stack, id"
    ).fetchall()
    return Difference(old, new.id, new.sample, dict(counts), tuple(Changed(*row) for row in rows))
