"""What a Lambda function may do: the policy documents of its execution role, wherever the stack attaches them.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from policypack.aws.arn import Arn
from policypack.aws.document import PolicyDocument
from policypack.aws.meaning import MANAGED_POLICY, ROLE, Meant, all_meant, meant
from policypack.aws.reading import IDENTITY, documents_of
from policypack.policy import Resource, Stack, Unknown

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ROLE_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
ATTACHMENT = "aws:iam/policyAttachment:PolicyAttachment"
EXCLUSIVE = "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"

OTHER_ROLE = Unknown(
    "runs with a role that is not in this stack",
    "Create the function's role in this stack, where its policy documents can be read.",
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


class Grants(msgspec.Struct, frozen=True):
    """What is attached to one execution role, and what cannot be read of it.

    `documents` are surely attached, `possible` perhaps. `managed` holds the names of AWS managed policies, as
    `service-role/AWSLambdaBasicExecutionRole`. `boundary` is the permissions boundary: None where there is none, else
    the names of the AWS managed policy or the documents that limit the role.
    """

    documents: tuple[PolicyDocument, ...] = ()
    possible: tuple[PolicyDocument, ...] = ()
    managed: frozenset[str] = frozenset()
    unread: tuple[Unknown, ...] = ()
    boundary: Grants | None = None


@dataclass
class _Collected:
    """What has been found for one role so far."""

    documents: list[PolicyDocument] = field(default_factory=list)
    possible: list[PolicyDocument] = field(default_factory=list)
    managed: set[str] = field(default_factory=set)
    unread: list[Unknown] = field(default_factory=list)

    def carried(self, resource: Resource, *, certain: bool = True) -> None:
        """The documents that a resource carries itself."""
        for _, document in documents_of(resource, IDENTITY):
            if isinstance(document, PolicyDocument):
                (self.documents if certain else self.possible).append(document)
            else:
                self.unread.append(UNKNOWN_POLICY)

    def attached(self, policy: Meant, value: Any, *, certain: bool = True) -> None:
        """A managed policy, by what the property means and by its value."""
        arn = Arn.parse(value) if isinstance(value, str) else None
        if arn and arn.service == "iam" and arn.account == "aws":
            if certain:
                self.managed.add(arn.resource.removeprefix("policy/"))
            else:
                self.unread.append(UNKNOWN_ATTACHMENT)
            return
        for named in policy.all:
            self.carried(named.resource, certain=certain and (bool(policy.certain) or policy.between))
            if named.resource.external:
                self.unread.append(OTHER_POLICY)
        if policy.foreign is not False:
            self.unread.append(OTHER_POLICY if policy.foreign else UNKNOWN_ATTACHMENT)

    def frozen(self, boundary: Grants | None = None) -> Grants:
        return Grants(
            tuple(self.documents),
            tuple(self.possible),
            frozenset(self.managed),
            tuple(dict.fromkeys(self.unread)),
            boundary,
        )


def role_documents(stack: Stack, function: Resource) -> Grants:
    """The identity-based documents of the function's execution role.

    Args:
        stack: where the role and what is attached to it are looked for.
        function: an `aws:lambda/function:Function`.
    """
    role = meant(stack, function, "role", ROLE)
    if len(role.certain) != 1:
        return Grants(unread=(OTHER_ROLE if role.foreign else UNKNOWN_ROLE,))
    return stack.once(("grants", role.certain[0].resource.urn), lambda: _grants(stack, role.certain[0].resource))


def _grants(stack: Stack, role: Resource) -> Grants:
    if role.external:
        return Grants(unread=(OTHER_ROLE,))
    found = _Collected()
    found.carried(role)
    _attach_all(stack, found, role, "managedPolicyArns")
    for resource, certain in _attachments(stack, role.urn):
        if resource.type == ROLE_POLICY:
            found.carried(resource, certain=certain)
        elif resource.type == EXCLUSIVE:
            _attach_all(stack, found, resource, "policyArns", certain=certain)
        else:
            policy = meant(stack, resource, "policyArn", MANAGED_POLICY)
            found.attached(policy, resource.inputs.get("policyArn"), certain=certain)
    return found.frozen(_boundary(stack, role))


def _boundary(stack: Stack, role: Resource) -> Grants | None:
    value = role.inputs.get("permissionsBoundary")
    if value is None or value == "":
        return None
    limits = _Collected()
    limits.attached(meant(stack, role, "permissionsBoundary", MANAGED_POLICY), value)
    return limits.frozen()


def _attach_all(stack: Stack, found: _Collected, resource: Resource, name: str, *, certain: bool = True) -> None:
    values = resource.inputs.get(name)
    if isinstance(values, Unknown):
        found.unread.append(UNKNOWN_ATTACHMENT)
    elif isinstance(values, list):
        for policy, value in zip(all_meant(stack, resource, name, values, MANAGED_POLICY), values, strict=True):
            found.attached(policy, value, certain=certain)


def _attachments(stack: Stack, role: str) -> Iterable[tuple[Resource, bool]]:
    """What attaches policies to the role with this URN, and whether surely."""

    def compute() -> dict[str, list[tuple[Resource, bool]]]:
        found: dict[str, list[tuple[Resource, bool]]] = {}
        for resource in stack.of(ROLE_POLICY, ROLE_ATTACHMENT, ATTACHMENT, EXCLUSIVE):
            for urn, certain in _roles(stack, resource):
                found.setdefault(urn, []).append((resource, certain))
        return found

    return stack.once("attachments", compute).get(role, ())


def _roles(stack: Stack, resource: Resource) -> Iterator[tuple[str, bool]]:
    """The URNs of the roles that a resource attaches policies to, and whether surely."""
    if resource.type == ATTACHMENT:
        values = resource.inputs.get("roles")
        listed = values if isinstance(values, list) else [] if values is None else [values]
        means = all_meant(stack, resource, "roles", listed, ROLE)
    else:
        means = [meant(stack, resource, "roleName" if resource.type == EXCLUSIVE else "role", ROLE)]
    certain: dict[str, bool] = {}
    for each in means:
        for named in each.all:
            certain[named.resource.urn] = certain.get(named.resource.urn, False) or bool(each.certain) or each.between
    yield from certain.items()
