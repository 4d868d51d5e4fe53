"""Waivers and baseline in a run of the gate."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from policypack.core.examples import Example
from policypack.core.policy import UNKNOWN, Policy, Resource, Severity, Violation
from stackguard.gate.baseline import DEFAULT_FILE, Added, Baseline
from stackguard.gate.request import CheckRequest, judge_stack
from stackguard.reports import Report
from tests.cli.running import Ran

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


GRANT = "aws:iam/rolePolicy:RolePolicy"


def grant(state: Path, *actions: str) -> None:
    """Write the state of a role policy that allows each of these actions on all resources."""
    statements = [{"Effect": "Allow", "Action": action, "Resource": "*"} for action in actions]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    inputs = {"role": "reader", "policy": policy}
    written = {"urn": f"urn:pulumi:dev::shop::{GRANT}::reader", "type": GRANT, "custom": True, "inputs": inputs}
    state.write_text(json.dumps({"version": 3, "deployment": {"resources": [{**written, "outputs": {}}]}}))


@pytest.mark.parametrize(
    ("level", "actions", "blocking"),
    [
        ("mandatory", ["s3:GetObject"], []),
        ("advisory", ["s3:GetObject"], []),
        ("advisory", ["s3:GetObject", "s3:PutObject"], ["policy.Statement[1].Resource"]),
        ("disabled", ["s3:GetObject"], ["policy.Statement[0].Resource"]),
    ],
)
def test_what_accepts_a_wildcard_accepts_the_linter_at_its_place_once_it_is_advisory(
    state: Path, capfd: pytest.CaptureFixture[str], level: str, actions: list[str], blocking: list[str]
) -> None:
    """A policy that is disabled accepts nothing: then the linter reports by itself."""
    grant(state, "s3:GetObject")
    assert Ran(capfd, "baseline", str(state)).code == 0
    grant(state, *actions)
    assert linted(state, level) == blocking


def test_a_waiver_of_an_advisory_wildcard_accepts_the_linter_there(state: Path) -> None:
    grant(state, "s3:GetObject")
    resource = f"{{type: {GRANT!r}, name: reader}}"
    entry = f"{{policy: iam-wildcard-resource, resource: {resource}, reason: legacy, expires: 2999-01-01}}"
    (state.parent / "stackguard-waivers.yaml").write_text(f"waivers:\n  - {entry}\n")
    assert linted(state, "advisory") == []


def linted(state: Path, level: str) -> list[str]:
    """What blocks with this level of `iam-wildcard-resource`: paths of `iam-linter-report`, and nothing else."""
    (state.parent / "stackguard.yaml").write_text(f"enforcement: {{iam-wildcard-resource: {level}}}\n")
    outcomes = [outcome for outcome in judge_stack(CheckRequest(str(state))).report.outcomes if outcome.blocks]
    assert {outcome.policy.id for outcome in outcomes} <= {"iam-linter-report"}
    return [outcome.path for outcome in outcomes]


def crash(_: Any) -> Any:
    raise ValueError


def gone(state: Path, before: Policy[Any], *after: Policy[Any]) -> int:
    """How many violations of the one policy are gone for others, by a baseline that is left beside the state."""
    found = judge_stack(CheckRequest(str(state)), (before,)).report
    (state.parent / DEFAULT_FILE).write_text(Baseline().with_outcomes(found.stack, found.outcomes, Added()).text())
    return judge_stack(CheckRequest(str(state)), after).gone.total()


UNDECIDED = replace(FIRST, reads=lambda _: [("acl", UNKNOWN)])
SILENT = replace(FIRST, check=lambda _: [])
UNSEEN = replace(UNDECIDED, id="pulumi-unseen-resource")


@pytest.mark.parametrize(
    ("after", "count"),
    [
        (SILENT, 1),
        (replace(FIRST, check=crash), 0),
        (replace(FIRST, reads=crash), 0),
        (UNDECIDED, 0),
        (replace(FIRST, reads=lambda _: [("aclName", UNKNOWN)]), 1),
        (replace(SECOND, check=lambda _: []), 0),
    ],
    ids=["fixed", "crashed", "reader crashed", "unknown now", "something else unknown", "did not run"],
)
def test_only_what_its_policy_has_judged_is_gone(state: Path, after: Policy[Any], count: int) -> None:
    assert gone(state, FIRST, after) == count


def test_what_was_unknown_is_gone_when_something_else_is_unknown(state: Path) -> None:
    assert (
        gone(state, UNDECIDED, replace(FIRST, reads=lambda _: [("acl", replace(UNKNOWN, why="needs `another`"))])) == 1
    )
    assert gone(state, UNDECIDED, SILENT) == 1


def test_what_a_new_violation_hides_is_not_gone(state: Path) -> None:
    assert gone(state, replace(SECOND, requires=()), FIRST, SECOND) == 0
    assert gone(state, replace(SECOND, requires=()), SILENT, replace(SECOND, check=lambda _: [])) == 1


def test_what_is_of_a_resource_that_may_be_unseen_is_not_gone(state: Path) -> None:
    gone(state, FIRST)
    state.write_text(state.read_text().replace("uploads", "files"))
    fixed = CheckRequest(str(state))
    assert judge_stack(fixed, (SILENT, UNSEEN)).gone.total() == 0
    assert judge_stack(fixed, (SILENT,)).gone.total() == 1


def test_a_waiver_of_a_policy_that_crashed_is_not_unused(state: Path) -> None:
    (state.parent / "stackguard-waivers.yaml").write_text("waivers:\n" + waiver("s3-first"))
    assert not judge_stack(CheckRequest(str(state)), (replace(FIRST, check=crash),)).problems
    assert judge_stack(CheckRequest(str(state)), (SILENT,)).problems
