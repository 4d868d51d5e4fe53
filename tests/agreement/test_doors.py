"""Gate and pack report the same of the same program, on a new stack."""

from __future__ import annotations

import pytest

from policypack.core.policy import UNKNOWN_VALUE
from tests.agreement import session
from tests.agreement.doors import by_gate, by_pack, evened

UNSEEN = "pulumi-unseen-component"
NAMES = session.programs()


@pytest.mark.parametrize("name", NAMES)
def test_the_pack_reports_what_the_gate_reports(name: str) -> None:
    """But for a component of a plugin: the engine has it built, so the pack sees what is in it."""
    gate, pack = evened(by_gate(name)), evened(by_pack(name))
    assert {each for each in gate if each[0] != UNSEEN} == pack


@pytest.mark.parametrize("name", [each for each in NAMES if each.startswith("sound")])
def test_a_sound_program_passes_only_because_the_pack_resolves(name: str) -> None:
    assert by_pack(name) == set()
    assert UNKNOWN_VALUE in {policy for policy, *_ in by_pack(name, resolve=False)}
