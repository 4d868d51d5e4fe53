"""The join of a run: the facts of its stacks go in, what they say together and none says alone comes out (decision 56).

Stacks that belong together are judged again only if something of them changed since the last run, or the settings or the
tool did.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb
import msgspec

from policypack.core.policy import Policy
from policypack.core.stack_name import StackName
from policypack.evaluation.settings import Settings
from policypack.joining.components import Component, components
from policypack.joining.facts import JoinFacts, JoinLinks
from policypack.joining.join import Refuted, Unjoined, join
from stackguard.audit.engine.pool import spread
from stackguard.audit.request import AuditRequest
from stackguard.audit.store import shards
from stackguard.audit.store.database import load_facts
from stackguard.audit.store.runs import RUNS, RunInfo, Runs
from stackguard.audit.store.tables import JoinedRow
from stackguard.reports.formatting import printable

if TYPE_CHECKING:
    from policypack.joining.rejudging import JoinedAccess, JoinedOutcome

LINKS = """
SELECT f.links FROM facts f JOIN stacks s ON f.shard = s.shard AND f.stack_id = s.stack_id ORDER BY f.stack_id
"""
FACTS = """
SELECT f.facts FROM facts f JOIN stacks s ON f.shard = s.shard AND f.stack_id = s.stack_id
WHERE f.stack_id IN (SELECT unnest($wanted)) ORDER BY f.stack_id
"""
NAMES = """
SELECT stack_id, CASE WHEN stack = '' THEN location ELSE project || '/' || stack END FROM stacks
WHERE stack_id IN (SELECT unnest($1))
"""
ROWS = 10_000
"""Facts that are in memory at a time."""
T = TypeVar("T")


def write(
    database: duckdb.DuckDBPyConnection,
    runs: Runs,
    info: RunInfo,
    request: AuditRequest,
    written: Mapping[str, Sequence[str]],
    others: Mapping[str, RunInfo],
    workers: int,
) -> tuple[str, ...]:
    """Write what the stacks of a run say together, and return the names of the files.

    Args:
        database: the run's `stacks` are loaded.
        runs: of the store.
        info: the run, which has judged everything.
        request: what every stack is judged by.
        written: its files by table.
        others: the finished runs, by id.
        workers: how many processes may judge.

    Raises:
        OSError: the store cannot be read or written.
    """
    load_facts(database, runs, "facts", written, others)
    first = join(_decoded(database.sql(LINKS), JoinLinks))
    wanted = database.sql(FACTS, params={"wanted": sorted(first.wanted)}) if first.wanted else None
    found = components(first, _decoded(wanted, JoinFacts)) if wanted else ()
    together = [(component, component.digest) for component in found]
    new = [*map(_refuted, first.refuted), *map(_unjoined, first.unjoined)]
    before = _before(runs, info, others.get(info.previous))
    again = [(component, digest) for component, digest in together if digest not in before]
    judged = partial(_judged, policies=request.policies, settings=request.settings_of(StackName()))
    answers = spread(judged, [component for component, _ in again], workers)
    for (_, digest), answer in zip(again, answers, strict=True):
        new += (msgspec.structs.replace(row, digest=digest) for row in answer)
    names = _names(database, {id_ for row in new for id_ in row.stacks})
    rows = [
        msgspec.structs.replace(row, run=info.id, stacks=[names.get(id_, id_) for id_ in row.stacks]) for row in new
    ]
    for _, digest in together:
        rows += (msgspec.structs.replace(row, run=info.id) for row in before.get(digest, ()))
    if not rows:
        return ()
    name = f"{RUNS}/{info.id}/joined/all-0000.parquet"
    runs.files.write(name, shards.encoded("joined", rows))
    return (name,)


def _names(database: duckdb.DuckDBPyConnection, ids: Iterable[str]) -> dict[str, str]:
    """The names of some stacks."""
    return dict(database.execute(NAMES, [sorted(ids)]).fetchall()) if ids else {}


def _decoded(rows: duckdb.DuckDBPyRelation, form: type[T]) -> Iterator[T]:
    decoder = msgspec.json.Decoder(form)
    for batch in rows.to_arrow_reader(ROWS):
        yield from map(decoder.decode, batch.column(0).to_pylist())


def _before(runs: Runs, info: RunInfo, previous: RunInfo | None) -> dict[str, list[JoinedRow]]:
    """By digest, the rows of the run before, if the same settings and the same tool made them."""
    rows: dict[str, list[JoinedRow]] = defaultdict(list)
    if previous and (previous.settings, previous.versions) == (info.settings, info.versions):
        for name in previous.files.get("joined", ()):
            for row in shards.decoded("joined", runs.files.read(name), name):
                if row.digest:
                    rows[row.digest].append(row)
    return rows


def _judged(component: Component, policies: Sequence[str], settings: Settings) -> list[JoinedRow]:
    """The rows about a component, with the ids of stacks for their names: rows can be sent from process to process."""
    from policypack.joining.rejudging import rejudge  # imports all that judges, and in most runs nothing is judged
    from policypack.policies import POLICIES

    chosen: list[Policy[object]] = [policy for policy in POLICIES if not policies or policy.id in policies]
    answer = rejudge(component, chosen, settings)
    rows = [*map(_shown, answer.shown), *map(_refuted, answer.refuted), *map(_access, answer.access)]
    return rows or [_row(component.stacks[0], "nothing", component.stacks)]


def _row(stack: str, effect: str, stacks: Iterable[str] = (), **facts: Any) -> JoinedRow:
    return JoinedRow(run="", stack_id=stack, effect=effect, stacks=[*stacks], **facts)


def _shown(joined: JoinedOutcome) -> JoinedRow:
    from policypack.evaluation.places import fingerprint, hashed

    outcome, print_ = joined.outcome, fingerprint(joined.outcome)
    return _row(
        joined.stack,
        "shown",
        joined.stacks,
        id=hashed(joined.stack, print_),
        fingerprint=print_,
        outcome=outcome.kind.value,
        policy=outcome.policy.id,
        severity=outcome.policy.severity.value,
        rank=outcome.policy.severity.rank,
        urn=printable(outcome.resource.urn),
        type=printable(outcome.resource.type),
        name=printable(outcome.resource.name),
        path=printable(outcome.path),
        message=printable(outcome.message),
        fix=printable(outcome.fix),
    )


def _refuted(refuted: Refuted) -> JoinedRow:
    return _row(
        refuted.stack,
        "refuted",
        refuted.stacks,
        policy=refuted.policy,
        urn=printable(refuted.urn),
        path=printable(refuted.path),
        message=printable(refuted.why),
    )


def _access(access: JoinedAccess) -> JoinedRow:
    return _row(
        access.stack,
        access.together.value,
        access.stacks,
        urn=printable(access.urn),
        message=printable(": ".join(filter(None, (access.example, access.why)))),
    )


def _unjoined(unjoined: Unjoined) -> JoinedRow:
    return _row(unjoined.stack, "unjoined", message=printable(unjoined.why))
