"""What several results are together. Runs of several programs are in tests/cli/test_several.py."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from policypack.core.stack_name import StackName
from policypack.evaluation.settings import Settings
from policypack.evaluation.waivers import ProblemKind, WaiverProblem
from stackguard.gate import machine, parallel
from stackguard.gate.parallel import Result
from stackguard.gate.request import CheckRequest, Judged
from stackguard.gate.stacks import StackTarget
from stackguard.reports import Failed, Report, Run

UNUSED = WaiverProblem(ProblemKind.UNUSED, "w.yaml:1", "p", "accepts nothing")
EXPIRED = WaiverProblem(ProblemKind.EXPIRED, "w.yaml:2", "p", "expired")
FAILED = Failed("x", StackName(), "broke")


def judged(*problems: WaiverProblem, used: tuple[str, ...] = ()) -> Judged:
    return Judged(Report("x", (), 1, 1), Settings(), ("p",), problems, frozenset(used))


def together(monkeypatch: pytest.MonkeyPatch, *results: Result) -> Run:
    monkeypatch.setattr(parallel, "judge_all", lambda *_args, **_options: results)
    return parallel.run(CheckRequest("."), [StackTarget("x")] * len(results))


@pytest.mark.parametrize(
    ("results", "problems"),
    [
        ((judged(UNUSED), judged(UNUSED)), (UNUSED,)),
        ((judged(UNUSED), judged(used=("w.yaml:1",))), ()),
        ((judged(UNUSED, EXPIRED), judged(EXPIRED)), (UNUSED, EXPIRED)),
        ((judged(UNUSED, EXPIRED), FAILED), (EXPIRED,)),
        ((judged(), judged()), ()),
    ],
)
def test_a_waiver_is_unused_if_no_stack_uses_it_or_may_do_so(
    monkeypatch: pytest.MonkeyPatch, results: tuple[Result, ...], problems: tuple[WaiverProblem, ...]
) -> None:
    for order in permutations(results):
        run = together(monkeypatch, *order)
        assert set(run.problems) == set(problems)
        assert len(run.problems) == len(problems)
        assert run.exit_code == (2 if FAILED in results else 1 if problems else 0)


def test_nothing_but_failures_is_a_run_too(monkeypatch: pytest.MonkeyPatch) -> None:
    run = together(monkeypatch, FAILED)
    assert (run.reports, run.failed, run.exit_code, run.several) == ((), (FAILED,), 2, True)


def test_stacks_are_judged_one_after_another_where_a_process_cannot_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "FORKS", False)
    seen: list[tuple[object, ...]] = []

    class Watcher(parallel.Watcher):
        def phase(self, index: int, phase: str) -> None:
            seen.append((index, phase))

        def finished(self, index: int, result: Result, seconds: float) -> None:
            assert seconds >= 0
            seen.append((index, type(result)))

    results = parallel.judge_all(CheckRequest("."), [StackTarget("a"), StackTarget("b")], watcher=Watcher())
    assert [type(result) for result in results] == [Failed, Failed]
    assert seen == [(0, "starting"), (0, Failed), (1, "starting"), (1, Failed)]


@pytest.mark.parametrize(("cores", "free", "jobs"), [(8, 1 << 33, 9), (8, 1 << 30, 2), (8, 0, 1), (1, 1 << 40, 2)])
def test_jobs_fit_the_machine(monkeypatch: pytest.MonkeyPatch, cores: int, free: int, jobs: int) -> None:
    monkeypatch.setattr(machine, "cores", lambda: cores)
    monkeypatch.setattr(machine, "free_memory", lambda: free)
    assert machine.jobs() == jobs


def test_the_limits_of_a_container_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "LIMITS", tmp_path)
    (tmp_path / "cpu.max").write_text("100000 100000\n")
    monkeypatch.setattr(machine, "free_memory", lambda: 1 << 40)
    assert machine.jobs() == 2
    monkeypatch.undo()
    monkeypatch.setattr(machine, "LIMITS", tmp_path)
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "memory.max").write_text(f"{800 << 20}\n")
    (tmp_path / "memory.current").write_text(f"{400 << 20}\n")
    (tmp_path / "memory.stat").write_text(f"anon 1\nfile {300 << 20}\n")
    assert machine.free_memory() == 700 << 20
