"""The unit of work: a stack goes in, the rows of the store come out, whatever happens to it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from traceback import extract_tb
from typing import Any

import msgspec

from policypack.core import caches, memo
from policypack.core.policy import Stack
from policypack.core.stack_name import StackName
from policypack.evaluation.settings import SettingsError
from policypack.frameworks.catalog import PUBLISHED, covered
from policypack.frameworks.roll_up import typed
from policypack.policies import POLICIES
from stackguard.audit.engine import content, timer
from stackguard.audit.engine.content import Content, TooLargeError
from stackguard.audit.engine.rows import JudgedRows, rows_of
from stackguard.audit.model import StackRef
from stackguard.audit.owners import Owned, owner_of
from stackguard.audit.request import MEGABYTE, AuditRequest, Run
from stackguard.audit.store.tables import LEFT_OUT, StackRow
from stackguard.errors import CannotJudge, NotAStackError
from stackguard.errors import reason as why
from stackguard.gate.request import CheckRequest, Judged, judge_under
from stackguard.reports.formatting import printable
from stackguard.sources import LoadedStack, RunOptions, exported
from stackguard.sources.input_stream import text

GRACE = 30.0
"""Seconds more for a program, which has a limit of its own, and processes to end."""
LARGE = 4 * MEGABYTE
"""Bytes of a stack beside which nothing is kept of others, and of which only the verdicts are while its rows are made."""
DATED = frozenset({"lambda-retired-runtime"})
"""The policies that compare with the day."""


@cache
def counted_by_type() -> frozenset[str]:
    """The policies of which a published framework counts some resource types only."""
    return typed(covered(framework, POLICIES) for framework in PUBLISHED)


class LeftOutError(Exception):
    """The accounts of the stack do not fit the patterns of the operator."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What came of one stack."""

    row: StackRow
    facts: Mapping[str, list[Any]] = field(default_factory=dict)
    """By table, the rows about it; empty unless it was judged."""


def judge(run: Run, shard: str, ref: StackRef, known: StackRow | None) -> Unit:
    """Judge a stack, or find that it is as it was.

    Args:
        run: the run.
        shard: the batch.
        ref: the stack.
        known: its row of an earlier run.
    """
    started = time.monotonic()
    failure: tuple[str, str]
    state = "failed"
    try:
        with timer.limit(run.request.timeout + (GRACE if ref.location.kind == "program" else 0)):
            return _judge(run, shard, ref, known, started)
    except timer.OverTimeError:
        failure = "timeout", f"it took longer than {run.request.timeout:g} seconds; allow more with `--timeout`"
    except LeftOutError:
        return Unit(_row(run, ref, ref.name, state=LEFT_OUT, shard=""))
    except TooLargeError:
        failure = "too-large", f"it is larger than {run.request.largest // MEGABYTE} MiB; allow more with `--max-size`"
    except NotAStackError as error:
        state = "failed" if ref.name.stack else "foreign"
        failure = "malformed", error.message
    except CannotJudge as error:
        failure = _kind(run, ref, started), error.message
    except SettingsError as error:
        failure = "malformed", str(error)
    except OSError as error:
        failure = "unreadable", f"it cannot be read: {why(error)}"
    except MemoryError:
        failure = "too-large", "it does not fit into the memory of a worker"
    except Exception as error:  # noqa: BLE001 (the other stacks are still judged)
        frame = extract_tb(error.__traceback__)[-1]  # no message: it can contain a secret
        place = f"{frame.filename}:{frame.lineno}"
        failure = "crashed", f"stackguard itself failed ({type(error).__name__} at {place}); report it"
    return Unit(failed(run, ref, *failure, seconds=time.monotonic() - started, state=state))


def _kind(run: Run, ref: StackRef, started: float) -> str:
    """Why a stack that is malformed failed, in one word: a program ends itself when its time is over."""
    if ref.location.kind != "program":
        return "malformed"
    return "timeout" if time.monotonic() - started >= run.request.timeout else "program"


def failed(
    run: Run, ref: StackRef, reason: str, message: str, *, seconds: float = 0.0, state: str = "failed"
) -> StackRow:
    """The row of a stack that could not be judged, or of a file that is none."""
    return _row(run, ref, ref.name, state=state, shard="", reason=reason, message=printable(message), seconds=seconds)


def _row(run: Run, ref: StackRef, name: StackName, **facts: Any) -> StackRow:
    accounts, region = facts.get("accounts", []), facts.get("region", "")
    return StackRow(
        run=run.id,
        stack_id=ref.id,
        origin=printable(ref.origin),
        organization=printable(name.organization),
        project=printable(name.project),
        stack=printable(name.stack),
        location=printable(str(ref.location)),
        owner=_owner(run, ref, name, accounts, region),
        tags=msgspec.json.encode(dict(ref.tags)).decode(),
        version=ref.version,
        modified=ref.modified,
        **{"bytes": ref.size or 0, **facts},
    )


def _owner(run: Run, ref: StackRef, name: StackName, accounts: Sequence[str], region: str) -> str:
    program = Path(ref.location.url) if ref.location.kind == "program" else None
    return printable(owner_of(run.request.owners, Owned(name, accounts, region, ref.tags, program)))


def _judge(run: Run, shard: str, ref: StackRef, known: StackRow | None, started: float) -> Unit:
    request = run.request
    if known and _unread_equal(request, ref, known) and _still_true(request, known, known.content):
        _check_selected(request, ref, known.accounts)
        return Unit(_carried(run, ref, known))
    if ref.location.kind == "program":
        return _judged(run, shard, ref, None, started)
    with content.read(ref.location, request.largest) as read:
        if known and _still_true(request, known, read.hash):
            _check_selected(request, ref, known.accounts)
            return Unit(_carried(run, ref, known))
        return _judged(run, shard, ref, read, started)


def _check_selected(request: AuditRequest, ref: StackRef, accounts: Sequence[str]) -> None:
    if not request.selection.fits(ref, accounts):
        raise LeftOutError


def _unread_equal(request: AuditRequest, ref: StackRef, known: StackRow) -> bool:
    """Whether the content is as it was, as far as the source knows without reading it."""
    if ref.version:
        return ref.version == known.version
    return request.trust_modified and bool(ref.modified) and ref.modified == known.modified


def _still_true(request: AuditRequest, known: StackRow, hash_: str) -> bool:
    """Whether an earlier row has the verdicts on a content as of today."""
    name = StackName(known.organization, known.project, known.stack)
    return bool(known.key) and known.key == request.key(hash_, name, known.reported, dated=known.dated)


def _carried(run: Run, ref: StackRef, known: StackRow) -> StackRow:
    name = StackName(known.organization, known.project, known.stack)
    return msgspec.structs.replace(
        known,
        run=run.id,
        state="carried",
        location=printable(str(ref.location)),
        owner=_owner(run, ref, name, known.accounts, known.region),
        tags=msgspec.json.encode(dict(ref.tags)).decode(),
        version=ref.version,
        modified=ref.modified,
    )


def _judged(run: Run, shard: str, ref: StackRef, read: Content | None, started: float) -> Unit:
    request = run.request
    large = read is not None and read.size > LARGE
    if large:
        caches.forget()
    judged, loaded, stack = _verdicts(request, ref, read)
    if large:
        _forget(stack)
    report = judged.report
    dated = any(set(report.evidence.get(policy, ())) - {"not-applicable", "disabled"} for policy in DATED)
    rows: JudgedRows = rows_of(judged, loaded, stack, shard, ref.id)
    name = report.stack
    reported = sorted({outcome.policy.id for outcome in report.outcomes})
    row = _row(
        run,
        ref,
        name,
        state="judged",
        shard=shard,
        account=next(iter(report.accounts), ""),
        accounts=[*report.accounts],
        region=printable(report.region or ""),
        resources=report.resources,
        blocking=sum(map(report.blocks, report.outcomes)),
        without_policy=msgspec.json.encode(dict(report.without_policy)).decode(),
        notes=[printable(note.message) for note in report.notes],
        bytes=read.size if read else 0,
        seconds=round(time.monotonic() - started, 4),
        judged_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        content=read.hash if read else "",
        key=request.key(read.hash, name, reported, dated=dated) if read else "",
        reported=reported,
        dated=dated,
        waivers_used=sorted(judged.used),
        waiver_problems=msgspec.json.encode(
            [(problem.kind, problem.source, problem.policy, problem.message) for problem in judged.problems]
        ).decode(),
    )
    return Unit(row, rows)


def _forget(stack: Stack) -> None:
    """Drop what was computed of a stack and of texts: rows need little of it, and an entry is as large as its texts."""
    caches.forget()
    memo.forget(stack)
    for resource in stack.resources:
        memo.forget(resource)


def _verdicts(request: AuditRequest, ref: StackRef, read: Content | None) -> tuple[Judged, LoadedStack, Stack]:
    """Judge a stack by the loop that every door has."""
    check = CheckRequest(
        ref.location.url,
        RunOptions(stack=(ref.name.stack or None) if read is None else None, timeout=request.timeout),
        policies=request.policies,
        fail_on=request.fail_on,
        by_type=counted_by_type(),
    )
    if read is None:
        judged, loaded, stack = judge_under(check, request.layers, request.accepting, POLICIES)
        _check_selected(request, ref, judged.report.accounts)
        return judged, loaded, stack

    def loading(_target: str, options: RunOptions, _observer: Any) -> LoadedStack:
        source = f"`{ref.location}`"
        loaded = exported(text(read.blocks(), source), source, options)
        _check_selected(request, ref, loaded.accounts)
        return replace(loaded, organization=ref.name.organization)

    return judge_under(check, request.layers, request.accepting, POLICIES, loading=loading)
