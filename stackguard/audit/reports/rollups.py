"""Roll-ups over a store: a run goes in, totals, groups, lists and maps come out, which every format and the page share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from stackguard.audit.difference import LATEST, chosen
from stackguard.audit.reports.picture import draw
from stackguard.audit.reports.results import (
    WEIGHTS,
    Finding,
    Group,
    HeatMap,
    HeatRow,
    Listed,
    Severities,
    StackState,
    Totals,
    TrendPoint,
    WaiverState,
    WithoutPolicy,
)
from stackguard.audit.store.database import connected
from stackguard.audit.store.runs import RunInfo, Runs

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DIMENSIONS = {
    "owner": "owner",
    "project": "concat_ws('/', nullif(organization, ''), project)",
    "account": "account",
    "region": "region",
    "service": "service",
    "severity": "severity",
    "policy": "policy",
    "type": "type",
}
"""By name, what violations are grouped by."""
OF_STACKS = ("owner", "project", "account", "region")
"""The dimensions that stacks have, too."""
STACK_NAME = "concat_ws('/', nullif(organization, ''), nullif(project, ''), stack)"
WEIGHT = "CASE severity " + " ".join(f"WHEN '{name}' THEN {weight}" for name, weight in WEIGHTS.items()) + " END"
BY_SEVERITY = ", ".join(f"count(*) FILTER (severity = '{name}' AND is_open)" for name in WEIGHTS)
VIOLATION = "outcome = 'violation'"
OPEN = f"is_open AND {VIOLATION}"
TREND = 60
"""The most runs of a trend."""
SOON = 30
"""Days before its last day in which a waiver expires soon."""
ELSEWHERE = """
SELECT l.run, s.stack_id FROM listings l JOIN stacks_of_runs s ON s.run = l.listing
WHERE l.run IN (SELECT unnest($runs)) AND s.state NOT IN ('judged', 'carried', 'foreign')
UNION
SELECT l.run, s.stack_id FROM listings l JOIN stacks_of_runs s ON s.run = l.listing
WHERE l.run IN (SELECT unnest($runs)) AND l.listing <> l.run AND s.state <> 'foreign'
"""
"""By run, the stacks that there are and that it may not have looked at."""
TREND_OF_VIOLATIONS = f"""
WITH known AS (
    SELECT run, stack_id, severity, rank FROM violations_of_runs
    WHERE run IN (SELECT unnest($runs)) AND known = 'open' AND {VIOLATION} AND status = 'open'
    UNION ALL
    SELECT v.run, v.stack_id, v.severity, v.rank FROM violations_of_runs v SEMI JOIN ({ELSEWHERE}) e
    ON e.run = v.run AND e.stack_id = v.stack_id WHERE v.known = 'open' AND v.{VIOLATION} AND v.status <> 'open'
)
SELECT run, {BY_SEVERITY.replace(" AND is_open", "")}, count(DISTINCT stack_id) FILTER (rank >= 2) FROM known GROUP BY run
"""
TREND_OF_STACKS = f"""
WITH looked AS (
    SELECT run, stack_id FROM stacks_of_runs
    WHERE run IN (SELECT unnest($runs)) AND state IN ('judged', 'carried')
),
elsewhere AS (SELECT * FROM ({ELSEWHERE}) e ANTI JOIN looked k ON k.run = e.run AND k.stack_id = e.stack_id),
first AS (
    SELECT s.stack_id, min(o.number) AS number FROM stacks_of_runs s JOIN order_of_runs o ON s.run = o.run
    WHERE s.state IN ('judged', 'carried') AND s.stack_id IN (SELECT stack_id FROM elsewhere) GROUP BY s.stack_id
)
SELECT run, count(*) FROM (
    SELECT run FROM looked
    UNION ALL
    SELECT e.run FROM elsewhere e JOIN first f ON f.stack_id = e.stack_id
    JOIN order_of_runs o ON o.run = e.run WHERE f.number <= o.number
) GROUP BY run
"""
LISTS = {
    "open": (OPEN, "v.rank DESC, v.first_seen DESC, v.policy, v.id"),
    "new": (f"is_new AND {VIOLATION}", "v.rank DESC, v.policy, v.id"),
    "fixed": (f"is_fixed AND {VIOLATION}", "v.rank DESC, v.policy, v.id"),
    "oldest": (OPEN, "v.first_seen, v.rank DESC, v.policy, v.id"),
}
"""By name, which violations a list has, and their order."""


@contextmanager
def opened(runs: Runs, run: str | None = None, since: str | None = None) -> Iterator[Rollups]:
    """The roll-ups of a run.

    Args:
        runs: of the store.
        run: as `difference.chosen` takes it; None is the newest.
        since: the run that it is compared with, the same; None is the one before.

    Raises:
        CannotJudge: the store has no such run.
    """
    finished = runs.require_finished()
    info = chosen(finished, run or LATEST)
    previous = chosen(finished, since).id if since else info.previous
    with connected(runs, info) as database:
        draw(database, finished, info, "" if previous == info.id else previous)
        yield Rollups(database, finished, info, previous)


class Rollups:
    """The roll-ups of a run. Each method is one query, and is safe in a cursor of the same database."""

    def __init__(self, database: DuckDBPyConnection, runs: Sequence[RunInfo], info: RunInfo, previous: str) -> None:
        self.database, self.runs, self.info, self.previous = database, runs, info, previous

    def rows(self, sql: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """The rows of a query over the store, and over `current_stacks` and `current_violations`."""
        return self.database.cursor().execute(sql, parameters).fetchall()

    def totals(self) -> Totals:
        """What the run says as a whole."""
        info, before = self.info, next((other for other in self.runs if other.id == self.previous), None)
        stacks, looked_at, failed, left_out, resources = self.rows(
            "SELECT count(last_run), count(*) FILTER (state = 'looked-at'), count(*) FILTER (state = 'failed'),"
            " count(*) FILTER (state <> 'looked-at'), coalesce(sum(resources), 0)::BIGINT FROM current_stacks"
        )[0]
        flags = ("is_open", "is_new", "is_fixed")
        counts = ", ".join(
            f"count(*) FILTER (severity = '{severity}' AND {flag} AND {VIOLATION})"
            for flag in flags
            for severity in WEIGHTS
        )
        row = self.rows(
            f"SELECT {counts}, count(*) FILTER (is_open AND NOT {VIOLATION}), count(*) FILTER (known = 'waived'),"
            f" count(*) FILTER (is_reopened AND {VIOLATION}), count(DISTINCT stack_id) FILTER (is_gone),"
            f" count(DISTINCT stack_id) FILTER ({OPEN} AND rank >= 2) FROM current_violations"
        )[0]
        open_, new, fixed = (Severities(*row[at : at + 4]) for at in (0, 4, 8))
        undecided, waived, reopened, gone, unsound = row[12:]
        return Totals(
            run=info.id,
            started=info.started,
            previous=before.id if before else "",
            previous_started=before.started if before else "",
            sample=info.sample,
            filters=info.filters,
            unlisted=info.unlisted,
            stacks=stacks,
            looked_at=looked_at,
            failed=failed,
            not_looked_at=left_out,
            gone=gone,
            resources=resources,
            open=open_,
            undecided=undecided,
            waived=waived,
            new=new,
            fixed=fixed,
            reopened=reopened,
            sound=stacks - unsound,
            score=_score(stacks - unsound, stacks),
        )

    def trend(self, most: int = TREND) -> tuple[TrendPoint, ...]:
        """The runs up to this one, the earliest first: the last `most` of them."""
        until = [info for info in self.runs if info.finished <= self.info.finished][-most:]
        alone = {run for run, runs in self.rows("SELECT run, count(*) FROM listings GROUP BY 1") if runs == 1}
        whole = [info for info in until if info.open is not None and not info.failed and info.id in alone]
        counts = {info.id: (Severities(**info.open or {}), info.unsound) for info in whole}
        stacks = {info.id: info.judged + info.carried for info in whole}
        if parts := [info.id for info in until if info.id not in stacks]:  # what else is known stands in other runs
            for run, *numbers in self.rows(TREND_OF_VIOLATIONS, {"runs": parts}):
                counts[run] = Severities(*numbers[:4]), numbers[4]
            stacks |= dict(self.rows(TREND_OF_STACKS, {"runs": parts}))
        points = []
        for info in until:
            open_, unsound = counts.get(info.id, (Severities(), 0))
            total = stacks.get(info.id, 0)
            partial = info.partial or bool(info.unlisted or info.failed)
            score = _score(total - unsound, total)
            points.append(TrendPoint(info.id, info.started, info.sample, partial, total, total - unsound, score, open_))
        return tuple(points)

    def by(self, dimension: str, most: int | None = None) -> tuple[Group, ...]:
        """The open violations by a dimension of `DIMENSIONS`: the worst first, by weight, then by density.

        Groups of stacks are there without violations, too; those of violations only with one that is open, new or fixed.
        """
        name = DIMENSIONS[dimension]
        of_stacks = dimension in OF_STACKS
        stacks = (
            f"SELECT {name} AS name, count(last_run) AS stacks, sum(resources)::BIGINT AS resources FROM current_stacks"
            " GROUP BY 1"
            if of_stacks
            else f"SELECT name, count(*), sum(resources)::BIGINT FROM (SELECT DISTINCT {name} AS name, stack_id"
            f" FROM current_violations WHERE {OPEN}) JOIN current_stacks USING (stack_id) GROUP BY 1"
        )
        found = self.rows(
            f"WITH stacks(name, stacks, resources) AS ({stacks}), counted AS (SELECT {name} AS name, {BY_SEVERITY},"
            f" coalesce(sum({WEIGHT}) FILTER (is_open), 0)::BIGINT AS weight, count(*) FILTER (is_new),"
            " count(*) FILTER (is_fixed), coalesce(min(first_seen) FILTER (is_open), '') FROM current_violations"
            f" WHERE (is_open OR is_new OR is_fixed) AND {VIOLATION} GROUP BY 1)"
            " SELECT coalesce(c.name, s.name), coalesce(s.stacks, 0), coalesce(s.resources, 0), c.* EXCLUDE (name)"
            " FROM counted c FULL JOIN stacks s ON c.name = s.name"
            " ORDER BY c.weight DESC NULLS LAST, c.weight / greatest(s.resources, 1) DESC NULLS LAST, 1 LIMIT $most",
            {"most": most},
        )
        return tuple(_group(row) for row in found)

    def count_by(self, dimension: str) -> int:
        """How many groups `by` has."""
        name = DIMENSIONS[dimension]
        both = f" UNION SELECT {name} FROM current_stacks" if dimension in OF_STACKS else ""
        groups = f"SELECT {name} FROM current_violations WHERE (is_open OR is_new OR is_fixed) AND {VIOLATION}{both}"
        return int(self.rows(f"SELECT count(*) FROM (SELECT DISTINCT * FROM ({groups}))")[0][0])

    def listed(self, name: str, most: int) -> Listed:
        """The first violations of a list of `LISTS`."""
        condition, order = LISTS[name]
        total = self.rows(f"SELECT count(*) FROM current_violations v WHERE {condition}")[0][0]
        return Listed(total, tuple(self.findings(condition, order, most)))

    def findings(
        self, condition: str = OPEN, order: str = LISTS["open"][1], most: int | None = None, *, arns: bool = False
    ) -> Iterator[Finding]:
        """Violations with their messages: those of the runs in which their stacks were looked at last.

        Args:
            condition: which, in SQL over `current_violations v`.
            order: in SQL.
            most: how many; None for all, which come without being in memory at once.
            arns: whether each has the ARN of its resource, for which the table of resources is read.
        """
        today = datetime.fromisoformat(self.info.started).date()
        arn = "coalesce(r.arn, '')" if arns else "''"
        joined = " LEFT JOIN all_resources r ON r.shard = s.shard AND r.stack_id = v.stack_id AND r.urn = w.urn"
        resources = joined if arns else ""
        cursor = self.database.cursor().execute(
            f"WITH chosen AS (SELECT v.* FROM current_violations v WHERE {condition} ORDER BY {order} LIMIT $most)"
            " SELECT v.id, CASE WHEN is_fixed THEN 'fixed' ELSE v.known END, v.severity, v.policy, v.stack_id,"
            " v.organization, v.project, v.stack, v.owner, v.account, v.region, v.type, w.name, w.urn,"
            f" {arn}, coalesce(o.path, j.path, ''), coalesce(o.message, j.message, ''), coalesce(o.fix, j.fix, ''),"
            " coalesce(o.url, ''), coalesce(o.file, ''), coalesce(o.line, 0), v.first_seen, w.last_seen, w.fixed_at,"
            " v.reopened FROM chosen v JOIN violations w ON w.id = v.id LEFT JOIN current_stacks s ON s.stack_id = v.stack_id"
            " LEFT JOIN all_outcomes o ON o.shard = s.shard AND o.stack_id = v.stack_id AND o.id = v.id"
            " LEFT JOIN (SELECT DISTINCT ON (id) * FROM joined WHERE effect = 'shown') j ON j.id = v.id"
            f"{resources} ORDER BY {order}",
            {"most": most},
        )
        while rows := cursor.fetchmany(10_000):
            for row in rows:
                days = (today - datetime.fromisoformat(row[21]).date()).days
                yield Finding(*(*row, days))

    def heat_map(self, stacks: int = 40, policies: int = 15) -> HeatMap:
        """The stacks with the most weight, by the policies with the most weight."""
        rows, columns = self.rows(
            f"SELECT count(DISTINCT stack_id), count(DISTINCT policy) FROM current_violations WHERE {OPEN}"
        )[0]
        worst = self.rows(
            f"SELECT policy, arg_max(severity, rank), sum({WEIGHT}) AS weight FROM current_violations WHERE {OPEN}"
            " GROUP BY 1 ORDER BY weight DESC, 1 LIMIT $most",
            {"most": policies},
        )
        names = [row[0] for row in worst]
        shown = self.rows(
            f"WITH shown AS (SELECT stack_id, sum({WEIGHT})::BIGINT AS weight FROM current_violations WHERE {OPEN}"
            " GROUP BY 1 ORDER BY weight DESC, 1 LIMIT $most)"
            f" SELECT stack_id, any_value({STACK_NAME}), any_value(owner), any_value(weight), histogram(policy)"
            f" FROM current_violations JOIN shown USING (stack_id) WHERE {OPEN} GROUP BY 1 ORDER BY 4 DESC, 2, 1",
            {"most": stacks},
        )
        heat = (
            HeatRow(stack_id, name, owner, weight, tuple(counts.get(policy, 0) for policy in names))
            for stack_id, name, owner, weight, counts in shown
        )
        return HeatMap(tuple(names), tuple(row[1] for row in worst), tuple(heat), rows, columns)

    def stacks_in(self, state: str, most: int | None = None) -> tuple[StackState, ...]:
        """The stacks that the run could not judge (`failed`), or left out (`left-out`), the worst first."""
        found = self.rows(
            f"SELECT stack_id, {STACK_NAME}, owner, location, reason, message, coalesce(open, 0), coalesce(last_run, '')"
            f" FROM current_stacks LEFT JOIN (SELECT stack_id, count(*) AS open FROM current_violations WHERE {OPEN}"
            " GROUP BY 1) USING (stack_id) WHERE state = $state ORDER BY 7 DESC, 2, 4 LIMIT $most",
            {"state": state, "most": most},
        )
        return tuple(StackState(*row) for row in found)

    def without_policy(self, most: int | None = None) -> tuple[WithoutPolicy, ...]:
        """The resource types that no policy is about, in the stacks that the run looked at: the most resources first."""
        found = self.rows(
            "SELECT key, sum(value::BIGINT)::BIGINT AS resources, count(*) FROM (SELECT unnest(map_entries("
            "from_json(without_policy, '\"MAP(VARCHAR, BIGINT)\"')), recursive := true) FROM stacks"
            " WHERE without_policy <> '{}') GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $most",
            {"most": most},
        )
        return tuple(WithoutPolicy(*row) for row in found)

    def waivers(self) -> tuple[WaiverState, ...]:
        """The waivers that somebody has to edit, and those that expire soon, these by what they accept."""
        day = datetime.fromisoformat(self.info.started).date()
        soon = self.rows(
            "SELECT o.policy, any_value(o.exemption_reason), o.exemption_owner, o.exemption_expires,"
            " count(DISTINCT o.stack_id) FROM outcomes o WHERE o.exemption = 'waived' AND o.exemption_expires <> ''"
            " AND o.exemption_expires <= $until GROUP BY o.policy, o.exemption_owner, o.exemption_expires"
            " ORDER BY 4, 1, 3",
            {"until": str(day + timedelta(days=SOON))},
        )
        problems = self.rows(
            "SELECT waiver_problems, count(*) FROM stacks WHERE waiver_problems <> '[]' GROUP BY 1 ORDER BY 1"
        )
        used = {row[0] for row in self.rows("SELECT DISTINCT unnest(waivers_used) FROM stacks")}
        listed = _problems(problems, used, complete=self.complete())
        unfit = (WaiverState("unused", policy, source, why, "", "", 0) for source, policy, why in self.info.unfit)
        return (*listed, *unfit, *(WaiverState("expires-soon", p, "", r, o, e, n) for p, r, o, e, n in soon))

    def complete(self) -> bool:
        """Whether this run judged everything that there is."""
        totals = self.totals()
        return not (totals.not_looked_at or totals.sample or totals.filters or totals.unlisted)


def spread(of_each: int, stacks: Iterable[str]) -> str:
    """A condition on open violations: the worst of each team and each policy, and all of some stacks."""
    order = "ORDER BY rank DESC, first_seen DESC, id"
    ranks = (f"row_number() OVER (PARTITION BY {name} {order})" for name in ("owner", "policy"))
    listed = ", ".join(f"'{stack}'" for stack in stacks if stack.isalnum()) or "''"
    return (
        f"v.id IN (SELECT id FROM current_violations WHERE {OPEN}"
        f" QUALIFY least({', '.join(ranks)}) <= {int(of_each)} OR stack_id IN ({listed}))"
    )


def _score(sound: int, stacks: int) -> float:
    return round(100 * sound / stacks, 1) if stacks else 100.0


def _group(row: tuple[Any, ...]) -> Group:
    name, stacks, resources, *counts, weight, new, fixed, oldest = (*row,)
    weight = weight or 0
    density = round(100 * weight / resources, 1) if resources else 0.0
    severities = Severities(*(count or 0 for count in counts))
    return Group(name or "", stacks, resources, severities, weight, density, new or 0, fixed or 0, oldest or "")


def _problems(rows: Iterable[tuple[str, int]], used: set[str], *, complete: bool) -> list[WaiverState]:
    stacks: dict[tuple[str, str, str, str], int] = {}
    for encoded, count in rows:
        for kind, source, policy, message in msgspec.json.decode(encoded, type=list[tuple[str, str, str, str]]):
            if kind != "unused" or (complete and source not in used):
                key = (kind, source, policy, message)
                stacks[key] = stacks.get(key, 0) + count
    return [
        WaiverState(kind, policy, source, message, "", "", count)
        for (kind, source, policy, message), count in sorted(stacks.items())
    ]
