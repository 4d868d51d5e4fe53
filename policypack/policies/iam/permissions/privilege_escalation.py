"""Some actions give access to other identities' permissions, although none of them looks like it.

An identity that may write a new version of any policy, or pass any role to a function and run it, becomes an
administrator in two calls. All documents of a role, user or group are judged together, including its Deny statements
and its permissions boundary.
"""

from __future__ import annotations

from policypack.access.escalation.paths import BISHOP_FOX, BOUNDARIES, PASSING_ROLES, PMAPPER, RHINO, RHINO_2
from policypack.access.escalation.report import documents_with_ways, judge_ways
from policypack.core.examples import (
    allow,
    construct,
    deny,
    document,
    example,
    granted,
    lambda_role,
    reported_at,
    role_policy,
)
from policypack.core.policy import Policy, Severity
from policypack.core.tags import Tag

TO_LAMBDA = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
PASSING = allow("iam:PassRole", "arn:aws:iam::111122223333:role/*", Condition=TO_LAMBDA)
RUNNING = allow(
    ["lambda:CreateFunction", "lambda:InvokeFunction"], "arn:aws:lambda:eu-west-1:111122223333:function:app-*"
)


POLICY = Policy(
    id="iam-privilege-escalation",
    title="Identity can give itself the permissions of others",
    why=__doc__,
    severity=Severity.CRITICAL,
    tags=[Tag.IAM, Tag.PRIVILEGE_ESCALATION],
    fix="Name the roles, users, policies or functions that the workload manages, or deny the action on all others.",
    references=[RHINO, RHINO_2, BISHOP_FOX, PMAPPER, PASSING_ROLES, BOUNDARIES],
    bad=reported_at(
        "policy.Statement[0]",
        example(role_policy(PASSING, RUNNING)),
        example(
            granted("iam:CreatePolicyVersion", "arn:aws:iam::111122223333:policy/*"), note="a new version of any policy"
        ),
        example(granted(["iam:Pass*", "lambda:*"], "*"), note="the same by wildcards"),
        example(
            lambda_role("worker"),
            construct("aws:iam/rolePolicy:RolePolicy", "passing", role="worker", policy=document(PASSING)),
            construct("aws:iam/rolePolicy:RolePolicy", "running", role="worker", policy=document(RUNNING)),
            note="two documents of one role",
        ),
    ),
    good=[
        example(
            role_policy(
                allow("iam:PassRole", "arn:aws:iam::111122223333:role/app-worker", Condition=TO_LAMBDA), RUNNING
            )
        ),
        example(role_policy(PASSING), note="half of the path"),
        example(role_policy(PASSING, RUNNING, deny("iam:PassRole", "*")), note="a denial of one of the actions"),
        example(
            granted("iam:CreatePolicyVersion", "arn:aws:iam::111122223333:policy/app-*"),
            note="versions of the application's own policies",
        ),
    ],
    subsumes=[
        "iam-wildcard-resource",
        "iam-pass-role-anywhere",
        "iam-broad-managed-policy",
        "lambda-unused-permission",
    ],
    reads=documents_with_ways,
    check=judge_ways,
)
