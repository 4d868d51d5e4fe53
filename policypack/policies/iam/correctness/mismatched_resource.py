"""An action on a resource of another type is granted to nobody, and denied to nobody.

`s3:GetObject` on a bucket's ARN without `/*` allows no download, and a Deny statement written that way stops none. The
statement looks right in a review and has no effect, so the protection that it seems to give is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from policypack.access.solver.corrections import BY_CORRECTIONS
from policypack.core.examples import deny, example, granted, role_policy
from policypack.core.policy import Policy, Severity, Undecided, Violation
from policypack.core.tags import Tag
from policypack.iam.actions import Action, alike_in_resources, every_action, expand, widen
from policypack.iam.arn import Arn
from policypack.iam.document import Statement
from policypack.iam.document_readers import statements
from policypack.iam.globs import everything
from policypack.iam.guide_data import LISTED_BESIDE_OTHERS, LISTED_ON_ITSELF

UNLISTED = "apigateway"
"""A service whose resources are paths such as `/apis`; the reference lists only some of them."""


def check(statement: Statement) -> Iterator[Violation | Undecided]:
    patterns, resources = statement.actions or (), statement.resources or ()
    if statement.actions is None or any(map(everything, resources)) or any(map(every_action, patterns)):
        return
    kinds = {pattern: [alike[0] for alike in alike_in_resources((pattern,))] for pattern in patterns}
    idle = [
        pattern
        for pattern, actions in kinds.items()
        if actions and not any(_fits(action, *resources) or _on_itself(action, statement) for action in actions)
    ]
    if len(idle) < len(patterns):
        idle = [pattern for pattern in idle if pattern not in LISTED_BESIDE_OTHERS]
    if idle and "Resource" in statement.unknown:
        yield Undecided("Resource")
    elif resources:
        # where no resource is an ARN, that no action applies to one follows
        element = "Action" if any(Arn.parse(widen(resource)) for resource in resources) else "Resource"
        for pattern in idle:
            yield Violation(element, f"`{pattern}` applies to none of the resources; {_needs(expand(pattern))}")
    # where no action applies to any resource, that no resource fits an action follows
    follows = len(idle) == len(patterns) and "Resource" not in statement.unknown
    if not follows and all(kinds.values()) and "Action" not in statement.unknown:
        for resource in resources:
            if not any(
                _fits(action, resource) or _on_itself(action, statement)
                for actions in kinds.values()
                for action in actions
            ):
                yield Violation("Resource", f"`{resource}` is of a kind that none of the actions applies to")


def _fits(action: Action, *resources: str) -> bool:
    unlisted = action.service == UNLISTED and any(f":{UNLISTED}:" in resource for resource in resources)
    return unlisted or action.fits(*resources)


def _on_itself(action: Action, statement: Statement) -> bool:
    """Whether a resource-based policy may give an action without resource types on the resource that it protects.

    `kafka:GetBootstrapBrokers` is one, which a cluster policy needs; an action that is about the account is not, nor one
    that lists, unless the service documents it.
    Source: https://docs.aws.amazon.com/msk/latest/developerguide/mvpc-cluster-owner-action-policy.html.
    """
    resource_based = statement.principals is not None or statement.not_principals is not None
    general = action.level == "List" or re.match(r"List|.*Account", action.name)
    if not resource_based or action.formats or (general and str(action) not in LISTED_ON_ITSELF):
        return False
    arns = [Arn.parse(widen(resource)) for resource in statement.resources or ()]
    return any(arn is not None and arn.service == action.service for arn in arns)


def _needs(actions: frozenset[Action]) -> str:
    action = min(actions, key=str)
    formats = sorted((resource.written for resource in action.formats), key=len)[:2]
    return (
        f"`{action}` needs {', '.join(f'`{written}`' for written in formats)}"
        if formats
        else f"`{action}` takes `*` only"
    )


BUCKET, OBJECTS = "arn:aws:s3:::inbox", "arn:aws:s3:::inbox/*"
INDEXES = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/index/*"
LOG_GROUP = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/reader"


POLICY = Policy(
    id="iam-mismatched-resource",
    title="Statement has an action that applies to none of its resources",
    why=__doc__,
    severity=Severity.MEDIUM,
    tags=[Tag.IAM, Tag.CORRECTNESS],
    fix="Give each action a resource of the type that it works on, such as `arn:aws:s3:::bucket/*` for objects.",
    references=[
        "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_policies.html",
    ],
    bad=[
        example(granted("s3:GetObject", BUCKET), path="policy.Statement[0].Action"),
        example(
            granted(["s3:ListBucket", "s3:GetObject"], BUCKET),
            path="policy.Statement[0].Action",
            note="one of two actions",
        ),
        example(
            role_policy(deny("s3:DeleteBucket", OBJECTS)),
            path="policy.Statement[0].Action",
            note="a denial that stops nobody",
        ),
        example(
            granted("logs:PutLogEvents", LOG_GROUP),
            path="policy.Statement[0].Action",
            note="a log group where the action needs its streams",
        ),
        example(
            granted("dynamodb:PutItem", INDEXES),
            path="policy.Statement[0].Action",
            note="the indexes of a table, which only `Query` and `Scan` read",
        ),
    ],
    good=[
        example(granted("s3:GetObject", OBJECTS)),
        example(granted(["s3:GetObject", "s3:ListBucket"], [BUCKET, OBJECTS]), note="a resource for each action"),
        example(granted("s3:*", OBJECTS), note="a wildcard that includes fitting actions"),
        example(
            granted(["logs:CreateLogStream", "logs:PutLogEvents"], f"{LOG_GROUP}:*"), note="the streams of a log group"
        ),
        example(granted("s3:GetObject", "arn:aws:s3:::${aws:PrincipalTag/bucket}/*"), note="a policy variable"),
    ],
    requires=["iam-malformed-document"],
    subsumes=["lambda-unused-permission", *BY_CORRECTIONS],
    reads=statements("Action"),
    check=check,
)
