from __future__ import annotations

from dataclasses import replace

from policypack.core.examples import (
    BUCKET_ARN,
    FUNCTION_ARN,
    bucket,
    construct,
    function,
    notification,
    permission,
    target,
)
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.s3.missing_invoke_permission import POLICY
from policypack.resources.tokens import ALIAS
from tests.policies.helpers import messages, outcomes, reported, silent, undecided, undecided_at, violations

ARN = "lambdaFunctions[0].lambdaFunctionArn"
OTHER = function("write", title="write")


test_no_permission_for_this_bucket_and_function = reported(
    POLICY,
    ARN,
    permission(function="write"),
    permission(principal="111122223333"),
    permission(action="lambda:GetFunction"),
    permission(function=f"{FUNCTION_ARN}:live"),
    permission(eventSourceToken="amzn1.ask.skill.1"),
    permission(principalOrgId="o-a1b2c3d4e5"),
    of=lambda other: (bucket(), function(), OTHER, other, notification()),
)
test_silent = silent(
    POLICY,
    permission(action="lambda:*"),
    permission(sourceArn=None),
    permission(sourceArn="arn:aws:s3:::*"),
    permission(principal="*"),
    permission(function(), at="function", function=UNKNOWN),
    permission(bucket(), at="sourceArn", sourceArn=UNKNOWN),
    of=lambda allowing: (bucket(), function(), allowing, notification()),
)
test_a_bucket_of_another_partition = reported(
    POLICY,
    ARN,
    permission(sourceArn="arn:aws-cn:s3:::acme-inbox"),
    permission(sourceArn="arn:aws-us-gov:s3:::acme-*"),
    of=lambda other: (replace(bucket(), outputs={"arn": BUCKET_ARN}), function(), other, notification()),
)
test_a_function_of_another_stack_may_have_its_permission_here = silent(POLICY, (bucket(), permission(), notification()))


def test_an_alias_needs_a_permission_of_its_own() -> None:
    alias = construct(ALIAS, "live", name="live", functionName="read")
    invoking = notification(target(UNKNOWN), after=(alias,), at="lambdaFunctions")
    assert violations(POLICY, bucket(), function(), alias, permission(), invoking) == [ARN]
    assert outcomes(POLICY, bucket(), function(), alias, permission(qualifier="live"), invoking) == []
    by_arn = permission(alias, at="function", function=UNKNOWN)
    assert outcomes(POLICY, bucket(), function(), alias, by_arn, invoking) == []


def test_every_function_that_a_list_depends_on_needs_one() -> None:
    read, write = function(UNKNOWN), function(UNKNOWN, title="write")
    both = notification(
        target(UNKNOWN, prefix="a"), target(UNKNOWN, prefix="b"), after=(read, write), at="lambdaFunctions"
    )
    allowed = [
        permission(function, at="function", function=UNKNOWN, title=function.name, sourceArn=BUCKET_ARN)
        for function in (read, write)
    ]
    assert outcomes(POLICY, bucket(), read, write, *allowed, both) == []
    assert violations(POLICY, bucket(), read, write, allowed[0], both) == ["lambdaFunctions"]
    assert "`write`" in messages(POLICY, bucket(), read, write, allowed[0], both)[0]
    listener = notification(target(UNKNOWN), after=(read, write), at="lambdaFunctions")
    assert undecided(POLICY, bucket(), read, write, allowed[0], listener) == [ARN]


test_what_may_be_the_permission_is_undecided = undecided_at(
    POLICY,
    ARN,
    {
        "principal": (bucket(), function(), permission(principal=UNKNOWN), notification()),
        "source": (bucket(), function(), permission(sourceArn=UNKNOWN), notification()),
        "token": (bucket(), function(), permission(eventSourceToken=UNKNOWN), notification()),
        "function": (bucket(), function(), permission(function=UNKNOWN), notification()),
        "qualifier": (bucket(), function(), permission(qualifier=UNKNOWN), notification()),
        "target": (bucket(), function(), permission(), notification(target(UNKNOWN))),
        "another stack's function": (bucket(), permission(function="write"), notification()),
        "made-up name": (
            bucket(),
            function(None),
            permission(function="read-1a2b3c4"),
            notification(target(UNKNOWN), after=(function(None),), at="lambdaFunctions"),
        ),
        "bucket": (
            bucket(None),
            function(),
            permission(sourceArn="arn:aws:s3:::inbox-1a2b3c4"),
            notification(bucket=UNKNOWN),
        ),
    },
)


def test_a_function_that_is_only_read_may_have_its_permission_elsewhere() -> None:
    read = Resource("aws:lambda/function:Function", "read", {"name": "read"}, external=True)
    assert outcomes(POLICY, bucket(), read, notification()) == []
    assert undecided(POLICY, bucket(), read, permission(sourceArn="arn:aws:s3:::other"), notification()) == [ARN]
    assert outcomes(POLICY, bucket(), read, permission(), notification()) == []


def test_a_function_outside_the_stack_is_undecided_beside_a_permission_for_such_a_function_only() -> None:
    assert outcomes(POLICY, bucket(), notification()) == []
    write = Resource("aws:lambda/function:Function", "write", {"name": "write"})
    assert outcomes(POLICY, bucket(), write, permission(function="write"), notification()) == []
    assert undecided(POLICY, bucket(), permission(sourceArn="arn:aws:s3:::other"), notification()) == [ARN]


def test_a_list_that_is_unknown_is_undecided() -> None:
    assert undecided(POLICY, bucket(), function(), notification(lambdaFunctions=UNKNOWN)) == ["lambdaFunctions"]


def test_a_permission_for_the_bucket_of_another_account_is_none() -> None:
    resources = [bucket(), function(), permission(sourceAccount="444455556666"), notification()]
    assert messages(POLICY, *resources, account_id="222233334444") != []
    assert outcomes(POLICY, *resources, account_id="444455556666") == []
    assert messages(POLICY, *resources, account_id="111122223333") != []
    of_examples = [bucket(), function(), permission(), notification()]
    assert messages(POLICY, *of_examples, account_id="444455556666") != []
    assert outcomes(POLICY, *of_examples, account_id="111122223333") == []
    assert outcomes(POLICY, *resources) == []
