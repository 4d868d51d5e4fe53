"""A policy that stays while what it protects enters the stack, or leaves it, lets nobody in who was not before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policypack.access.solver.verdict import Verdict
from policypack.core.examples import allow, document
from policypack.core.policy import Resource
from tests.access.stacks import gains, resource

PARTNER = {"AWS": "arn:aws:iam::444455556666:root"}
HOME = "eu-west-1:111122223333"


def _shown(token: str, name: str, arn: str, /, **inputs: Any) -> Resource:
    created = resource(token, f"the {name}", **inputs)
    return replace(created, id=name, outputs={**inputs, "arn": arn, "id": name})


def _policy(token: str, action: str, on: str, document_name: str = "policy", **inputs: Any) -> Resource:
    text = document(allow(Principal=PARTNER, Action=action, Resource=on))
    return resource(token, "its policy", **inputs, **{document_name: text})


QUEUE, TOPIC = f"arn:aws:sqs:{HOME}:jobs", f"arn:aws:sns:{HOME}:news"
URL = "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs"
SECRET, SECRETS = f"arn:aws:secretsmanager:{HOME}:secret:db-AbCdEf", "aws:secretsmanager/secretPolicy:SecretPolicy"
KEY_ID = "11111111-2222-3333-4444-555555555555"
TARGETS: dict[str, tuple[Resource, Resource]] = {
    "bucket": (
        _shown("aws:s3/bucket:Bucket", "data", "arn:aws:s3:::data", bucket="data"),
        _policy("aws:s3/bucketPolicy:BucketPolicy", "s3:GetObject", "arn:aws:s3:::data/*", bucket="data"),
    ),
    "queue": (
        replace(_shown("aws:sqs/queue:Queue", "jobs", QUEUE, name="jobs"), id=URL),
        _policy("aws:sqs/queuePolicy:QueuePolicy", "sqs:SendMessage", QUEUE, queueUrl=URL),
    ),
    "topic": (
        replace(_shown("aws:sns/topic:Topic", "news", TOPIC, name="news"), id=TOPIC),
        _policy("aws:sns/topicPolicy:TopicPolicy", "sns:Publish", TOPIC, arn=TOPIC),
    ),
    "function": (
        _shown("aws:lambda/function:Function", "shop", f"arn:aws:lambda:{HOME}:function:shop", name="shop"),
        resource(
            "aws:lambda/permission:Permission",
            function="shop",
            action="lambda:InvokeFunction",
            principal="444455556666",
        ),
    ),
    "key": (
        _shown("aws:kms/key:Key", KEY_ID, f"arn:aws:kms:{HOME}:key/{KEY_ID}", description="k"),
        _policy("aws:kms/keyPolicy:KeyPolicy", "kms:Decrypt", "*", keyId=KEY_ID),
    ),
    "secret": (
        replace(_shown("aws:secretsmanager/secret:Secret", "db", SECRET, name="db"), id=SECRET),
        _policy(SECRETS, "secretsmanager:GetSecretValue", "*", secretArn=SECRET),
    ),
    "endpoint service": (
        replace(resource("aws:ec2/vpcEndpointService:VpcEndpointService", networkLoadBalancerArns=["nlb"]), id="svc"),
        resource(
            "aws:ec2/vpcEndpointServiceAllowedPrinciple:VpcEndpointServiceAllowedPrinciple",
            vpcEndpointServiceId="svc",
            principalArn=PARTNER["AWS"],
        ),
    ),
}


@pytest.mark.parametrize("pair", TARGETS.values(), ids=TARGETS)
def test_a_target_enters_and_leaves_without_new_access(pair: tuple[Resource, Resource]) -> None:
    target, policy = pair
    assert gains((target, policy), (policy,)) == []
    assert gains((policy,), (target, policy)) == []


@pytest.mark.parametrize("pair", TARGETS.values(), ids=TARGETS)
def test_a_policy_that_comes_with_its_target_is_new_access(pair: tuple[Resource, Resource]) -> None:
    assert {gain.answer.verdict for gain in gains(pair, ())} == {Verdict.NEW_ACCESS}


def test_what_the_policy_newly_allows_meanwhile_is_reported() -> None:
    bucket, policy = TARGETS["bucket"]
    wider = _policy("aws:s3/bucketPolicy:BucketPolicy", "s3:*", "arn:aws:s3:::data/*", bucket="data")
    (gain,) = gains((bucket, wider), (policy,))
    assert gain.answer.verdict is Verdict.NEW_ACCESS
    (gain,) = gains((wider,), (bucket, policy))
    assert gain.answer.verdict is Verdict.NEW_ACCESS


def test_a_queue_of_this_name_in_another_region_is_another_one() -> None:
    queue, policy = TARGETS["queue"]
    there = QUEUE.replace("eu-west-1", "us-east-1")
    other = _policy("aws:sqs/queuePolicy:QueuePolicy", "sqs:SendMessage", there, queueUrl=URL.replace("eu-", "us-"))
    assert [gain.answer.verdict for gain in gains((queue, policy), (other,))] == [Verdict.NEW_ACCESS]


def test_a_managed_policy_that_leaves_stays_attached() -> None:
    arn = "arn:aws:iam::111122223333:policy/read"
    text = document(allow(Action="s3:GetObject", Resource="*"))
    managed = replace(_shown("aws:iam/policy:Policy", "read", arn, name="read", policy=text), id=arn)
    trust = document(allow(Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole"))
    role = resource("aws:iam/role:Role", "worker", name="worker", assumeRolePolicy=trust)
    attached = resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", role="worker", policyArn=arn)
    assert gains((role, attached), (role, attached, managed)) == []
    assert [gain.answer.verdict for gain in gains((role, attached), (role, managed))] == [Verdict.UNDECIDED]


FUNCTION = replace(TARGETS["function"][0], outputs={"name": "shop", "arn": f"arn:aws:lambda:{HOME}:function:shop"})


def _permission(function: str, **more: str) -> Resource:
    return resource(
        "aws:lambda/permission:Permission",
        function=function,
        action="lambda:InvokeFunction",
        principal="444455556666",
        **more,
    )


FORMS = {
    "its ARN": (_permission(f"arn:aws:lambda:{HOME}:function:shop"), _permission("shop")),
    "a partial ARN": (_permission("111122223333:function:shop"), _permission("shop")),
    "the ARN of its alias": (
        _permission(f"arn:aws:lambda:{HOME}:function:shop:live"),
        _permission("shop", qualifier="live"),
    ),
}


@pytest.mark.parametrize(("one", "other"), FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("shown", [(), (FUNCTION,)])
def test_a_permission_may_name_its_function_in_another_form(
    one: Resource, other: Resource, shown: tuple[Resource, ...]
) -> None:
    for before, after in ((one, other), (other, one)):
        assert gains((*shown, after), (before,)) == []
        assert gains((after,), (*shown, before)) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("arn:aws:lambda:us-east-1:111122223333:function:shop", "shop"),
        ("arn:aws:lambda:eu-west-1:999988887777:function:shop", "shop"),
        ("arn:aws:lambda:eu-west-1:111122223333:function:shop:live", "shop"),
        ("shop:live", "arn:aws:lambda:eu-west-1:111122223333:function:shop"),
        ("store", "arn:aws:lambda:eu-west-1:111122223333:function:shop"),
    ],
)
def test_a_permission_for_another_function_or_more_of_it_is_new_access(before: str, after: str) -> None:
    found = gains((FUNCTION, _permission(after)), (_permission(before),))
    assert {gain.answer.verdict for gain in found} == {Verdict.NEW_ACCESS}
