"""Parliament's reports as a policy: where they appear, and that an unknown is not a pass."""

from __future__ import annotations

import pytest

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.linter_report import POLICY
from tests.policies.helpers import allow, bucket_policy, document, messages, role, role_policy, undecided, violations


@pytest.mark.parametrize(
    "statement",
    [
        allow("s3:GetObject", "arn:aws:s3:::inbox"),
        allow("s3:GetObject", "*"),
        allow(Condition={"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
        allow(resource="inbox/*"),
    ],
)
def test_reported(statement: object) -> None:
    assert violations(POLICY, role_policy(allow(), statement))[0].startswith("policy.Statement[1]")


def test_every_type_of_document_is_linted() -> None:
    trust = role({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AsumeRole"})
    topic = Resource("aws:sns/topicPolicy:TopicPolicy", "t", {"policy": document(allow("sns:Publsh", Principal="*"))})
    inline = Resource("aws:iam/role:Role", "r", {"inlinePolicies": [{"policy": document(allow("s3:GetObjects"))}]})
    assert violations(POLICY, trust) == ["assumeRolePolicy.Statement[0].Action"]
    assert violations(POLICY, topic) == ["policy.Statement[0].Action"]
    assert violations(POLICY, inline) == ["inlinePolicies[0].policy.Statement[0].Action"]


def test_the_message_names_the_issue_and_the_reason() -> None:
    (message,) = messages(POLICY, role_policy(allow("s3:GetObject", "arn:aws:s3:::inbox")))
    assert message.startswith("no resource of the statement")
    assert message.endswith("(`RESOURCE_MISMATCH`, medium)")


@pytest.mark.parametrize(
    "resource",
    [
        bucket_policy(allow(Principal={"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8"})),
    ],
)
def test_silent(resource: Resource) -> None:
    assert violations(POLICY, resource) == undecided(POLICY, resource) == []


def test_unknown() -> None:
    assert undecided(POLICY, role_policy(allow(resource=UNKNOWN))) == ["policy.Statement[0].Resource"]
    assert undecided(POLICY, Resource("aws:iam/policy:Policy", "p", {"policy": UNKNOWN})) == ["policy"]
    assert undecided(POLICY, bucket_policy(allow(Principal={"AWS": UNKNOWN}))) == []
