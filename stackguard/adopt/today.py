"""The baseline of today: each stack of a repository's projects is judged, and what would block is accepted."""

from __future__ import annotations

from pathlib import Path

from stackguard.errors import CannotJudge
from stackguard.gate.baseline import Added, Baseline
from stackguard.gate.parallel import judge_all
from stackguard.gate.request import CheckRequest
from stackguard.gate.stacks import StackTarget
from stackguard.reports import Failed


def with_stack(baseline: Baseline, folder: str, stack: str, added: Added) -> tuple[Baseline, int]:
    """The baseline with what would block in one stack, and how many outcomes that are, as a report counts them.

    Args:
        baseline: of the stacks before it.
        folder: of its project, from the working folder.
        stack: its name.
        added: who adds it.

    Raises:
        CannotJudge: the program cannot be run, a policy crashed, or the repository's settings or waivers are malformed.
    """
    # In a process of its own: this one may fork for the next stack, and must not have used gRPC then.
    (judged,) = judge_all(CheckRequest(folder, add=True), [StackTarget(folder, stack)], jobs=1)
    if isinstance(judged, Failed):
        raise CannotJudge(judged.message, judged.detail)
    if judged.report.exit_code == 2:
        raise CannotJudge(f"a policy crashed; `stackguard check {folder} --stack {stack}` names it")
    place = Path(folder).as_posix()
    return baseline.with_outcomes(judged.report.stack, judged.new, added, place), judged.report.exempt["baselined"]
