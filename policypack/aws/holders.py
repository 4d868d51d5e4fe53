"""The roles, users and groups of a stack, with the policy documents that it attaches to each.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_manage-attach-detach.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

from policypack.aws.document import VERSIONS, PolicyDocument
from policypack.aws.grammar import parse
from policypack.aws.meaning import GROUP, MANAGED_POLICY, ROLE, USER, all_meant, meant
from policypack.aws.reading import IDENTITY, documents_of
from policypack.aws.tables import DocumentKind
from policypack.policy import Resource, Stack

INLINE = {
    "aws:iam/rolePolicy:RolePolicy": ("role", ROLE),
    "aws:iam/userPolicy:UserPolicy": ("user", USER),
    "aws:iam/groupPolicy:GroupPolicy": ("group", GROUP),
}
"""By type that carries a document, the property that says whose, and what that is."""
_ATTACHMENTS = {
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ("policyArn", {"role": ROLE}),
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": ("policyArn", {"user": USER}),
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": ("policyArn", {"group": GROUP}),
    "aws:iam/policyAttachment:PolicyAttachment": ("policyArn", {"roles": ROLE, "users": USER, "groups": GROUP}),
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": ("policyArns", {"roleName": ROLE}),
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive": ("policyArns", {"userName": USER}),
    "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive": ("policyArns", {"groupName": GROUP}),
}
_ADMINISTRATOR = re.compile(r"arn:aws[-a-z]*:iam::aws:policy/AdministratorAccess")
_MEMBERSHIPS = {
    "aws:iam/userGroupMembership:UserGroupMembership": ("user", "groups"),
    "aws:iam/groupMembership:GroupMembership": ("users", "group"),
}


class Carried(msgspec.Struct, frozen=True):
    """One document: the resource that carries it, where in it, and whether it is surely attached."""

    resource: Resource
    path: str
    document: PolicyDocument
    certain: bool = True


class Unseen(msgspec.Struct, frozen=True):
    """A document that is known only after the update."""

    resource: Resource
    path: str
    certain: bool = True


Attached = Carried | Unseen


class Holder(msgspec.Struct, frozen=True):
    """One identity. `boundary` is None where there is none; `unread` says that there is one that cannot be read."""

    identity: Resource
    carried: tuple[Carried, ...]
    boundary: tuple[PolicyDocument, ...] | None = None
    unread: bool = False
    unseen: tuple[Unseen, ...] = ()


def holders(stack: Stack) -> Sequence[Holder]:
    """Every role, user and group, a user with what its groups have."""
    return stack.once("holders", lambda: list(_holders(stack)))


def boundaries(stack: Stack) -> frozenset[str]:
    """The URNs of the managed policies that are permissions boundaries, which grant nothing as such."""
    found = set()
    for each in stack.of(ROLE, USER):
        if each.inputs.get("permissionsBoundary"):
            found |= {named.resource.urn for named in meant(stack, each, "permissionsBoundary", MANAGED_POLICY).certain}
    return frozenset(found)


def _holders(stack: Stack) -> Iterator[Holder]:
    found: dict[str, list[Attached]] = {each.urn: list(_own(stack, each)) for each in stack.of(ROLE, USER, GROUP)}
    for urn, carried in (*_inline(stack), *_attached(stack)):
        found[urn].append(carried)
    joined = {urn: list(carried) for urn, carried in found.items()}
    for user, group, certain in _members(stack):
        joined[user] += [_at_most(each, certain=certain) for each in found[group]]
    for identity in stack.of(ROLE, USER, GROUP):
        unique: dict[tuple[str, str], Attached] = {}
        for each in joined[identity.urn]:
            mark = (each.resource.urn, each.path)
            if mark not in unique or each.certain:
                unique[mark] = each
        seen = tuple(each for each in unique.values() if isinstance(each, Carried))
        unseen = tuple(each for each in unique.values() if isinstance(each, Unseen))
        yield Holder(identity, seen, *_boundary(stack, identity), unseen)


def _inline(stack: Stack) -> Iterator[tuple[str, Attached]]:
    """The URN of an identity, and a document that a resource of its own writes for it."""
    for type_token, (name, kind) in INLINE.items():
        for resource in stack.of(type_token):
            for urn, certain in _meant(stack, resource, name, kind):
                for each in _documents(resource, certain=certain):
                    yield urn, each


def _attached(stack: Stack) -> Iterator[tuple[str, Attached]]:
    """The URN of an identity, and a document of a managed policy that is attached to it."""
    for type_token, (policies, identities) in _ATTACHMENTS.items():
        for resource in stack.of(type_token):
            attached = list(_managed(stack, resource, policies))
            means = (each for name, kind in identities.items() for each in _meant(stack, resource, name, kind))
            for urn, certain in means:
                for each in attached:
                    yield urn, _at_most(each, certain=certain)


def _members(stack: Stack) -> Iterator[tuple[str, str, bool]]:
    """The URNs of a user and of a group that it is in, and whether surely."""
    for type_token, (users, groups) in _MEMBERSHIPS.items():
        for resource in stack.of(type_token):
            for group, sure in _meant(stack, resource, groups, GROUP):
                for user, certain in _meant(stack, resource, users, USER):
                    yield user, group, certain and sure


def _own(stack: Stack, identity: Resource) -> Iterator[Attached]:
    yield from _documents(identity)
    if identity.inputs.get("managedPolicyArns"):
        yield from _managed(stack, identity, "managedPolicyArns")


def _documents(resource: Resource, *, certain: bool = True) -> Iterator[Attached]:
    for path, document in documents_of(resource, IDENTITY, granting=True):
        if isinstance(document, PolicyDocument):
            yield Carried(resource, path, document, certain)
        else:
            yield Unseen(resource, path, certain)


def _managed(stack: Stack, resource: Resource, name: str) -> Iterator[Attached]:
    """The documents of the managed policies that a property means."""
    values = _listed(resource.inputs, name)
    for index, means in enumerate(all_meant(stack, resource, name, values, MANAGED_POLICY)):
        for named in means.all:
            yield from _documents(named.resource, certain=bool(means.certain) or means.between)
        if isinstance(values[index], str) and _ADMINISTRATOR.fullmatch(values[index]):
            path = f"{name}[{index}]" if isinstance(resource.inputs[name], list) else name
            yield Carried(resource, path, _everything())


@cache
def _everything() -> PolicyDocument:
    """What AWS's managed policy for administrators says; of its others the documents are not known here."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return parse({"Version": VERSIONS[0], "Statement": [statement]}, DocumentKind.IDENTITY, MANAGED_POLICY)


def _meant(stack: Stack, resource: Resource, name: str, kind: str) -> Iterator[tuple[str, bool]]:
    """The URNs of the identities that a property means, and whether surely."""
    certain: dict[str, bool] = {}
    for means in all_meant(stack, resource, name, _listed(resource.inputs, name), kind):
        for named in means.all:
            urn = named.resource.urn
            certain[urn] = certain.get(urn, False) or bool(means.certain) or means.between
    yield from certain.items()


def _listed(inputs: Mapping[str, Any], name: str) -> list[Any]:
    value = inputs.get(name)
    return value if isinstance(value, list) else [] if value is None else [value]


def _at_most(carried: Attached, *, certain: bool) -> Attached:
    return carried if certain else msgspec.structs.replace(carried, certain=False)


def _boundary(stack: Stack, identity: Resource) -> tuple[tuple[PolicyDocument, ...] | None, bool]:
    value = identity.inputs.get("permissionsBoundary")
    if value is None or value == "":
        return None, False
    means = meant(stack, identity, "permissionsBoundary", MANAGED_POLICY)
    read = [document for named in means.certain for _, document in documents_of(named.resource, IDENTITY)]
    known = tuple(each for each in read if isinstance(each, PolicyDocument))
    return (known, False) if known and len(known) == len(read) else (None, True)
