"""The roles, users and groups of a stack, with what it attaches to each, and what of that cannot be read here.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_manage-attach-detach.html.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from policypack.core.memo import memoized
from policypack.core.policy import Resource, Stack, Unknown
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import IDENTITY, documents_of
from policypack.iam.managed import managed_document, managed_name
from policypack.resources.references import Resolved, resolve, resolve_all, written
from policypack.resources.tokens import GROUP, MANAGED_POLICY, ROLE, USER

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ROLE_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
ATTACHMENT = "aws:iam/policyAttachment:PolicyAttachment"
EXCLUSIVE = "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"
INLINE = {
    ROLE_POLICY: ("role", ROLE),
    "aws:iam/userPolicy:UserPolicy": ("user", USER),
    "aws:iam/groupPolicy:GroupPolicy": ("group", GROUP),
}
"""By type that carries a document, the property that says whose, and what that is."""
_ATTACHMENTS = {
    ROLE_ATTACHMENT: ("policyArn", {"role": ROLE}),
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": ("policyArn", {"user": USER}),
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": ("policyArn", {"group": GROUP}),
    ATTACHMENT: ("policyArn", {"roles": ROLE, "users": USER, "groups": GROUP}),
    EXCLUSIVE: ("policyArns", {"roleName": ROLE}),
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive": ("policyArns", {"userName": USER}),
    "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive": ("policyArns", {"groupName": GROUP}),
}
_MANAGED_ARNS = "managedPolicyArns"
_ATTACHING = {
    ROLE: _MANAGED_ARNS,
    **{type_token: name for type_token, (name, _) in _ATTACHMENTS.items()},
    "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment": "managedPolicyArn",
}
"""By type that attaches managed policies, the property that says which."""
_MEMBERSHIPS = {
    "aws:iam/userGroupMembership:UserGroupMembership": ("user", "groups"),
    "aws:iam/groupMembership:GroupMembership": ("users", "group"),
}


class Lack(enum.Enum):
    """What is missing of something that is attached."""

    DOCUMENT = enum.auto()
    """Its document is known only after the update."""
    POLICY = enum.auto()
    """Which managed policy it is, or whether there is one more, is known only after the update."""
    FOREIGN = enum.auto()
    """It is a managed policy of another stack."""
    AWS = enum.auto()
    """It is a managed policy of AWS's whose document is not known here."""


class AttachedDocument(msgspec.Struct, frozen=True):
    """A document with the resource that carries it, its path there, and whether it is surely attached.

    Resource and path tell documents apart: two resources may carry the same text. `managed` is the name of the AWS
    managed policy whose document it is, which `path` attaches; else empty.
    """

    resource: Resource
    path: str
    document: PolicyDocument
    certain: bool = True
    managed: str = ""

    def at(self, inner: str) -> str:
        """The path in the resource of what is at `inner` in the document."""
        return f"{self.path}.{inner}".strip(".")


class Unseen(msgspec.Struct, frozen=True):
    """Something attached that cannot be read: the resource that carries or attaches it, and where in it.

    `policy` is the name of an AWS managed policy, the ARN of a foreign one, else empty.
    """

    resource: Resource
    path: str
    lacks: Lack
    certain: bool = True
    policy: str = ""


Attached = AttachedDocument | Unseen


class Holder(msgspec.Struct, frozen=True):
    """One identity, what is attached to it, and what is its permissions boundary: nothing where there is none."""

    identity: Resource
    carried: tuple[AttachedDocument, ...]
    unseen: tuple[Unseen, ...] = ()
    limits: tuple[Attached, ...] = ()

    @property
    def unread(self) -> bool:
        """Whether there is a boundary that cannot be read, or perhaps is another."""
        return not all(isinstance(each, AttachedDocument) and each.certain for each in self.limits)

    @property
    def boundary(self) -> tuple[PolicyDocument, ...] | None:
        """The documents of the boundary; None where there is none that can be read."""
        read = tuple(each.document for each in self.limits if isinstance(each, AttachedDocument))
        return read if read and not self.unread else None


def holders(stack: Stack) -> Sequence[Holder]:
    """Every role, user and group, a user with what its groups have."""
    return tuple(_by_urn(stack).values())


def holder_of(stack: Stack, identity: Resource) -> Holder:
    """What is attached to one role, user or group of the stack."""
    return _by_urn(stack)[identity.urn]


def attached_policies(stack: Stack) -> Iterator[tuple[Resource, Attached]]:
    """Every managed policy that is attached, with what attaches it, to identities of this stack or another."""
    for resource in stack.resources:
        if name := _ATTACHING.get(resource.type):
            for each in _managed(stack, resource, name):
                yield resource, each


def apart(stack: Stack) -> Iterator[tuple[Holder, bool]]:
    """Each resource that attaches or carries what identities get, as though it were one.

    Yields:
        It, and whether it is all that the stack tells of an identity: one that is not in the stack, or that another
        stack attaches a managed policy to.
    """
    given_to = (each.resource for _, each in attached_policies(stack))
    attached = {each.urn for each in given_to if each.type == MANAGED_POLICY} | boundaries(stack)
    for resource in stack.resources:
        if resource.external or resource.type in (ROLE, USER, GROUP):
            continue
        found = list(_documents(resource))
        if name := _ATTACHING.get(resource.type):
            found += _managed(stack, resource, name)
        if found:
            seen = tuple(each for each in found if isinstance(each, AttachedDocument))
            unseen = tuple(each for each in found if isinstance(each, Unseen))
            alone = _elsewhere(stack, resource) and resource.urn not in attached
            yield Holder(resource, seen, unseen), alone


def _elsewhere(stack: Stack, resource: Resource) -> bool:
    """Whether what a resource attaches or carries goes to an identity that is not in this stack."""
    if resource.type in INLINE:
        name, kind = INLINE[resource.type]
        places = {name: kind}
    elif resource.type in _ATTACHMENTS:
        _, places = _ATTACHMENTS[resource.type]
    else:
        return True
    return any(
        any(named.resource.external for named in means.all)
        or bool(means.foreign)
        or (means.foreign is None and not means.all)
        for name, kind in places.items()
        for means in resolve_all(stack, resource, name, _listed(written(resource, name)), kind)
    )


@memoized
def _by_urn(stack: Stack) -> Mapping[str, Holder]:
    return {holder.identity.urn: holder for holder in _holders(stack)}


def boundaries(stack: Stack) -> frozenset[str]:
    """The URNs of the managed policies that are permissions boundaries, which grant nothing as such."""
    found = set()
    for each in stack.of(ROLE, USER):
        if each.inputs.get("permissionsBoundary"):
            found |= {one.urn for one in resolve(stack, each, "permissionsBoundary", MANAGED_POLICY).resources}
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
        seen = tuple(each for each in unique.values() if isinstance(each, AttachedDocument))
        unseen = tuple(each for each in unique.values() if isinstance(each, Unseen))
        yield Holder(identity, seen, unseen, tuple(_managed(stack, identity, "permissionsBoundary")))


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
    yield from _managed(stack, identity, _MANAGED_ARNS)


def _documents(resource: Resource, *, certain: bool = True) -> Iterator[Attached]:
    for path, document in documents_of(resource, IDENTITY, granting=True):
        if isinstance(document, PolicyDocument):
            yield AttachedDocument(resource, path, document, certain)
        else:
            yield Unseen(resource, path, Lack.DOCUMENT, certain)


def _managed(stack: Stack, resource: Resource, name: str) -> Iterator[Attached]:
    """The managed policies that a property means."""
    value = written(resource, name)
    values = _listed(value)
    for index, means in enumerate(resolve_all(stack, resource, name, values, MANAGED_POLICY)):
        path = f"{name}[{index}]" if isinstance(value, list) else name
        yield from _policies(resource, path, values[index], means)
    if isinstance(value, Unknown) and name.endswith("Arns"):
        yield Unseen(resource, name, Lack.POLICY)


def _policies(resource: Resource, path: str, value: Any, means: Resolved) -> Iterator[Attached]:
    """What one value attaches."""
    arn = value if isinstance(value, str) else ""
    if name := managed_name(arn):
        document = managed_document(name)
        if document:
            yield AttachedDocument(resource, path, document, managed=name)
        else:
            yield Unseen(resource, path, Lack.AWS, policy=name)
        return
    for named in means.all:
        certain = bool(means.certain) or means.between
        found = list(_documents(named.resource, certain=certain))
        yield from found
        if named.resource.external and not any(isinstance(each, AttachedDocument) for each in found):
            yield Unseen(resource, path, Lack.FOREIGN, certain, arn or named.resource.id)
        elif not found:
            yield Unseen(named.resource, "policy", Lack.DOCUMENT, certain)
    if means.foreign is not False:
        yield Unseen(resource, path, Lack.FOREIGN if means.foreign else Lack.POLICY, policy=arn)


def _meant(stack: Stack, resource: Resource, name: str, kind: str) -> Iterator[tuple[str, bool]]:
    """The URNs of the identities that a property means, and whether surely."""
    certain: dict[str, bool] = {}
    for means in resolve_all(stack, resource, name, _listed(written(resource, name)), kind):
        for named in means.all:
            urn = named.resource.urn
            certain[urn] = certain.get(urn, False) or bool(means.certain) or means.between
    yield from certain.items()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _at_most(carried: Attached, *, certain: bool) -> Attached:
    return carried if certain else msgspec.structs.replace(carried, certain=False)
