"""Parliament's reports as a policy: where they appear, and that an unknown is not a pass."""

from __future__ import annotations

from policypack.core.examples import allow, bucket_policy, document, role_policy
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.correctness.linter_report import POLICY
from tests.policies.helpers import outcomes, reported, reported_with, silent, undecided, undecided_at

ACTION, RESOURCE = "policy.Statement[0].Action", "policy.Statement[0].Resource"
TOPIC = Resource("aws:sns/topicPolicy:TopicPolicy", "t", {"policy": document(allow("sns:Publsh", Principal="*"))})
INLINE = Resource("aws:iam/role:Role", "r", {"inlinePolicies": [{"policy": document(allow("s3:GetObjects"))}]})
OWNER = {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8"}

test_every_type_of_document_is_linted = reported(POLICY, ACTION, TOPIC)
test_inline_policies = reported(POLICY, f"inlinePolicies[0].{ACTION}", INLINE)
test_the_message_names_the_issue_and_the_reason = reported_with(
    POLICY,
    (allow("s3:GetObject", "arn:aws:s3:::inbox"), ACTION, "no resource of the statement"),
    (allow("s3:GetObject", "arn:aws:s3:::inbox"), ACTION, "(`RESOURCE_MISMATCH`, medium)"),
    (allow("s3:GetObject", "*"), RESOURCE, "(`RESOURCE_STAR`, low)"),
    of=role_policy,
)
test_silent = silent(POLICY, bucket_policy(allow(Principal=OWNER)), bucket_policy(allow(Principal={"AWS": UNKNOWN})))
test_unknown = undecided_at(POLICY, RESOURCE, role_policy(allow(resource=UNKNOWN)))


def test_an_unknown_document() -> None:
    assert undecided(POLICY, Resource("aws:iam/policy:Policy", "p", {"policy": UNKNOWN})) == ["policy"]


def test_a_key_policy_of_a_guide_holds_describing_to_the_context_too() -> None:
    context = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-west-1:111122223333:log-group:*"}}
    logs = {"Service": "logs.eu-west-1.amazonaws.com"}

    def key(*actions: str) -> Resource:
        statement = allow([*actions], "*", Principal=logs, Condition=context)
        return Resource("aws:kms/key:Key", "k", {"policy": document(statement)})

    assert outcomes(POLICY, key("kms:Decrypt", "kms:DescribeKey")) == []
    assert outcomes(POLICY, key("kms:Encrypt*", "kms:Decrypt*", "kms:GenerateDataKey*", "kms:Describe*")) == []
    assert [o.path for o in outcomes(POLICY, key("kms:Decrypt", "kms:ListAliases"))] != []


def test_the_document_that_a_topic_has_by_default_is_sound() -> None:
    statement = allow(
        ["SNS:GetTopicAttributes", "SNS:Subscribe", "SNS:Publish"],
        "arn:aws:sns:eu-west-1:111122223333:alerts",
        Principal={"AWS": "*"},
        Condition={"StringEquals": {"AWS:SourceOwner": "111122223333"}},
    )
    policy = {**document(statement), "Version": "2008-10-17", "Id": "__default_policy_ID"}
    assert outcomes(POLICY, Resource("aws:sns/topicPolicy:TopicPolicy", "p", {"policy": policy})) == []
