"""Physical identity: which resource of an account a resource is, and which ones it refers to, whatever their stacks.

A bucket is one by its name in a partition, an IAM identity by its name in an account. The account of a resource is that in
its ARN, else the one that its provider states, else the only one of the stack. Without an account an IAM name is nobody's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from policypack.core.memo import memoized
from policypack.core.policy import Resource, Stack
from policypack.iam.arn import Arn
from policypack.iam.condition_keys import ACCOUNT
from policypack.iam.tables import canonical
from policypack.resources.attachments import BOUNDARY, CARRIERS, MEMBERSHIPS
from policypack.resources.naming import name_in, physical_name
from policypack.resources.providers import CREDENTIALS, STAND_IN, accounts_of, is_default, provider_of
from policypack.resources.references import resolve_each, values_in, written
from policypack.resources.region import resource_regions
from policypack.resources.tokens import BUCKET_TYPES, GROUP, MANAGED_POLICY, ROLE, USER

BUCKET = BUCKET_TYPES[0]
OBJECTS = frozenset(
    {
        "aws:s3/bucketObject:BucketObject",
        "aws:s3/bucketObjectv2:BucketObjectv2",
    }
)
"""Types beside a bucket that configure nothing of it."""
SETTINGS = frozenset(
    {
        "aws:ebs/defaultKmsKey:DefaultKmsKey",
        "aws:ebs/encryptionByDefault:EncryptionByDefault",
        "aws:iam/accountPasswordPolicy:AccountPasswordPolicy",
        "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
    }
)
"""Types that set something for a whole account, or for a region of it."""
REGIONAL_SETTINGS = frozenset(token for token in SETTINGS if token.startswith("aws:ebs/"))
IDENTITIES = (ROLE, USER, GROUP, MANAGED_POLICY)


class Scope(msgspec.Struct, frozen=True):
    """Where a resource is; what is unknown is empty, and an unknown partition is that of the public regions."""

    partition: str
    account: str = ""
    region: str = ""


class Links(msgspec.Struct, frozen=True):
    """The entities that a resource is or belongs to, and the managed policies that it attaches or that bound it."""

    about: tuple[str, ...] = ()
    attaches: tuple[str, ...] = ()
    bounds: tuple[str, ...] = ()


def scope_of(stack: Stack, resource: Resource, accounts: Collection[str] = ()) -> Scope:
    """Where a resource is.

    Args:
        stack: with its providers.
        resource: of the stack.
        accounts: those that the stack's resources are known to be in; the stand-in account counts if it is among them.
    """
    arn = Arn.parse(str(resource.outputs.get("arn")))
    region = _regions(stack).get(resource.urn, "") or (arn.region if arn else "")
    return Scope(_partition(stack, arn, region), _account(stack, resource, arn, accounts), region)


def links_of(stack: Stack, resource: Resource, scope: Scope) -> Links:
    """What a resource is, belongs to and attaches, as keys that are equal in all stacks."""
    kind = canonical(resource.type)
    if kind in SETTINGS:
        place = f"{scope.account} {scope.region}" if kind in REGIONAL_SETTINGS else scope.account
        return Links((f"{kind} {scope.partition} {place}",) if scope.account else ())
    if kind == BUCKET:
        return Links(tuple(_keys(scope, BUCKET, physical_name(resource))))
    if kind.startswith("aws:s3/bucket") and kind not in OBJECTS:
        return Links(tuple(_referred(stack, resource, scope, "bucket", BUCKET)))
    about = [*_keys(scope, kind, physical_name(resource))] if kind in IDENTITIES else []
    attaching, identities = CARRIERS.get(resource.type, ("", {}))
    members = zip(MEMBERSHIPS.get(resource.type, ()), (USER, GROUP), strict=False)
    for name, token in (*identities.items(), *members):
        about += _referred(stack, resource, scope, name, token)
    attaches = _referred(stack, resource, scope, attaching, MANAGED_POLICY) if attaching else ()
    bounds = _referred(stack, resource, scope, BOUNDARY, MANAGED_POLICY) if kind in (ROLE, USER) else ()
    return Links(tuple(dict.fromkeys(about)), tuple(attaches), tuple(bounds))


def joins(token: str) -> bool:
    """Whether a resource of a type says something about a resource that another stack may have."""
    kind = canonical(token)
    beside = kind.startswith("aws:s3/bucket") and kind not in OBJECTS
    return beside or kind in SETTINGS or kind in IDENTITIES or token in CARRIERS or token in MEMBERSHIPS


def _keys(scope: Scope, token: str, name: str | None) -> Iterator[str]:
    if name and token == BUCKET:
        yield f"{BUCKET} {scope.partition} {name}"
    elif name and scope.account:
        yield f"{token} {scope.partition} {scope.account} {name}"


def _referred(stack: Stack, resource: Resource, scope: Scope, name: str, token: str) -> Iterator[str]:
    """The keys of what a property certainly refers to, in this stack or another."""
    values = values_in(written(resource, name))
    types = BUCKET_TYPES if token == BUCKET else (token,)
    for value, resolved in zip(values, resolve_each(stack, resource, name, *types), strict=True):
        if resolved.only is not None:
            yield from _keys(_named_scope(scope, resolved.only.outputs.get("arn")), token, physical_name(resolved.only))
        elif isinstance(value, str) and resolved.foreign:
            arn = Arn.parse(value)
            if not (arn and arn.account == "aws"):
                yield from _keys(_named_scope(scope, value), token, name_in(value, token))


def _named_scope(scope: Scope, arn: object) -> Scope:
    """The scope that an ARN names, completed by that of the resource which contains it."""
    parsed = Arn.parse(str(arn))
    return Scope(parsed.partition, parsed.account or scope.account) if parsed else scope


def _account(stack: Stack, resource: Resource, arn: Arn | None, accounts: Collection[str]) -> str:
    stated = resource.inputs.get("accountId") if resource.type in SETTINGS else None
    texts = (stated if isinstance(stated, str) else "", arn.account if arn else "", _attached_account(resource))
    known = [text for text in texts if _real(text, accounts)]
    if known:
        return known[0]
    provider = provider_of(stack, resource)
    possible = accounts_of(stack, provider) if provider else frozenset()
    if not possible and (provider is None or _own(provider)):
        possible = frozenset(accounts)
    only = next(iter(possible)) if len(possible) == 1 else ""
    return only if _real(only, accounts) else ""


@memoized
def _own(provider: Resource) -> bool:
    """Whether a provider works in the stack's own account."""
    return is_default(provider) or not any(provider.inputs.get(name) for name in CREDENTIALS)


def _attached_account(resource: Resource) -> str:
    """The account of the managed policy that a resource attaches: an identity has policies of its own account only."""
    attaching, identities = CARRIERS.get(resource.type, ("", {}))
    value = resource.inputs.get(attaching) if identities else None
    arn = Arn.parse(value) if isinstance(value, str) else None
    return arn.account if arn else ""


def _real(account: str, accounts: Collection[str]) -> bool:
    return ACCOUNT.fullmatch(account) is not None and (account != STAND_IN or STAND_IN in accounts)


def _partition(stack: Stack, arn: Arn | None, region: str) -> str:
    if arn:
        return arn.partition
    beginnings = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
    fixed = next((partition for start, partition in beginnings.items() if region.startswith(start)), "")
    return fixed or ("aws" if region else _usual_partition(stack))


@memoized
def _usual_partition(stack: Stack) -> str:
    """The one partition of the ARNs of a stack's resources."""
    arns = (Arn.parse(str(resource.outputs.get("arn"))) for resource in stack.resources)
    partitions = {arn.partition for arn in arns if arn}
    return partitions.pop() if len(partitions) == 1 else "aws"


@memoized
def _regions(stack: Stack) -> dict[str, str]:
    located = ((entry.resource.urn, entry.region) for entry in resource_regions(stack))
    return {urn: region for urn, region in located if isinstance(region, str)}
