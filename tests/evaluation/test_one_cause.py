"""Two policies about one mistake are one report, and two mistakes are two."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policypack.core.examples import allow, construct, document, function, granted, lambda_role
from policypack.core.policy import EnforcementLevel, Resource, Severity, Stack
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.settings import Settings
from policypack.policies import POLICIES
from stackguard.reports import Report
from tests.evaluation.test_grouping import judged, shown

PRINCIPAL = "assumeRolePolicy.Statement[0].Principal"


def group(address: str, **inputs: Any) -> Resource:
    rule = {"protocol": "tcp", "fromPort": 3306, "toPort": 3306, "cidrBlocks": [address]}
    return construct("aws:ec2/securityGroup:SecurityGroup", "db", ingress=[rule], **inputs)


def trusting(*services: str) -> list[Resource]:
    trust = document(*(allow("sts:AssumeRole", None, Principal={"Service": service}) for service in services))
    return [lambda_role("read", assumeRolePolicy=trust), function()]


def test_an_open_range_with_bits_after_its_mask_is_one_report() -> None:
    ((causes, subsumed),) = shown(judged(group("198.51.100.7/0")))
    assert causes == ["ec2-open-ingress ingress[0].cidrBlocks[0]"]
    assert subsumed == ["aws-impossible-value"]


def test_an_open_range_hides_no_other_value() -> None:
    reports = shown(judged(group("0.0.0.0/0", name="sg-db")))
    assert (["aws-impossible-value name"], []) in reports
    assert (["ec2-open-ingress ingress[0].cidrBlocks[0]"], []) in reports


def test_a_closed_range_with_bits_after_its_mask_is_its_own_report() -> None:
    assert shown(judged(group("198.51.100.7/24"))) == [(["aws-impossible-value ingress[0].cidrBlocks[0]"], [])]


def test_an_arn_without_its_last_part_is_one_report() -> None:
    ((causes, subsumed),) = shown(judged(granted("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333")))
    assert causes == ["iam-mismatched-resource policy.Statement[0].Resource"]
    assert subsumed == []


def test_a_wrong_arn_beside_one_of_another_service_is_its_own_report() -> None:
    resources = ["arn:aws:sqs:eu-west-1:111122223333", "arn:aws:sns:eu-west-1:111122223333:dead"]
    reports = [causes for causes, _ in shown(judged(granted("sqs:SendMessage", resources)))]
    assert ["iam-mismatched-resource policy.Statement[0].Action"] in reports
    assert ["iam-linter-report policy.Statement[0].Resource"] in reports


def test_a_misspelt_service_is_one_report() -> None:
    assert shown(judged(*trusting("lamda.amazonaws.com"))) == [([f"aws-impossible-value {PRINCIPAL}"], [])]


def test_a_misspelt_service_is_missing_where_no_policy_reports_it() -> None:
    report = judged(*trusting("lamda.amazonaws.com"), aws_impossible_value=EnforcementLevel.DISABLED)
    assert [f"iam-missing-trust {PRINCIPAL}"] in [causes for causes, _ in shown(report)]


@pytest.mark.parametrize("other", ["ec2.amazonaws.com", "sqss.amazonaws.com"])
def test_another_service_is_missing_whatever_its_spelling(other: str) -> None:
    assert ["iam-missing-trust assumeRolePolicy"] in [causes for causes, _ in shown(judged(*trusting(other)))]


def mailbox(region: str, named: str = "eu-west-1", **inputs: Any) -> list[Resource]:
    """A queue in a region, and its document with the ARN of a queue in another one."""
    token, url = "aws:sqs/queue:Queue", f"https://sqs.{region}.amazonaws.com/111122223333/mail"
    sender = allow("sqs:SendMessage", f"arn:aws:sqs:{named}:111122223333:mail", Principal={"AWS": "111122223333"})
    urn = f"urn:pulumi:dev::shop::{token}::mail"
    outputs = {"arn": f"arn:aws:sqs:{region}:111122223333:mail", "url": url}
    queue = Resource(token, "mail", {"name": "mail", "region": region, **inputs}, urn, outputs, id=url)
    carrier = construct("aws:sqs/queuePolicy:QueuePolicy", "mail", queueUrl=url, policy=document(sender))
    return [queue, carrier]


def placed(*resources: Resource) -> list[tuple[list[str], list[str]]]:
    settings = Settings(allowed_regions=("eu-west-1", "eu-central-1"))
    report = Report("state.json", tuple(evaluate(POLICIES, Stack(resources, settings))), 1, 1, Severity.LOW)
    policies = ("aws-foreign-region", "iam-unrelated-resource")
    return [group for group in shown(report) if group[0][0].startswith(policies)]


UNRELATED = "iam-unrelated-resource policy.Statement[0].Resource"


def test_the_old_region_in_a_document_follows_from_the_foreign_region() -> None:
    ((causes, subsumed),) = placed(*mailbox("us-west-2"))
    assert causes == ["aws-foreign-region region"]
    assert "iam-unrelated-resource" in subsumed


def test_another_resource_or_another_foreign_region_in_a_document_is_its_own_report() -> None:
    queue, carrier = mailbox("us-west-2")
    sender = allow("sqs:SendMessage", ELSEWHERE, Principal={"AWS": "111122223333"})
    other = replace(carrier, inputs={**carrier.inputs, "policy": document(sender)})
    for resources in ([queue, other], mailbox("us-west-2", "us-east-2")):
        assert [causes for causes, _ in placed(*resources)] == [["aws-foreign-region region"], [UNRELATED]]
    assert placed(*mailbox("eu-central-1")) == [([UNRELATED], [])]
    assert [causes for causes, _ in placed(carrier)] == [[UNRELATED]]


ELSEWHERE = "arn:aws:sqs:eu-west-1:111122223333:news"
WIDE = {"Effect": "Allow", "NotAction": ["organizations:*"], "Resource": "*"}
MAIL = allow("ses:SendEmail", "arn:aws:ses:eu-west-1:111122223333:identity/shop.example")
SEND = allow("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:mail")


def mailer(*documents: list[dict[str, Any]]) -> list[Resource]:
    policies = [
        construct("aws:iam/rolePolicy:RolePolicy", f"mail-{index}", role="mailer", policy=document(*statements))
        for index, statements in enumerate(documents)
    ]
    return [lambda_role("mailer"), *policies]


def duplicates(*documents: list[dict[str, Any]], **settings: Any) -> list[list[str]]:
    """The reports that begin with a duplicate."""
    reports = [causes for causes, _ in shown(judged(*mailer(*documents), **settings))]
    return [causes for causes in reports if causes[0].startswith("iam-duplicate-grant")]


@pytest.mark.parametrize("wide", [WIDE, allow("sqs:*", SEND["Resource"]), allow("*", "*")])
def test_what_a_wildcard_grants_again_follows_from_it(wide: dict[str, Any]) -> None:
    for documents in ([[wide], [SEND]], [[SEND], [wide]], [[wide, MAIL], [SEND]], [[SEND], [MAIL, wide]]):
        assert duplicates(*documents) == []


def test_a_duplicate_without_the_wildcard_is_its_own() -> None:
    place = ["iam-duplicate-grant policy.Statement[0]"]
    assert duplicates([WIDE, SEND], [SEND]) == [place]
    assert duplicates([WIDE], [SEND], [SEND]) == [place]
    assert duplicates([SEND], [SEND, WIDE]) == [place]
    assert duplicates([allow("sqs:Send*", "*")], [SEND]) == [place]


def test_a_duplicate_is_reported_where_no_policy_reports_the_wildcard() -> None:
    disabled = {"iam_wildcard_action": EnforcementLevel.DISABLED}
    assert duplicates([WIDE], [SEND], **disabled) == [["iam-duplicate-grant policy.Statement[0]"]]
