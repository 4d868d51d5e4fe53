from __future__ import annotations

from typing import Any

import pytest

from tests.cli.running import Ran
from tests.reports import sample

pytestmark = pytest.mark.usefixtures("workspace")


def test_explain_lists_every_policy_on_a_line(capfd: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capfd, "explain")
    assert ran.code == 0
    assert [line.split()[:2] for line in ran.out.splitlines()] == [
        [policy.severity, policy.id] for policy in sample.POLICIES
    ]


def test_explain_prints_the_whole_card(capfd: pytest.CaptureFixture[str], snapshot: Any) -> None:
    ran = Ran(capfd, "explain", "iam-wildcard-action")
    assert ran.code == 0
    assert ran.out == snapshot


def test_explain_suggests_a_similar_policy(capfd: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capfd, "explain", "iam-open-trusts")
    assert ran.code == 2
    assert "did you mean `iam-open-trust`" in ran.err
