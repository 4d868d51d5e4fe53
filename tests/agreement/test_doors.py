"""Gate and pack report the same outcomes for the same program, on a new stack."""

from __future__ import annotations

import pytest

from policypack.core.policy import UNKNOWN_VALUE
from tests.agreement import session
from tests.agreement.doors import by_gate, by_pack, without_random_parts

pytestmark = pytest.mark.corpus

UNSEEN = "pulumi-unseen-component"
NAMES = session.programs()


@pytest.mark.parametrize("name", NAMES)
def test_the_pack_reports_what_the_gate_reports(name: str) -> None:
    """Except for components of a plugin: the engine constructs them, so the pack sees their resources."""
    gate, pack = without_random_parts(by_gate(name)), without_random_parts(by_pack(name))
    assert {outcome for outcome in gate if outcome[0] != UNSEEN} == pack


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("sound")])
def test_a_sound_program_passes_only_because_the_pack_resolves(name: str) -> None:
    assert [report for report in by_pack(name) if report[3]] == []
    assert UNKNOWN_VALUE in {policy for policy, *_ in by_pack(name, resolve=False)}
