"""Sound programs, whose policy documents are built from outputs: nothing blocks in the gate, which resolves the outputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from policypack.core.policy import Kind
from policypack.evaluation.settings import Settings
from policypack.policies import POLICIES
from stackguard.gate.judging import JudgingObserver
from tests.agreement.doors import by_gate
from tests.runs import unresolved

SOUND = Path(__file__).parent / "sound"
NAMES = sorted(file.parent.name for file in SOUND.glob("*/Pulumi.yaml"))
READS_EVERY_DOCUMENT = next(policy for policy in POLICIES if policy.id == "iam-malformed-document")

each_program = pytest.mark.parametrize("name", NAMES)


@each_program
def test_nothing_blocks_a_sound_program(name: str) -> None:
    assert [report for report in by_gate(f"sound/{name}") if report[3]] == []


@each_program
def test_without_resolution_a_document_is_undecided(name: str) -> None:
    resources = unresolved(SOUND / name).resources
    outcomes = JudgingObserver(lambda: (READS_EVERY_DOCUMENT,), Settings()).outcomes(resources, None)
    assert Kind.UNDECIDED in {outcome.kind for outcome in outcomes}


def test_there_are_enough_programs() -> None:
    assert len(NAMES) >= 16
