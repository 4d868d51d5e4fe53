"""Some actions are a way to other identities' permissions, though none of them looks like it.

Whoever may write a new version of any policy, or pass any role to a function and run it, is an administrator in two
calls. The documents of one role, user or group are judged together, with what Deny statements and a permissions
boundary take away.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.access.escalation.paths import BISHOP_FOX, BOUNDARIES, PASSING_ROLES, PMAPPER, RHINO, RHINO_2
from policypack.access.escalation.report import HeldDocument, held, judgements
from policypack.policy import Policy, Resource, Severity, Undecided, Violation


def check(one: HeldDocument) -> Iterator[Violation | Undecided]:
    yield from judgements(one)


def _deployer(resource: str) -> Resource:
    return Resource(
        "aws:iam/rolePolicy:RolePolicy",
        "deployer",
        {
            "role": "deployer",
            "policy": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "iam:PassRole",
                        "Resource": resource,
                        "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
                    },
                    {
                        "Effect": "Allow",
                        "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"],
                        "Resource": "arn:aws:lambda:eu-west-1:111122223333:function:app-*",
                    },
                ],
            },
        },
    )


POLICY = Policy(
    id="iam-privilege-escalation",
    title="Identity can give itself the permissions of others",
    why=__doc__,
    severity=Severity.CRITICAL,
    fix="Name the roles, users, policies or functions that the workload manages, or deny the step for all others.",
    references=[RHINO, RHINO_2, BISHOP_FOX, PMAPPER, PASSING_ROLES, BOUNDARIES],
    bad=_deployer("arn:aws:iam::111122223333:role/*"),
    good=_deployer("arn:aws:iam::111122223333:role/app-worker"),
    reads=held,
    check=check,
)
