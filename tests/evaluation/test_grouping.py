from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policypack.core.examples import allow, document, granted, role_policy
from policypack.core.policy import Asset, EnforcementLevel, Policy, Resource, Severity, Stack
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.grouping import groups
from policypack.evaluation.settings import Settings
from policypack.policies import POLICIES
from stackguard.reports import Report, Screen
from tests.reports.sample import render

BY_ID = {policy.id: policy for policy in POLICIES}
WIDE = allow("s3:*", "*")


def judged(*resources: Resource, fail_on: Severity = Severity.LOW, **levels: EnforcementLevel) -> Report:
    settings = Settings(enforcement={policy_id.replace("_", "-"): level for policy_id, level in levels.items()})
    return Report("state.json", tuple(evaluate(POLICIES, Stack(resources, settings))), 1, 1, fail_on)


def shown(report: Report) -> list[tuple[list[str], list[str]]]:
    """For each group, its cause as policy and path, and the policies that follow from it."""
    return [
        (
            [f"{outcome.policy.id} {outcome.path}" for outcome in group.reports],
            sorted({outcome.policy.id for outcome in group.subsumed}),
        )
        for group in groups(report.outcomes, report.blocks)
    ]


def test_a_statement_that_allows_everything_is_one_report() -> None:
    ((causes, subsumed),) = shown(judged(granted("*", "*")))
    assert causes == ["iam-wildcard-action policy.Statement[0].Action"]
    assert subsumed == ["iam-pass-role-anywhere", "iam-unscoped-list", "iam-wildcard-resource"]


@pytest.mark.parametrize(
    ("resource", "cause", "follows"),
    [
        (
            granted("iam:PutUserPolicy", "arn:aws:iam::111122223333:user/*"),
            "iam-privilege-escalation policy.Statement[0]",
            "iam-wildcard-resource",
        ),
        (
            granted("sns:Publish", "arn:aws:sns:eu-central-1:{account}:alarms"),
            "aws-impossible-value policy.Statement[0].Resource",
            "iam-linter-report",
        ),
        (
            Resource(
                "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
                "inbox",
                {"bucket": "acme-inbox", "rule": {"objectOwnership": "Owner"}},
            ),
            "aws-impossible-value rule.objectOwnership",
            "s3-enabled-acls",
        ),
    ],
)
def test_what_follows_from_a_value_or_an_escalation_is_one_report(resource: Resource, cause: str, follows: str) -> None:
    report = judged(resource)
    assert ([cause], [follows]) in shown(report)
    assert follows in {outcome.policy.id for outcome in report.outcomes}


def test_another_statement_and_another_resource_keep_their_own_report() -> None:
    other = allow("s3:GetObject", "*")
    elsewhere = Resource("aws:iam/rolePolicy:RolePolicy", "writer", {"role": "w", "policy": document(other)})
    assert [causes for causes, _ in shown(judged(role_policy(WIDE, other), elsewhere))] == [
        ["iam-wildcard-action policy.Statement[0].Action"],
        ["iam-wildcard-resource policy.Statement[1].Resource"],
        ["iam-wildcard-resource policy.Statement[0].Resource"],
    ]


def test_documents_of_one_resource_are_separate() -> None:
    inline = [{"name": "a", "policy": document(WIDE)}, {"name": "b", "policy": document(allow("s3:GetObject", "*"))}]
    trust = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    role = Resource("aws:iam/role:Role", "worker", {"assumeRolePolicy": trust, "inlinePolicies": inline})
    assert (["iam-wildcard-resource inlinePolicies[1].policy.Statement[0].Resource"], []) in shown(judged(role))


@pytest.mark.parametrize("level", [EnforcementLevel.ADVISORY, EnforcementLevel.DISABLED])
def test_a_policy_that_does_not_block_hides_no_other(level: EnforcementLevel) -> None:
    report = judged(granted("s3:*", "*"), iam_wildcard_action=level)
    assert (["iam-wildcard-resource policy.Statement[0].Resource"], ["iam-unscoped-list"]) in shown(report)


def test_a_cause_below_fail_on_hides_no_other() -> None:
    report = judged(granted("s3:GetObject", "arn:aws:s3:::inbox"), fail_on=Severity.HIGH)
    assert all(not subsumed for _, subsumed in shown(report))


def test_outcomes_of_one_policy_with_one_fix_are_one_report_with_a_line_each() -> None:
    text = render(judged(role_policy(*[allow(f"{service}:*") for service in ("s3", "sqs", "sns")])), "text", Screen())
    assert text.count("iam-wildcard-action  policy.Statement[") == 3
    assert text.count("fix: List the actions") == 1
    assert all(f"`{service}:*` allows every action" in text for service in ("s3", "sqs", "sns"))


def test_the_text_shows_what_follows_below_its_cause() -> None:
    text = render(judged(granted("s3:*", "*")), "text", Screen())
    assert "    also: high iam-wildcard-resource at policy.Statement[0].Resource: allows" in text
    assert text.count('"Action": "s3:*"') == 1
    assert "shown as 1 report" in text


def test_what_a_missing_handler_leaves_unread_is_not_reported_again(tmp_path: Path) -> None:
    (tmp_path / "index.py").write_text("def run(event, context): ...")
    code = Asset(path=str(tmp_path), archive=True)
    inputs = {
        "handler": "absent.run",
        "runtime": "python3.13",
        "role": "arn:aws:iam::111122223333:role/r",
        "code": code,
    }
    ((causes, subsumed),) = shown(judged(Resource("aws:lambda/function:Function", "f", inputs)))
    assert causes == ["lambda-missing-handler handler"]
    assert subsumed == []


def test_json_keeps_each_outcome_with_its_own_fingerprint_and_its_cause() -> None:
    outcomes = json.loads(render(judged(granted("s3:*", "*")), "json", Screen()))["outcomes"]
    cause = next(outcome for outcome in outcomes if outcome["policy"] == "iam-wildcard-action")
    assert len({outcome["fingerprint"] for outcome in outcomes}) == len(outcomes) == 3
    assert cause["subsumedBy"] is None
    assert {outcome["subsumedBy"] for outcome in outcomes if outcome is not cause} == {cause["fingerprint"]}
    assert all(outcome["blocks"] for outcome in outcomes)


def test_code_scanning_gets_a_result_for_each_outcome_with_its_cause() -> None:
    results = json.loads(render(judged(granted("s3:*", "*")), "sarif", Screen()))["runs"][0]["results"]
    (cause,) = (result for result in results if result["ruleId"] == "iam-wildcard-action")
    fingerprint = cause["partialFingerprints"]["stackguard/v1"]
    assert [result["properties"].get("subsumedBy") for result in results if result is not cause] == [fingerprint] * 2


@pytest.mark.parametrize("policy", [policy for policy in POLICIES if policy.subsumes], ids=lambda policy: policy.id)
def test_what_a_card_subsumes_exists_and_does_not_subsume_it(policy: Policy[Any]) -> None:
    reached, pending = set[str](), list(policy.subsumes)
    while pending:
        policy_id = pending.pop()
        assert policy_id != policy.id, "cards subsume one another in a circle"
        if policy_id not in reached:
            reached.add(policy_id)
            pending += BY_ID[policy_id].subsumes
