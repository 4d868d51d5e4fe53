from __future__ import annotations

import pytest

from policypack.policies.lambda_unused_permission import POLICY
from policypack.policy import UNKNOWN, Resource
from tests.policies.helpers import allow, document, messages, outcomes, undecided, violations
from tests.policies.test_lambda_missing_permission import PUT, stack

IN = "policy.Statement[1]"


@pytest.mark.parametrize(
    ("resources", "path", "message"),
    [
        (
            stack(allow(["s3:PutObject", "s3:DeleteObject"], "arn:aws:s3:::acme/out/*")),
            f"{IN}.Action",
            "allows `s3:DeleteObject`, which is never called",
        ),
        (
            stack(allow("s3:PutObject", ["arn:aws:s3:::acme/out/*", "arn:aws:s3:::spare/*"])),
            f"{IN}.Resource",
            "names `arn:aws:s3:::spare/*`, on which `s3:PutObject` is never called",
        ),
        (
            stack(allow("s3:PutObject", "arn:aws:s3:::acme/*")),
            f"{IN}.Resource",
            "allows `s3:PutObject` on more of `arn:aws:s3:::acme/*` than it is called on",
        ),
        (
            stack(allow("s3:Put*", "arn:aws:s3:::acme/out/*")),
            f"{IN}.Action",
            "actions by `s3:Put*`, of which `s3:PutObject` is called",
        ),
        (stack(allow(None, "*", NotAction="iam:*")), f"{IN}.NotAction", "allows more than is called"),
        (
            stack(PUT, allow("xray:PutTraceSegments", "*")),
            "policy.Statement[2].Action",
            "allows `xray:PutTraceSegments`",
        ),
    ],
)
def test_what_is_over(resources: list[Resource], path: str, message: str) -> None:
    assert violations(POLICY, *resources) == [path]
    assert message in messages(POLICY, *resources)[0]


@pytest.mark.parametrize(
    "resources",
    [
        stack(PUT, allow("s3:*", "*", Effect="Deny", Condition={"Bool": {"aws:SecureTransport": "false"}})),
        stack(allow("s3:*", "*"), runtime="nodejs22.x"),
    ],
)
def test_silent(resources: list[Resource]) -> None:
    assert outcomes(POLICY, *resources) == []


def test_a_call_that_cannot_be_resolved_makes_it_undecided_and_names_the_line() -> None:
    text = """
        import boto3
        def handler(event, context):
            boto3.client(event["service"]).run()
    """
    spare = stack(allow("s3:GetObject", "arn:aws:s3:::acme/*"), text=text)
    assert violations(POLICY, *spare) == []
    (outcome,) = outcomes(POLICY, *spare)
    assert undecided(POLICY, *spare) == [f"{IN}.Action"]
    assert "`app.py:4` makes a client of a service whose name is not a constant" in outcome.message


def test_an_unknown_resource_is_undecided() -> None:
    assert undecided(POLICY, *stack(allow("s3:PutObject", UNKNOWN))) == [f"{IN}.Resource"]


def test_a_managed_policy_that_is_not_read_is_undecided() -> None:
    attached = Resource(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "all",
        {"role": "read", "policyArn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"},
    )
    assert undecided(POLICY, *stack(PUT), attached) == [""]
    assert "`AmazonS3FullAccess`" in outcomes(POLICY, *stack(PUT), attached)[0].message


READ = """
    import boto3
    def handler(event, context):
        boto3.client("s3").get_object(Bucket="acme", Key="out/a")
"""


def test_a_role_that_two_functions_share_is_held_to_what_both_need() -> None:
    both = allow(["s3:PutObject", "s3:GetObject", "s3:DeleteObject"], "arn:aws:s3:::acme/out/*")
    role, policy, function = stack(both)
    other = stack(text=READ)[2]
    logging = {**other.inputs, "loggingConfig": {"logGroup": "/aws/lambda/read"}}
    second = Resource(other.type, "second", {**logging, "name": "second"})
    found = messages(POLICY, role, policy, function, second)
    assert set(found) == {
        "allows `s3:DeleteObject`, which is never called",
        "allows `s3:GetObject` on more of `arn:aws:s3:::acme/out/*` than it is called on, for example on `arn:aws:s3:::acme/out/example`",
    }
    foreign = Resource(other.type, "second", {**second.inputs, "runtime": "nodejs22.x"})
    assert violations(POLICY, role, policy, function, foreign) == []
    assert (
        "`second`, which has the same role or managed policy"
        in outcomes(POLICY, role, policy, function, foreign)[0].message
    )


def test_a_role_that_another_service_assumes_may_need_more() -> None:
    role, policy, function = stack(allow(["s3:PutObject", "s3:GetObject"], "arn:aws:s3:::acme/out/*"))
    trust = document({"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"})
    shared = Resource(role.type, role.name, {**role.inputs, "assumeRolePolicy": trust})
    assert violations(POLICY, shared, policy, function) == []
    assert (
        "`states.amazonaws.com`, which may assume the role too" in outcomes(POLICY, shared, policy, function)[0].message
    )


def test_a_managed_policy_of_two_roles_is_held_to_what_both_need() -> None:
    arn = "arn:aws:iam::111122223333:policy/both"
    both = document(allow(["s3:PutObject", "s3:GetObject"], "arn:aws:s3:::acme/out/*"))
    policy = Resource("aws:iam/policy:Policy", "both", {"name": "both", "policy": both}, outputs={"arn": arn})
    held = []
    for name, resources in (("read", stack()), ("second", stack(text=READ.replace('"out/a"', '"out/" + event["a"]')))):
        role_arn = f"arn:aws:iam::111122223333:role/{name}"
        held += [
            Resource("aws:iam/role:Role", name, {"name": name}),
            Resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", name, {"role": name, "policyArn": arn}),
            Resource(resources[2].type, name, {**resources[2].inputs, "name": name, "role": role_arn}),
        ]
    assert outcomes(POLICY, policy, *held) == []
    assert "allows `s3:GetObject`, which is never called" in messages(POLICY, policy, *held[:3])
