"""Waivers and baseline in a run of the gate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policypack.core.examples import Example
from policypack.core.policy import Policy, Resource, Severity, Violation
from stackguard.gate.request import CheckRequest, judge_stack
from stackguard.reports import Report

BUCKET = "aws:s3/bucket:Bucket"
URN = f"urn:pulumi:dev::shop::{BUCKET}::uploads"


def card(policy_id: str, *paths: str, requires: tuple[str, ...] = ()) -> Policy[Any]:
    example = Example((Resource(BUCKET, "b", {"acl": "public-read"}),))
    return Policy(
        id=policy_id,
        title="A bucket",
        why="Because.",
        severity=Severity.HIGH,
        fix="Remove it.",
        references=["https://example.com"],
        bad=[example],
        good=[example],
        requires=requires,
        reads=lambda resource: [("acl", resource["acl"])] if resource["acl"] else [],
        check=lambda _: [Violation("", "is bad")],
    )


FIRST, SECOND = card("s3-first"), card("s3-second", requires=("s3-first",))


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    resources = [{"urn": URN, "type": BUCKET, "custom": True, "inputs": {"acl": "public-read"}, "outputs": {}}]
    file = tmp_path / "state.json"
    file.write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}))
    return file


def judged(state: Path, policies: tuple[Policy[Any], ...] = (FIRST, SECOND)) -> Report:
    return judge_stack(CheckRequest(str(state)), policies).report


def waiver(policy: str) -> str:
    resource = f"{{type: {BUCKET!r}, name: uploads}}"
    return f"  - {{policy: {policy}, resource: {resource}, reason: legacy, expires: 2999-01-01}}\n"


def test_a_waived_violation_excuses_no_other_policy(state: Path) -> None:
    assert [outcome.policy.id for outcome in judged(state).outcomes] == ["s3-first"]
    (state.parent / "stackguard-waivers.yaml").write_text("waivers:\n" + waiver("s3-first"))
    report = judged(state)
    assert [(outcome.policy.id, outcome.blocks) for outcome in report.outcomes] == [
        ("s3-first", False),
        ("s3-second", True),
    ]
    assert report.exit_code == 1


def test_what_it_excused_can_be_waived_too(state: Path) -> None:
    (state.parent / "stackguard-waivers.yaml").write_text("waivers:\n" + waiver("s3-first") + waiver("s3-second"))
    judged_stack = judge_stack(CheckRequest(str(state)), (FIRST, SECOND))
    assert judged_stack.report.exit_code == 0
    assert not judged_stack.problems


def test_a_waiver_of_a_policy_that_is_excused_is_unused(state: Path) -> None:
    (state.parent / "stackguard-waivers.yaml").write_text("waivers:\n" + waiver("s3-second"))
    (problem,) = judge_stack(CheckRequest(str(state)), (FIRST, SECOND)).problems
    assert "s3-second" in problem.message
    assert problem.source.endswith("stackguard-waivers.yaml:2")
