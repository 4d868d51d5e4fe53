"""Short words for the tests of policies: resources as a person writes them, and what a policy says of them."""

from __future__ import annotations

from typing import Any

from policypack.evaluate import judge, judge_stack
from policypack.policy import Kind, Outcome, Policy, Resource, Stack
from policypack.settings import Settings


def outcomes(policy: Policy[Any], *resources: Resource, **settings: Any) -> list[Outcome]:
    """What a policy says of one resource, or of a little stack; a policy that crashes fails the test."""
    chosen = Settings(**settings)
    if policy.over_stack:
        found = judge_stack(policy, Stack(resources, chosen))
    else:
        found = [each for resource in resources for each in judge(policy, resource, chosen)]
    assert [each.message for each in found if each.kind is Kind.ERROR] == []
    return found


def violations(policy: Policy[Any], *resources: Resource, **settings: Any) -> list[str]:
    """The paths of the violations, in the order of the report."""
    return [each.path for each in outcomes(policy, *resources, **settings) if each.kind is Kind.VIOLATION]


def messages(policy: Policy[Any], *resources: Resource, **settings: Any) -> list[str]:
    """The messages of the violations."""
    return [each.message for each in outcomes(policy, *resources, **settings) if each.kind is Kind.VIOLATION]


def undecided(policy: Policy[Any], *resources: Resource, **settings: Any) -> list[str]:
    """The paths at which the policy is undecided."""
    return [each.path for each in outcomes(policy, *resources, **settings) if each.kind is Kind.UNDECIDED]


def allow(action: Any = "s3:GetObject", resource: Any = "arn:aws:s3:::inbox/*", **elements: Any) -> dict[str, Any]:
    """An Allow statement; `elements` are more of its elements, such as `Condition`, and None leaves one out."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **elements}
    return {name: value for name, value in statement.items() if value is not None}


def deny(action: Any, resource: Any, **elements: Any) -> dict[str, Any]:
    """A Deny statement."""
    return allow(action, resource, **{"Effect": "Deny", **elements})


def document(*statements: Any) -> dict[str, Any]:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def role_policy(*statements: Any) -> Resource:
    """An inline policy of a role, the plainest identity-based document."""
    return Resource("aws:iam/rolePolicy:RolePolicy", "reader", {"role": "reader", "policy": document(*statements)})


def bucket_policy(*statements: Any) -> Resource:
    """A bucket's resource-based document."""
    return Resource("aws:s3/bucketPolicy:BucketPolicy", "inbox", {"bucket": "inbox", "policy": document(*statements)})


def role(*statements: Any) -> Resource:
    """A role with this trust policy."""
    return Resource("aws:iam/role:Role", "reader", {"assumeRolePolicy": document(*statements)})
