"""A managed policy that only limits others as a permissions boundary grants nothing; attached, it grants what it allows."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow, construct, deny, document
from policypack.core.policy import UNKNOWN, Resource, Stack
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.settings import Settings
from policypack.policies import POLICIES
from policypack.resources.attachments import ATTACHMENT, EXCLUSIVE, ROLE_ATTACHMENT, ROLE_POLICY, only_boundaries
from policypack.resources.tokens import GROUP, MANAGED_POLICY, ROLE, USER
from tests.resources.test_references import resource

ARN = "arn:aws:iam::111122223333:policy/limit"
OTHER_ARN = "arn:aws:iam::111122223333:policy/other"
WIDE = document(
    allow(["s3:*", "sqs:*"], "*"),
    allow(["iam:PassRole", "lambda:*"], "*"),
    allow(None, None, NotAction="iam:*", NotResource="arn:aws:s3:::payroll/*"),
    deny("iam:*", ARN),
)
LIMIT = construct(MANAGED_POLICY, "limit", name="limit", policy=WIDE)
UNNAMED = construct(MANAGED_POLICY, "limit", policy=WIDE)
PREFIXED = construct(MANAGED_POLICY, "limit", namePrefix="limit-", policy=WIDE)
LIMITED = resource(ROLE, "app", name="app", permissionsBoundary=ARN)
TRACED = resource(ROLE, "app", UNNAMED, at="permissionsBoundary", name="app", permissionsBoundary=UNKNOWN)
OTHER = construct(MANAGED_POLICY, "other", name="other", policy=document(allow()))
REQUIRED = allow(
    "iam:CreateRole",
    "arn:aws:iam::111122223333:role/app-*",
    Condition={"StringEquals": {"iam:PermissionsBoundary": ARN}},
)


def limits(*resources: Resource) -> bool:
    return bool(only_boundaries(Stack(resources, Settings())))


@pytest.mark.parametrize(
    "resources",
    [
        (LIMIT, LIMITED),
        (LIMITED, LIMIT),
        (UNNAMED, TRACED),
        (LIMIT, resource(USER, name="app", permissionsBoundary=ARN)),
        (LIMIT, LIMITED, OTHER, resource(ROLE_ATTACHMENT, role="app", policyArn=OTHER_ARN)),
        (LIMIT, LIMITED, resource(ROLE_ATTACHMENT, role="app", policyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")),
        (UNNAMED, TRACED, OTHER, resource(ROLE_ATTACHMENT, "a", OTHER, at="policyArn", role="app", policyArn=UNKNOWN)),
        (LIMIT, resource(ROLE_POLICY, role="app", policy=document(REQUIRED))),
        (LIMIT, LIMITED, resource(ROLE_POLICY, role="app", policy=document(deny("iam:*", ARN)))),
        (LIMIT, LIMITED, resource("aws:lambda/function:Function", environment={"variables": {"POLICY_ARN": ARN}})),
        (LIMIT, LIMITED, resource("aws:cloudfront/distribution:Distribution", cachePolicyId=UNKNOWN)),
        (LIMIT, resource("aws-native:iam:Role", permissionsBoundary=ARN)),
        (
            LIMIT,
            resource(
                "aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment",
                permissionsBoundary={"customerManagedPolicyReference": {"name": "limit"}},
            ),
        ),
    ],
)
def test_a_boundary_that_nothing_attaches_only_limits(resources: tuple[Resource, ...]) -> None:
    assert limits(*resources)


@pytest.mark.parametrize(
    "resources",
    [
        (LIMIT,),
        (LIMIT, resource(ROLE, "app", name="app")),
        (LIMIT, resource(ROLE, name="app", permissionsBoundary=OTHER_ARN)),
        (LIMIT, resource(ROLE, name="app", permissionsBoundary=UNKNOWN)),
        (LIMIT, LIMITED, resource(ROLE_ATTACHMENT, role="app", policyArn=ARN)),
        (LIMIT, resource(ROLE, name="app", permissionsBoundary=ARN, managedPolicyArns=[ARN])),
        (LIMIT, resource(ROLE, name="app", permissionsBoundary=ARN, managedPolicyArns=[OTHER_ARN, UNKNOWN])),
        (LIMIT, LIMITED, resource(ROLE_ATTACHMENT, role="elsewhere", policyArn=ARN)),
        (LIMIT, LIMITED, resource(ROLE_ATTACHMENT, role="app", policyArn=UNKNOWN)),
        (LIMIT, LIMITED, resource(EXCLUSIVE, roleName="app", policyArns=[ARN])),
        (LIMIT, LIMITED, resource(ATTACHMENT, groups=["app"], policyArn=ARN)),
        (
            LIMIT,
            LIMITED,
            resource(GROUP, name="app"),
            resource("aws:iam/groupPolicyAttachment:GroupPolicyAttachment", group="app", policyArn=ARN),
        ),
        (UNNAMED, TRACED, resource(ROLE_ATTACHMENT, "a", UNNAMED, at="policyArn", role="app", policyArn=UNKNOWN)),
        (
            PREFIXED,
            resource(ROLE, "app", PREFIXED, at="permissionsBoundary", permissionsBoundary=UNKNOWN),
            resource(ROLE_ATTACHMENT, role="app", policyArn=f"{ARN}-20260101"),
        ),
        (LIMIT, LIMITED, resource("aws-native:iam:Role", managedPolicyArns=[ARN])),
        (
            LIMIT,
            LIMITED,
            resource(
                "aws:ssoadmin/customerManagedPolicyAttachment:CustomerManagedPolicyAttachment",
                customerManagedPolicyReference={"name": "limit"},
            ),
        ),
        (construct(MANAGED_POLICY, "limit", name="limit", policy=document(REQUIRED)),),
    ],
)
def test_any_other_policy_grants(resources: tuple[Resource, ...]) -> None:
    assert not limits(*resources)


def outcomes(*resources: Resource) -> set[str]:
    about = (
        outcome for outcome in evaluate(POLICIES, Stack(resources, Settings())) if outcome.resource.urn == LIMIT.urn
    )
    return {outcome.policy.id for outcome in about}


def test_a_boundary_has_no_report_about_what_it_allows() -> None:
    assert outcomes(LIMIT, LIMITED) == set()
    attached: Any = resource(ROLE_ATTACHMENT, role="app", policyArn=ARN)
    assert outcomes(LIMIT, LIMITED, attached) >= {"iam-wildcard-action", "iam-wildcard-resource", "iam-unscoped-list"}


def test_a_boundary_is_still_a_document() -> None:
    misspelt = construct(MANAGED_POLICY, "limit", name="limit", policy=document(allow("s3:GetObjekt", "*")))
    assert outcomes(misspelt, LIMITED) == {"iam-unknown-action"}
    broken = construct(MANAGED_POLICY, "limit", name="limit", policy="{")
    assert outcomes(broken, LIMITED) == {"iam-malformed-document"}
