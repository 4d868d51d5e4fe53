"""Attachments: the policies of each role, user and group of a stack, also those that cannot be read.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_manage-attach-detach.html.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from policypack.core.memo import memoized
from policypack.core.policy import Reference, Resource, Stack, Unknown
from policypack.core.values import has_unknown, nested
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import IDENTITY, documents_of
from policypack.iam.managed import managed_document, managed_name
from policypack.iam.tables import document_properties
from policypack.resources.index import index_of
from policypack.resources.naming import NAMINGS, name_in
from policypack.resources.references import Resolved, resolve_all, resolve_each, values_in, written
from policypack.resources.tokens import GROUP, MANAGED_POLICY, ROLE, USER

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ROLE_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
ATTACHMENT = "aws:iam/policyAttachment:PolicyAttachment"
EXCLUSIVE = "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"
PERMISSION_SET = "aws:ssoadmin/permissionSet:PermissionSet"
CARRIERS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    ROLE_POLICY: ("", {"role": ROLE}),
    "aws:iam/userPolicy:UserPolicy": ("", {"user": USER}),
    "aws:iam/groupPolicy:GroupPolicy": ("", {"group": GROUP}),
    ROLE_ATTACHMENT: ("policyArn", {"role": ROLE}),
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": ("policyArn", {"user": USER}),
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": ("policyArn", {"group": GROUP}),
    ATTACHMENT: ("policyArn", {"roles": ROLE, "users": USER, "groups": GROUP}),
    EXCLUSIVE: ("policyArns", {"roleName": ROLE}),
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive": ("policyArns", {"userName": USER}),
    "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive": ("policyArns", {"groupName": GROUP}),
    ROLE: ("managedPolicyArns", {}),
    "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment": ("managedPolicyArn", {}),
    "aws:ssoadmin/managedPolicyAttachmentsExclusive:ManagedPolicyAttachmentsExclusive": ("managedPolicyArns", {}),
}
"""By type, the property that lists managed policies, and by property that names identities, the type of these."""
BOUNDARY = "permissionsBoundary"
MEMBERSHIPS = {
    "aws:iam/userGroupMembership:UserGroupMembership": ("user", "groups"),
    "aws:iam/groupMembership:GroupMembership": ("users", "group"),
}


class Unread(enum.Enum):
    """Why an attached policy cannot be read."""

    DOCUMENT = enum.auto()
    """The document is known only after the update."""
    POLICY = enum.auto()
    """Which managed policy it is, or whether there is another, is known only after the update."""
    FOREIGN = enum.auto()
    """It is a managed policy of another stack."""
    AWS = enum.auto()
    """It is an AWS managed policy whose document is not in our table."""


class AttachedDocument(msgspec.Struct, frozen=True):
    """A document with the resource that contains it, its path there, and whether it is certainly attached.

    Resource and path identify the document: two resources may have the same text. `managed` is the name of the AWS
    managed policy that `path` attaches; else empty.
    """

    resource: Resource
    path: str
    document: PolicyDocument
    certain: bool = True
    managed: str = ""
    direct: bool = False
    """Whether it is a grant that is no document, and `path` the property that decides it."""

    def at(self, inner: str) -> str:
        """The path in the resource of the path `inner` in the document."""
        if self.direct:
            return self.path
        return f"{self.path}.{inner}".strip(".")


class UnreadAttachment(msgspec.Struct, frozen=True):
    """An attached policy that cannot be read: the resource that contains or attaches it, and the path there.

    `policy` is the name of an AWS managed policy, the ARN of a foreign one, else empty.
    """

    resource: Resource
    path: str
    reason: Unread
    certain: bool = True
    policy: str = ""


Attached = AttachedDocument | UnreadAttachment


class IdentityPolicies(msgspec.Struct, frozen=True):
    """An identity with the policies attached to it and its permissions boundary; `limits` is empty without one."""

    identity: Resource
    carried: tuple[AttachedDocument, ...]
    unseen: tuple[UnreadAttachment, ...] = ()
    limits: tuple[Attached, ...] = ()

    @property
    def unread(self) -> bool:
        """Whether the boundary cannot be read, or is uncertain."""
        return not all(isinstance(policy, AttachedDocument) and policy.certain for policy in self.limits)

    @property
    def boundary(self) -> tuple[PolicyDocument, ...] | None:
        """The documents of the boundary; None if there is none, or if one cannot be read."""
        read = tuple(policy.document for policy in self.limits if isinstance(policy, AttachedDocument))
        return read if read and not self.unread else None


def identity_policies(stack: Stack) -> Sequence[IdentityPolicies]:
    """Every role, user and group; a user has the policies of its groups too."""
    return tuple(_by_urn(stack).values())


def policies_of(stack: Stack, identity: Resource) -> IdentityPolicies:
    """The policies attached to one role, user or group of the stack."""
    return _by_urn(stack)[identity.urn]


def is_reported(role: Resource) -> bool:
    """Whether the provider reports all policies of a role that the stack only reads, as it does in a state."""
    lists = [role.outputs.get(name) for name in ("inlinePolicies", "managedPolicyArns")]
    return all(isinstance(value, list) and not has_unknown(value) for value in lists)


def reported_policies(stack: Stack, role: Resource) -> IdentityPolicies:
    """The policies of a role that the stack only reads: those that the provider reports, and those that are attached here."""
    policies = policies_of(stack, role)
    if not is_reported(role):
        return policies
    own = replace(role, inputs={**role.outputs})
    return _split(
        role, (*policies.carried, *policies.unseen, *_carried(stack, own)), tuple(_managed(stack, own, BOUNDARY))
    )


@memoized
def _by_urn(stack: Stack) -> Mapping[str, IdentityPolicies]:
    return {policies.identity.urn: policies for policies in _identity_policies(stack)}


def attached_policies(stack: Stack) -> Iterator[tuple[Resource, Attached]]:
    """Every managed policy that is attached, with what attaches it, to identities of this stack or another."""
    for resource in stack.resources:
        for policy in _managed(stack, resource):
            yield resource, policy


def carriers(stack: Stack) -> Iterator[tuple[IdentityPolicies, bool]]:
    """Each resource that attaches or contains policies, as if it were an identity itself.

    Yields:
        The policies, and whether they go to identities that are not in this stack, or that another stack attaches
        managed policies to.
    """
    carried_by = (policy.resource for _, policy in attached_policies(stack))
    attached_here = {policy.urn for policy in carried_by if policy.type == MANAGED_POLICY} | only_boundaries(stack)
    for resource in stack.resources:
        if resource.external or resource.type in (ROLE, USER, GROUP):
            continue
        if attached := list(_carried(stack, resource)):
            elsewhere = _goes_elsewhere(stack, resource) and resource.urn not in attached_here
            yield _split(resource, attached), elsewhere


def _goes_elsewhere(stack: Stack, resource: Resource) -> bool:
    """Whether the policies that a resource attaches or contains go to an identity that is not in this stack."""
    _, identities = CARRIERS.get(resource.type, ("", {}))
    return not identities or any(
        any(referent.resource.external for referent in resolved.all)
        or bool(resolved.foreign)
        or (resolved.foreign is None and not resolved.all)
        for name, kind in identities.items()
        for resolved in resolve_each(stack, resource, name, kind)
    )


def named_identity(carrier: Resource) -> tuple[str, str] | None:
    """The type and the written name of the one identity that a carrier's policies go to; None if it is unknown."""
    _, identities = CARRIERS.get(carrier.type, ("", {}))
    names = [(kind, value) for name, kind in identities.items() for value in values_in(written(carrier, name))]
    names += [(PERMISSION_SET, value) for value in values_in(carrier.inputs.get("permissionSetArn"))]
    if len(names) != 1 or not isinstance(names[0][1], str):
        return None
    kind, name = names[0]
    return kind, name_in(name, kind) if kind in NAMINGS else name


@memoized
def only_boundaries(stack: Stack) -> frozenset[str]:
    """The URNs of the managed policies that serve as permissions boundaries only (decision 40).

    The stack has a resource with this boundary, or requires it of new roles by `iam:PermissionsBoundary`, and nothing
    attaches or may attach the policy.
    """
    if MANAGED_POLICY not in stack.by_type:
        return frozenset()
    limits = frozenset((*_boundaries(stack), *_required_boundaries(stack)))
    return limits.difference(*(attached_by(stack, resource) for resource in stack.resources if limits))


def attached_by(stack: Stack, resource: Resource) -> frozenset[str]:
    """The URNs of the managed policies that a resource of any type attaches or may attach to something."""
    documents = {
        pattern.partition(".")[0].removesuffix("[*]") for pattern in document_properties().get(resource.type, ())
    }
    return frozenset(
        referent.resource.urn
        for name in resource.inputs
        if "polic" in name.lower() and name not in documents
        for resolved in _resolved_inside(stack, resource, name)
        if resource.type in CARRIERS or not resolved.untraced
        for referent in resolved.all
    )


def _boundaries(stack: Stack) -> Iterator[str]:
    """The managed policies that are permissions boundaries of something in the stack."""
    for resource in stack.resources:
        if written(resource, BOUNDARY) is not None:
            for resolved in _resolved_inside(stack, resource, BOUNDARY):
                yield from (policy.urn for policy in resolved.resources)


def _required_boundaries(stack: Stack) -> Iterator[str]:
    policies = index_of(stack, (MANAGED_POLICY,))
    for resource in stack.resources:
        for _, document in documents_of(resource):
            for statement in document.statements if isinstance(document, PolicyDocument) else ():
                for condition in statement.conditions:
                    if condition.name == "iam:permissionsboundary" and not condition.negated:
                        named = (policies.named(value) for value in condition.values)
                        yield from (policy.urn for same in named for policy, _ in same if policy.urn != resource.urn)


def _resolved_inside(stack: Stack, resource: Resource, name: str) -> list[Resolved]:
    """The managed policies that each text in a property, at any depth, refers to."""
    values = [value for value in nested(written(resource, name)) if isinstance(value, str | Unknown | Reference)]
    return resolve_all(stack, resource, name, values, MANAGED_POLICY)


def _identity_policies(stack: Stack) -> Iterator[IdentityPolicies]:
    identities = tuple(stack.of(ROLE, USER, GROUP))
    attached = {identity.urn: list(_carried(stack, identity)) for identity in identities}
    for urn, policy in _attached(stack):
        attached[urn].append(policy)
    joined = {urn: list(policies) for urn, policies in attached.items()}
    for user, group, certain in _members(stack):
        joined[user] += [_at_most(policy, certain=certain) for policy in attached[group]]
    for identity in identities:
        unique: dict[tuple[str, str], Attached] = {}
        for policy in joined[identity.urn]:
            place = (policy.resource.urn, policy.path)
            if place not in unique or policy.certain:
                unique[place] = policy
        yield _split(identity, unique.values(), tuple(_managed(stack, identity, BOUNDARY)))


def _split(identity: Resource, attached: Collection[Attached], limits: tuple[Attached, ...] = ()) -> IdentityPolicies:
    read = tuple(policy for policy in attached if isinstance(policy, AttachedDocument))
    unread = tuple(policy for policy in attached if isinstance(policy, UnreadAttachment))
    return IdentityPolicies(identity, read, unread, limits)


def _attached(stack: Stack) -> Iterator[tuple[str, Attached]]:
    """The URN of an identity, and a policy that another resource contains for it or attaches to it."""
    for type_token, (_, identities) in CARRIERS.items():
        for resource in stack.of(type_token) if identities else ():
            policies = list(_carried(stack, resource))
            for name, kind in identities.items():
                for urn, certain in _referred(stack, resource, name, kind):
                    for policy in policies:
                        yield urn, _at_most(policy, certain=certain)


def _members(stack: Stack) -> Iterator[tuple[str, str, bool]]:
    """The URNs of a user and of a group that it is in, and whether that is certain."""
    for type_token, (users, groups) in MEMBERSHIPS.items():
        for resource in stack.of(type_token):
            for group, sure in _referred(stack, resource, groups, GROUP):
                for user, certain in _referred(stack, resource, users, USER):
                    yield user, group, certain and sure


def memberships(stack: Stack) -> Iterator[tuple[Resource, str, str, bool]]:
    """Each resource that puts users into groups, its properties for both, and whether they are all in the stack."""
    for type_token, (users, groups) in MEMBERSHIPS.items():
        for resource in stack.of(type_token):
            sides = [*resolve_each(stack, resource, users, USER), *resolve_each(stack, resource, groups, GROUP)]
            yield resource, users, groups, all(resolved.foreign is False for resolved in sides)


def group_members(stack: Stack) -> Mapping[str, frozenset[str]]:
    """By URN of a group, the users in it; without groups of which a member is uncertain or of another stack."""
    members: dict[str, set[str]] = {}
    unclear = {
        urn
        for resource, _, groups, inside in memberships(stack)
        for urn, _ in (() if inside else _referred(stack, resource, groups, GROUP))
    }
    read = {user.urn for user in stack.of(USER) if user.external}
    for user, group, certain in _members(stack):
        members.setdefault(group, set()).add(user)
        unclear |= {group} if user in read or not certain else set()
    return {group: frozenset(users) for group, users in members.items() if group not in unclear}


def _carried(stack: Stack, resource: Resource) -> Iterator[Attached]:
    """The policies that a resource contains or attaches."""
    yield from _documents(resource)
    yield from _managed(stack, resource)


def _documents(resource: Resource, *, certain: bool = True) -> Iterator[Attached]:
    for path, document in documents_of(resource, IDENTITY, granting=True):
        if isinstance(document, PolicyDocument):
            yield AttachedDocument(resource, path, document, certain)
        else:
            yield UnreadAttachment(resource, path, Unread.DOCUMENT, certain)


def _managed(stack: Stack, resource: Resource, name: str = "") -> Iterator[Attached]:
    """The managed policies that the property `name` refers to; by default the property of the type for them."""
    name = name or CARRIERS.get(resource.type, ("", {}))[0]
    if not name:
        return
    value = written(resource, name)
    values = values_in(value)
    for index, resolved in enumerate(resolve_all(stack, resource, name, values, MANAGED_POLICY)):
        path = f"{name}[{index}]" if isinstance(value, list) else name
        yield from _policies(resource, path, values[index], resolved)
    if isinstance(value, Unknown) and name.endswith("Arns"):
        yield UnreadAttachment(resource, name, Unread.POLICY)


def _policies(resource: Resource, path: str, value: Any, resolved: Resolved) -> Iterator[Attached]:
    """The policies that one value attaches."""
    arn = value if isinstance(value, str) else ""
    if name := managed_name(arn):
        if document := managed_document(name):
            yield AttachedDocument(resource, path, document, managed=name)
        else:
            yield UnreadAttachment(resource, path, Unread.AWS, policy=name)
        return
    for policy in (referent.resource for referent in resolved.all):
        certain = bool(resolved.certain) or resolved.between
        documents = list(_documents(policy, certain=certain))
        yield from documents
        if policy.external and not any(isinstance(document, AttachedDocument) for document in documents):
            yield UnreadAttachment(resource, path, Unread.FOREIGN, certain, arn or policy.id)
        elif not documents:
            yield UnreadAttachment(policy, "policy", Unread.DOCUMENT, certain)
    if resolved.foreign is not False:
        yield UnreadAttachment(resource, path, Unread.FOREIGN if resolved.foreign else Unread.POLICY, policy=arn)


def _referred(stack: Stack, resource: Resource, name: str, kind: str) -> Iterator[tuple[str, bool]]:
    """The URNs of the identities that a property refers to, and whether that is certain."""
    certain: dict[str, bool] = {}
    for resolved in resolve_each(stack, resource, name, kind):
        for referent in resolved.all:
            urn = referent.resource.urn
            certain[urn] = certain.get(urn, False) or bool(resolved.certain) or resolved.between
    yield from certain.items()


def _at_most(policy: Attached, *, certain: bool) -> Attached:
    return policy if certain else msgspec.structs.replace(policy, certain=False)
