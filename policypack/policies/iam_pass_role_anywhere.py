"""Whoever may pass any role to any service can become any role of the account.

They start a function or an instance with the administrator's role and let it do what they may not. `iam:PassRole` is
safe when it names the roles, or at least the one service that they may be handed to.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.aws.actions import concerns, expand
from policypack.aws.condition_keys import narrows
from policypack.aws.document import Condition, Statement
from policypack.aws.globs import covers
from policypack.aws.reading import IDENTITY, statements
from policypack.policy import Policy, Resource, Severity, Undecided, Violation

ACTION = "iam:PassRole"


def check(statement: Statement) -> Iterator[Violation | Undecided]:
    if not statement.allows or not concerns(statement, ACTION) or any(map(_names_service, statement.conditions)):
        return
    element = "Resource" if statement.not_resources is None else "NotResource"
    (action,) = expand(ACTION)
    anywhere = any(each.covered_by(resource) for each in action.formats for resource in statement.resources or ())
    if not anywhere and statement.not_resources is None:
        if "Resource" in statement.unknown:
            yield Undecided("Resource")
    elif "Condition" in statement.unknown:
        yield Undecided("Condition")
    else:
        weak = any(each.name == "iam:passedtoservice" for each in statement.conditions)
        limit = "and its `iam:PassedToService` names no service for sure" if weak else "without `iam:PassedToService`"
        yield Violation(element, f"allows `{ACTION}` for every role, {limit}")


def _names_service(condition: Condition) -> bool:
    """Whether the role can be handed to some services only."""
    if condition.name != "iam:passedtoservice" or not narrows(condition):
        return False
    return condition.operator != "StringLike" or not any(covers(each, "?*.amazonaws.com") for each in condition.values)


POLICY = Policy(
    id="iam-pass-role-anywhere",
    title="Policy document allows passing every role to every service",
    why=__doc__,
    severity=Severity.HIGH,
    fix="Name the roles that may be passed, and the service in a condition on `iam:PassedToService`.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html",
    ],
    bad=Resource(
        "aws:iam/rolePolicy:RolePolicy",
        "reader",
        {
            "role": "reader",
            "policy": {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}],
            },
        },
    ),
    good=Resource(
        "aws:iam/rolePolicy:RolePolicy",
        "reader",
        {
            "role": "reader",
            "policy": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "iam:PassRole",
                        "Resource": "arn:aws:iam::111122223333:role/worker",
                        "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
                    },
                ],
            },
        },
    ),
    reads=statements("Action", "NotAction", kinds=IDENTITY),
    check=check,
)
