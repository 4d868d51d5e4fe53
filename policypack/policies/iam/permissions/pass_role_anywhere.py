"""An identity that may pass any role to any service can act as any role in the account.

It starts a function or an instance with the administrator's role, and that does what the identity itself may not do.
`iam:PassRole` is safe if it names the roles, or at least the one service that they may be passed to.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.examples import deny, example, granted, reported_at, role_policy
from policypack.core.policy import Policy, Resource, Severity, Undecided, Violation
from policypack.core.tags import Tag
from policypack.iam.actions import concerns, expand
from policypack.iam.condition_keys import narrows
from policypack.iam.document import Condition, Statement
from policypack.iam.document_readers import IDENTITY, statements
from policypack.iam.globs import covers

ACTION = "iam:PassRole"


def check(statement: Statement) -> Iterator[Violation | Undecided]:
    if not statement.allows or not concerns(statement, ACTION) or any(map(_names_service, statement.conditions)):
        return
    element = "Resource" if statement.not_resources is None else "NotResource"
    (action,) = expand(ACTION)
    anywhere = any(shape.covered_by(resource) for shape in action.formats for resource in statement.resources or ())
    if not anywhere and statement.not_resources is None:
        if "Resource" in statement.unknown:
            yield Undecided("Resource")
    elif "Condition" in statement.unknown:
        yield Undecided("Condition")
    else:
        weak = any(condition.name == "iam:passedtoservice" for condition in statement.conditions)
        limit = "and its `iam:PassedToService` names no service for sure" if weak else "without `iam:PassedToService`"
        yield Violation(element, f"allows `{ACTION}` for every role, {limit}")


def _names_service(condition: Condition) -> bool:
    """Whether the role can be handed to some services only."""
    if condition.name != "iam:passedtoservice" or not narrows(condition):
        return False
    return condition.operator != "StringLike" or not any(
        covers(service, "?*.amazonaws.com") for service in condition.values
    )


WORKER = "arn:aws:iam::111122223333:role/worker"


def _passing(operator: str, service: str) -> Resource:
    return granted("iam:PassRole", "*", Condition={operator: {"iam:PassedToService": service}})


POLICY = Policy(
    id="iam-pass-role-anywhere",
    title="Policy document allows passing every role to every service",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.IAM, Tag.PRIVILEGE_ESCALATION, Tag.LEAST_PRIVILEGE],
    fix="Name the roles that may be passed, and the service in a condition on `iam:PassedToService`.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html",
    ],
    bad=reported_at(
        "policy.Statement[0].Resource",
        example(granted("iam:PassRole", "*")),
        example(granted("IAM:Pass*", "arn:aws:iam::*:role/*"), note="the same in other spellings"),
        example(_passing("StringLike", "*.amazonaws.com"), note="a condition that names every service"),
        example(_passing("StringEqualsIfExists", "ec2.amazonaws.com"), note="an `IfExists` condition"),
        example(
            granted("iam:PassRole", None, NotResource=WORKER),
            path="policy.Statement[0].NotResource",
            note="every role but one",
        ),
    ),
    good=[
        example(
            granted("iam:PassRole", WORKER, Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}})
        ),
        example(granted("iam:PassRole", WORKER), note="one role to any service"),
        example(_passing("StringEquals", "lambda.amazonaws.com"), note="any role to one service"),
        example(role_policy(deny("iam:PassRole", "*")), note="a denial"),
    ],
    requires=["iam-malformed-document"],
    reads=statements("Action", "NotAction", kinds=IDENTITY),
    check=check,
)
