"""Which resource of one stack is which resource of another.

Two resources are the same if they have the same physical identity: the ARN, or what AWS lets only one resource have
(`NATURAL_KEYS`). Otherwise they are the same if their URNs have the same end, whatever their project and stack, or if one
has the other's URN as an alias, unless the program gives them different names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

from policypack.access.policy_targets import TARGET_TYPES
from policypack.core.policy import Resource, Stack
from policypack.iam.tables import canonical
from policypack.resources.naming import NAMINGS, physical_name
from policypack.resources.providers import only_account, provider_of, providers

Place = tuple[str, str]
"""The end of a URN."""
GENERATED = re.compile(r"-[0-9a-f]{7}(\.fifo)?$")
"""The end of a name that Pulumi generates."""
NAMED = frozenset(NAMINGS) | TARGET_TYPES

NATURAL_KEYS: Mapping[str, tuple[str, ...]] = {
    "aws:apprunner/service:Service": ("serviceName",),
    "aws:batch/jobDefinition:JobDefinition": ("name",),
    "aws:dms/endpoint:Endpoint": ("endpointId",),
    "aws:ec2/launchTemplate:LaunchTemplate": ("name",),
    "aws:ec2/vpcEndpointService:VpcEndpointService": ("networkLoadBalancerArns",),
    "aws:ecs/service:Service": ("cluster", "name"),
    "aws:ecs/taskDefinition:TaskDefinition": ("family",),
    "aws:efs/fileSystem:FileSystem": ("creationToken",),
    "aws:eks/fargateProfile:FargateProfile": ("clusterName", "fargateProfileName"),
    "aws:eks/nodeGroup:NodeGroup": ("clusterName", "nodeGroupName"),
    "aws:identitystore/group:Group": ("identityStoreId", "displayName"),
    "aws:identitystore/user:User": ("identityStoreId", "userName"),
    "aws:mq/broker:Broker": ("brokerName",),
    "aws:msk/cluster:Cluster": ("clusterName",),
    "aws:organizations/account:Account": ("email",),
    "aws:organizations/organizationalUnit:OrganizationalUnit": ("parentId", "name"),
    "aws:organizations/policy:Policy": ("type", "name"),
    "aws:ssoadmin/application:Application": ("instanceArn", "name"),
    "aws:ssoadmin/permissionSet:PermissionSet": ("instanceArn", "name"),
}
"""By type, the properties; the last is the resource's own, and those before are what it is unique in.

Sources: the conflict errors of the Create operations in the services' API references, such as
https://docs.aws.amazon.com/efs/latest/APIReference/API_CreateFileSystem.html (`FileSystemAlreadyExists`),
https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreatePolicy.html (`DuplicatePolicyException`) and
https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html (`ConflictException`).
"""


def separate_accounts(new: Stack, old: Stack) -> frozenset[str]:
    """The accounts that the providers of two stacks state, unless there is one only.

    Two stacks without a common account are the same environment in two accounts, where equal names are the same.
    """
    stated = [{*map(only_account, providers(stack))} - {""} for stack in (new, old)]
    accounts = frozenset(stated[0] | stated[1])
    return accounts if stated[0] & stated[1] and len(accounts) > 1 else frozenset()


def end_of(resource: Resource) -> Place:
    """The part of a URN that is the same in another stack: the types of its parents and its own, and its name."""
    return _end(resource.urn)


class Places:
    """The places of resources; those of a new stack have the places of the same resources in the old one."""

    def __init__(self, same: Mapping[str, Resource] | None = None, accounts: frozenset[str] = frozenset()) -> None:
        self.same = same
        self.accounts = accounts
        """The accounts in which equal names are of different identities."""

    def of(self, resource: Resource) -> Place:
        """The place of a resource, which no other resource of the two stacks has, except the same."""
        if self.same is None:
            return end_of(resource)
        other = self.same.get(resource.urn)
        return end_of(other) if other else ("new", resource.urn)

    def named(self, stack: Stack, carrier: Resource, identity: tuple[str, str]) -> tuple[str, ...]:
        """What an identity with this type and name is called, in the account of a resource that carries its documents."""
        provider = provider_of(stack, carrier)
        account = only_account(provider) if provider else ""
        return ("outside", *identity, *({account} & self.accounts))


def counterparts(new: Sequence[Resource], old: Sequence[Resource]) -> Mapping[str, Resource]:
    """By URN of a resource of `new`, the same resource in `old`."""
    matched: dict[str, Resource] = {}
    taken: set[str] = set()
    for keys_of, keys_before in (
        (_identities, _identities),
        (_places, _places),
        (_former_places, _places),
        (_places, _former_places),
    ):
        own = _unique((resource for resource in new if resource.urn not in matched), keys_of)
        before = _unique((other for other in old if other.urn not in taken), keys_before)
        for key, resource in own.items():
            other = before.get(key)
            if other is None or resource.urn in matched or other.urn in taken or _apart(resource, other):
                continue
            if keys_of is _identities or not renamed(resource, other):
                matched[resource.urn] = other
                taken.add(other.urn)
    return matched


def renamed(resource: Resource, other: Resource) -> bool:
    """Whether two resources have different names, and Pulumi did not generate both."""
    name = NAMINGS[resource.type].name if resource.type in NAMINGS else "name"
    names = [properties.get(name) for properties in (resource.inputs, other.inputs)]
    known = resource.type in NAMED and all(isinstance(text, str) and text for text in names)
    return known and names[0] != names[1] and not all(GENERATED.search(str(text)) for text in names)


def _unique(
    resources: Iterable[Resource], keys_of: Callable[[Resource], Iterator[Hashable]]
) -> Mapping[Hashable, Resource]:
    """The resources by key, without keys that several have."""
    by_key: dict[Hashable, Resource] = {}
    several: set[Hashable] = set()
    for resource in resources:
        for key in keys_of(resource):
            if by_key.setdefault(key, resource) is not resource:
                several.add(key)
    return {key: resource for key, resource in by_key.items() if key not in several}


def _identities(resource: Resource) -> Iterator[Hashable]:
    arn = resource.outputs.get("arn")
    if isinstance(arn, str) and arn:
        yield canonical(resource.type), arn
    if resource.type in NAMED and (name := physical_name(resource)):
        yield canonical(resource.type), name
    for key in _natural_keys(resource):
        yield canonical(resource.type), key


def _natural_keys(resource: Resource) -> Iterator[tuple[str | None, ...]]:
    """The values of a resource's natural key, and its own alone, because what it is unique in may be unknown."""
    *scope, own = NATURAL_KEYS.get(canonical(resource.type), ("",))
    name = _text(resource.inputs.get(own))
    if name is not None:
        yield from dict.fromkeys(((*(_text(resource.inputs.get(part)) for part in scope), name), (None, name)))


def _apart(resource: Resource, other: Resource) -> bool:
    """Whether two resources with the same own value are in different places, so that they are not the same."""
    keys = [next(_natural_keys(side), (None,)) for side in (resource, other)]
    return keys[0][-1] == keys[1][-1] and any(
        None not in values and len({*values}) > 1 for values in zip(*(key[:-1] for key in keys), strict=True)
    )


def _text(value: object) -> str | None:
    """A property as text; None if it is absent or unknown."""
    texts = value if isinstance(value, list) else [value]
    known = bool(texts) and all(isinstance(text, str) and text for text in texts)
    return " ".join(sorted(map(str, texts))) if known else None


def _places(resource: Resource) -> Iterator[Hashable]:
    yield end_of(resource)


def _former_places(resource: Resource) -> Iterator[Hashable]:
    for alias in resource.options.aliases:
        yield _end(alias)


def _end(urn: str) -> Place:
    types, _, name = urn.split("::", 2)[-1].partition("::")
    return "$".join(map(canonical, types.split("$"))), name
