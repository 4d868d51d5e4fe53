"""Execution roles: the policy documents of a Lambda function's role, wherever the stack attaches them.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from policypack.core.memo import memoized
from policypack.core.policy import STACK_REFERENCE, Resource, Stack, Unknown
from policypack.resources.aliases import find
from policypack.resources.attachments import (
    Attached,
    AttachedDocument,
    Unread,
    UnreadAttachment,
    is_reported,
    policies_of,
    reported_policies,
)
from policypack.resources.references import resolve
from policypack.resources.tokens import ROLE

OTHER_ROLE = Unknown(
    "runs with a role that is not in this stack",
    "Create the function's role in this stack, or read it with `aws.iam.Role.get` and answer for that with `--mock`.",
)
OTHER_POLICY = Unknown(
    "has a role with a managed policy that is not in this stack",
    "Create the managed policy in this stack, or write what it allows into the role's own policy.",
)
UNKNOWN_ROLE = Unknown(
    "runs with a role that is known only after the update", "Pass the role's own `arn` to the function."
)
UNKNOWN_POLICY = Unknown("has a role with a policy document that is known only after the update")
UNKNOWN_ATTACHMENT = Unknown(
    "may have a policy attached that is known only after the update",
    "Pass the role's own `name` and the policy's own `arn` to the attachment.",
)
UNREAD = {Unread.DOCUMENT: UNKNOWN_POLICY, Unread.POLICY: UNKNOWN_ATTACHMENT, Unread.FOREIGN: OTHER_POLICY}


class Grants(msgspec.Struct, frozen=True):
    """The policies attached to one execution role, and why some of them cannot be read.

    `documents` are certainly attached, `possible` may be. `managed` contains the names of AWS managed policies, as
    `service-role/AWSLambdaBasicExecutionRole`, and `published` the documents of those that are in the table. `boundary` is
    the permissions boundary, or None.
    """

    documents: tuple[AttachedDocument, ...] = ()
    possible: tuple[AttachedDocument, ...] = ()
    managed: frozenset[str] = frozenset()
    published: tuple[AttachedDocument, ...] = ()
    unread: tuple[Unknown, ...] = ()
    boundary: Grants | None = None

    @property
    def elsewhere(self) -> bool:
        """Whether the role is not in this stack, so that its policies are read with another one (decision 67)."""
        return OTHER_ROLE in self.unread

    @property
    def unpublished(self) -> frozenset[str]:
        """The names of the AWS managed policies that are not in the table."""
        return self.managed - {attached.managed for attached in self.published}


def role_documents(stack: Stack, function: Resource) -> Grants:
    """The identity-based documents of the function's execution role.

    Args:
        stack: with the role and its attachments.
        function: an `aws:lambda/function:Function`.
    """
    role = resolve(stack, function, "role", ROLE)
    only = role.only
    if only is None:
        elsewhere = role.foreign or (role.untraced and _of_other_stacks(stack, function))
        return Grants(unread=(OTHER_ROLE if elsewhere else UNKNOWN_ROLE,))
    return _grants(stack, only)


def _of_other_stacks(stack: Stack, function: Resource) -> bool:
    """Whether the role is an output of other stacks."""
    origins = function.property_dependencies.get("role", ())
    return bool(origins) and all((origin := find(stack, urn)) and origin.type == STACK_REFERENCE for urn in origins)


@memoized
def _grants(stack: Stack, role: Resource) -> Grants:
    policies = policies_of(stack, role)
    if role.external:
        policies = reported_policies(stack, role)
    boundary = _read(policies.limits) if policies.limits else None
    grants = _read((*policies.carried, *policies.unseen), boundary)
    complete = not role.external or (is_reported(role) and not grants.unread)
    return grants if complete else msgspec.structs.replace(grants, unread=(OTHER_ROLE, *grants.unread))


def _read(attached: Sequence[Attached], boundary: Grants | None = None) -> Grants:
    own = [policy for policy in attached if isinstance(policy, AttachedDocument) and not policy.managed]
    return Grants(
        tuple(policy for policy in own if policy.certain),
        tuple(policy for policy in own if not policy.certain),
        frozenset(name for policy in attached if policy.certain and (name := _aws_name(policy))),
        tuple(
            policy for policy in attached if isinstance(policy, AttachedDocument) and policy.managed and policy.certain
        ),
        tuple(dict.fromkeys(_unread(attached))),
        boundary,
    )


def _aws_name(attached: Attached) -> str:
    """The name of an AWS managed policy; empty for everything else."""
    if isinstance(attached, AttachedDocument):
        return attached.managed
    return attached.policy if attached.reason is Unread.AWS else ""


def _unread(attached: Sequence[Attached]) -> Iterator[Unknown]:
    for policy in attached:
        if _aws_name(policy):
            if not policy.certain:
                yield UNKNOWN_ATTACHMENT
        elif isinstance(policy, UnreadAttachment):
            yield UNREAD[policy.reason]
