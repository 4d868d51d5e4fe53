"""Every row of the failure list as a program: gate and pack block it and name the policy."""

from __future__ import annotations

from pathlib import Path

import pytest

from policypack.policies import POLICIES
from stackguard.errors import CannotJudge
from stackguard.gate.request import CheckRequest, judge
from stackguard.sources import RunOptions
from tests.agreement.doors import Reported, by_gate, by_pack, preview

FAILURES = Path(__file__).parent / "failures"
REFUSED_BY_THE_SDK = "program-error"
"""In `expected.txt`: the SDK itself rejects the program, so neither gate nor pack sees resources."""

ROWS = sorted(path.parent.name for path in FAILURES.glob("row*/expected.txt"))
each_row = pytest.mark.parametrize("row", ROWS)


def expected(row: str) -> set[str]:
    return set((FAILURES / row / "expected.txt").read_text(encoding="utf-8").split())


def blocking(told: frozenset[Reported]) -> set[str]:
    """The policies of what blocks."""
    return {policy for policy, _, _, blocks in told if blocks}


@each_row
def test_the_gate_blocks_the_failure_and_names_the_policy(row: str) -> None:
    program = FAILURES / row / "failing"
    if REFUSED_BY_THE_SDK in expected(row):
        with pytest.raises(CannotJudge, match=r"takes no argument .*aws-unknown-argument") as refused:
            judge(CheckRequest(str(program), RunOptions()), POLICIES)
        assert "__main__.py" in refused.value.detail
    else:
        assert expected(row) <= blocking(by_gate(f"failures/{row}/failing"))


@each_row
def test_the_pack_blocks_the_failure_and_names_the_policy(row: str) -> None:
    if REFUSED_BY_THE_SDK in expected(row):
        with pytest.raises(CannotJudge):
            preview(f"failures/{row}/failing")
    else:
        assert expected(row) <= blocking(by_pack(f"failures/{row}/failing"))


@each_row
def test_the_corrected_program_is_clean_at_both_doors(row: str) -> None:
    assert blocking(by_gate(f"failures/{row}/corrected")) == set()
    assert blocking(by_pack(f"failures/{row}/corrected")) == set()


def test_every_row_that_policies_catch_is_reproduced() -> None:
    rows = {int(name[3:5]) for name in ROWS}
    assert rows >= {1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12}


def test_every_expected_policy_exists() -> None:
    ids = {policy.id for policy in POLICIES} | {REFUSED_BY_THE_SDK}
    assert {policy_id for row in ROWS for policy_id in expected(row)} <= ids
