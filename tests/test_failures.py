"""Every row of the failure list, as a person would have written it: gate and pack block it and name the policy."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from policypack.policies import POLICIES
from policypack.policy import Stack
from policypack.settings import Settings
from stackguard.errors import CannotJudge
from stackguard.gate import Request, judge
from stackguard.preview import run
from stackguard.sources import HowToRun
from tests.analyzer import running

FAILURES = Path(__file__).parent / "failures"
REFUSED_BY_THE_SDK = "program-error"
"""In `expected.txt`: the SDK itself refuses the program, so neither gate nor pack gets to see resources."""

ROWS = sorted(each.parent.name for each in FAILURES.glob("row*/expected.txt"))
each_row = pytest.mark.parametrize("row", ROWS)


def expected(row: str) -> set[str]:
    return set((FAILURES / row / "expected.txt").read_text(encoding="utf-8").split())


def judged_by_gate(program: Path) -> set[str]:
    report = judge(Request(str(program)), POLICIES)
    return {outcome.policy.id for outcome in report.outcomes if outcome.blocks}


def judged_by_pack(program: Path) -> set[str]:
    """The pack sees a preview as Pulumi gives it: what AWS computes is unknown, and the config is in the environment."""
    preview = run(program, resolve=False)
    with running(environment=os.environ | {"PULUMI_CONFIG": json.dumps(dict(preview.config))}) as pack:
        diagnostics = pack.analyze(Stack(preview.resources, Settings()))
    return {diagnostic.policy for diagnostic in diagnostics if diagnostic.mandatory}


@each_row
def test_the_gate_blocks_the_failure_and_names_the_policy(row: str) -> None:
    program = FAILURES / row / "failing"
    if REFUSED_BY_THE_SDK in expected(row):
        with pytest.raises(CannotJudge, match="unexpected keyword argument") as refused:
            judge(Request(str(program), HowToRun()), POLICIES)
        assert "__main__.py" in refused.value.detail
    else:
        assert expected(row) <= judged_by_gate(program)


@each_row
def test_the_pack_blocks_the_failure_and_names_the_policy(row: str) -> None:
    if REFUSED_BY_THE_SDK in expected(row):
        with pytest.raises(CannotJudge):
            run(FAILURES / row / "failing", resolve=False)
    else:
        assert expected(row) <= judged_by_pack(FAILURES / row / "failing")


@each_row
def test_the_corrected_program_is_clean_at_both_doors(row: str) -> None:
    program = FAILURES / row / "corrected"
    assert judged_by_gate(program) == set()
    assert judged_by_pack(program) == set()


def test_every_row_that_policies_catch_is_reproduced() -> None:
    rows = {int(name[3:5]) for name in ROWS}
    assert rows >= {1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12}


def test_every_expected_policy_exists() -> None:
    ids = {policy.id for policy in POLICIES} | {REFUSED_BY_THE_SDK}
    assert {each for row in ROWS for each in expected(row)} <= ids
