"""An audit in processes of its own, from fleets of which the truth is known."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.fleet import Fleet
from stackguard.audit.engine import unit
from stackguard.audit.engine.pool import Pool
from stackguard.audit.engine.worker import Batch, BatchResult, Job
from stackguard.audit.request import AuditRequest
from stackguard.audit.run import Audit, Plan
from stackguard.audit.sources import listing
from stackguard.audit.store import files
from stackguard.audit.store.database import connected
from stackguard.audit.store.runs import RunInfo, Runs
from stackguard.errors import CannotJudge
from stackguard.gate.exemptions import Accepting
from stackguard.sources.settings import of_target

STACKS = 12


class Inline:
    """An engine in this process, as a pool is in others."""

    workers = 2

    def __init__(self, job: Job) -> None:
        self.job = job

    def close(self) -> None:
        """Nothing is open."""

    def run(self, batches: Iterator[Batch]) -> Iterator[tuple[Batch, BatchResult]]:
        from stackguard.audit.engine.worker import work

        for batch in batches:
            yield batch, work(self.job, batch)


def audited(fleet: Path | str, store: Path | str, engine: type = Inline, **plan: object) -> RunInfo:
    request = AuditRequest(of_target("-"), Accepting())
    asked = Plan((str(fleet),), str(store), **plan)
    return Audit(request, asked, engine).run(list(listing.stacks([str(fleet)])))


def rows(store: Path | str, sql: str) -> list[tuple[object, ...]]:
    with connected(Runs(files.opened(str(store)))) as database:
        return database.sql(sql).fetchall()


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    folder = tmp_path / "fleet"
    (tmp_path / "truth.json").write_text(json.dumps(Fleet(folder, 7).write(STACKS)))
    return folder


def expected(fleet: Path) -> Counter[str]:
    return Fleet.expected(json.loads((fleet.parent / "truth.json").read_text()))


def reported(store: Path | str) -> Counter[str]:
    return Counter(dict(rows(store, "SELECT policy, count(*) FROM outcomes GROUP BY policy")))


ROWS = (
    "SELECT id, policy, urn, path, message, fix FROM outcomes ORDER BY ALL",
    "SELECT urn, type, arn, tags FROM resources ORDER BY ALL",
    "SELECT policy, came, count, by_type FROM evidence ORDER BY ALL",
    "SELECT * FROM access ORDER BY ALL",
)


def test_the_rows_of_large_stacks_are_those_of_small_ones(
    fleet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audited(fleet, tmp_path / "small")
    monkeypatch.setattr(unit, "LARGE", 0)
    audited(fleet, tmp_path / "large")
    for sql in ROWS:
        assert rows(tmp_path / "large", sql) == rows(tmp_path / "small", sql)


def test_a_run_reports_what_is_planted(fleet: Path, tmp_path: Path) -> None:
    info = audited(fleet, tmp_path / "store")
    assert (info.judged, info.failed) == (STACKS, 0)
    assert reported(tmp_path / "store") == expected(fleet)


def test_what_did_not_change_is_not_judged_again(fleet: Path, tmp_path: Path) -> None:
    store, truth = tmp_path / "store", json.loads((fleet.parent / "truth.json").read_text())
    audited(fleet, store)
    changed = Fleet(fleet, 8).drift(truth, 0.25)
    (fleet.parent / "truth.json").write_text(json.dumps(truth))
    info = audited(fleet, store)
    assert (info.judged, info.carried) == (changed, STACKS - changed)
    assert reported(store) == expected(fleet)


def test_a_violation_that_went_away_is_fixed_and_one_that_came_back_is_reopened(fleet: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    audited(fleet, store)
    ((stack, location),) = rows(store, "SELECT stack_id, location FROM stacks WHERE blocking > 0 LIMIT 1")
    content = Path(str(location)).read_text()
    clean = json.loads(content)
    clean["checkpoint"]["latest"]["resources"] = clean["checkpoint"]["latest"]["resources"][:2]
    states = f"SELECT DISTINCT status, reopened FROM violations WHERE stack_id = '{stack}'"
    Path(str(location)).write_text(json.dumps(clean))
    audited(fleet, store)
    assert rows(store, states) == [("fixed", 0)]
    Path(str(location)).write_text(content)
    audited(fleet, store)
    assert rows(store, states) == [("open", 1)]


def test_a_stack_that_cannot_be_read_is_a_row_and_fixes_nothing(fleet: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    audited(fleet, store)
    ((stack, location),) = rows(store, "SELECT stack_id, location FROM stacks WHERE blocking > 0 LIMIT 1")
    Path(str(location)).write_text('{"version": 3, "checkpoint": {"latest": {"resour')
    info = audited(fleet, store)
    assert info.failed == 1
    assert rows(store, f"SELECT state, reason FROM stacks WHERE stack_id = '{stack}'") == [("failed", "malformed")]
    assert rows(store, f"SELECT DISTINCT status FROM violations WHERE stack_id = '{stack}'") == [("not-looked-at",)]


class Dies(Inline):
    """An engine whose machine dies after a batch."""

    def run(self, batches: Iterator[Batch]) -> Iterator[tuple[Batch, BatchResult]]:
        yield next(super().run(batches))
        raise KeyboardInterrupt


def test_an_audit_that_was_killed_is_resumed(fleet: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    with pytest.raises(KeyboardInterrupt):
        audited(fleet, store, Dies)
    with pytest.raises(CannotJudge, match="no finished audit"):
        reported(store)
    info = audited(fleet, store, resume=True)
    assert len(Runs(files.opened(str(store))).all()) == 1
    assert info.judged == STACKS
    assert reported(store) == expected(fleet)


def test_there_is_nothing_to_resume_in_an_empty_store(fleet: Path, tmp_path: Path) -> None:
    with pytest.raises(CannotJudge, match="no audit to resume"):
        audited(fleet, tmp_path / "store", resume=True)


def test_a_pool_does_the_same(fleet: Path, tmp_path: Path) -> None:
    info = audited(fleet, tmp_path / "store", lambda job: Pool(job, 2, 60.0))
    assert info.judged == STACKS
    assert reported(tmp_path / "store") == expected(fleet)
