"""Short words for the tests of policies: resources as a person writes them, and what a policy says of them."""

from __future__ import annotations

from typing import Any

from policypack.core.examples import allow, bucket_policy, deny, document, role, role_policy
from policypack.core.policy import Kind, Outcome, Policy, Resource, Stack
from policypack.evaluation.evaluate import judge
from policypack.evaluation.settings import Settings

__all__ = [
    "allow",
    "bucket_policy",
    "deny",
    "document",
    "messages",
    "outcomes",
    "role",
    "role_policy",
    "undecided",
    "violations",
]


def outcomes(policy: Policy[Any], *resources: Resource, **settings: Any) -> list[Outcome]:
    """What a policy says of one resource, or of a little stack; a policy that crashes fails the test."""
    chosen = Settings(**settings)
    subjects = [Stack(resources, chosen)] if policy.over_stack else resources
    found = [each for subject in subjects for each in judge(policy, subject, chosen)]
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
