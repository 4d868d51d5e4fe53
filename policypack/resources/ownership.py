"""What each resource claims to manage, so that two claims on one thing can be found.

A claim's parts are properties (a bucket, a role and a policy's ARN) that may name a resource of the stack by reference,
by name or by ARN. A part that nobody knows yet is the same as another only if both were computed from the same
resources, and even then perhaps not; one that cannot be traced at all may be the same as any.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from policypack.core.memo import memoized
from policypack.core.policy import Reference, Resource, Stack, Unknown
from policypack.iam.tables import canonical
from policypack.resources.naming import identifiers
from policypack.resources.references import resolve, written
from policypack.resources.tokens import BUCKET_TYPES

Part = tuple[str, ...]
"""`("is", urn)`, `("text", scope, text)`, `("absent",)`, or uncertain: `("from", urn …)` and `UNTRACED`."""
UNTRACED: Part = ("untraced",)

SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "arn": ("aws:sns/topic:Topic",),
    "backupVaultName": ("aws:backup/vault:Vault",),
    "bucket": BUCKET_TYPES,
    "domainName": ("aws:opensearch/domain:Domain",),
    "eventSourceArn": ("aws:sqs/queue:Queue", "aws:kinesis/stream:Stream"),
    "fileSystemId": ("aws:efs/fileSystem:FileSystem",),
    "function": ("aws:lambda/function:Function",),
    "functionName": ("aws:lambda/function:Function",),
    "group": ("aws:iam/group:Group",),
    "keyId": ("aws:kms/key:Key",),
    "policyArn": ("aws:iam/policy:Policy",),
    "queueUrl": ("aws:sqs/queue:Queue",),
    "repository": ("aws:ecr/repository:Repository",),
    "restApiId": ("aws:apigateway/restApi:RestApi",),
    "role": ("aws:iam/role:Role",),
    "roleName": ("aws:iam/role:Role",),
    "routeTableId": ("aws:ec2/routeTable:RouteTable",),
    "secretArn": ("aws:secretsmanager/secret:Secret",),
    "secretId": ("aws:secretsmanager/secret:Secret",),
    "securityGroupId": ("aws:ec2/securityGroup:SecurityGroup",),
    "sourceArn": (
        *BUCKET_TYPES,
        "aws:sns/topic:Topic",
        "aws:sqs/queue:Queue",
        "aws:cloudwatch/eventRule:EventRule",
    ),
    "user": ("aws:iam/user:User",),
    "vpcEndpointId": ("aws:ec2/vpcEndpoint:VpcEndpoint",),
}
"""By property, the types whose id, name, URL or ARN it holds."""


class Identity(msgspec.Struct, frozen=True):
    """What resources of one type manage, and the properties that say which."""

    thing: str
    """With an article: `the policy of the topic`."""
    parts: tuple[str, ...]
    """Property names; one that ends in `?` may be absent, without the others there is no claim."""
    surely: bool = False
    """Whether only known values count: for what is rarely doubled, or harmless where it is."""


class Claim(msgspec.Struct, frozen=True):
    """One resource's claim on one thing."""

    resource: Resource
    identity: Identity
    parts: tuple[Part, ...]


def claims(stack: Stack, table: Mapping[str, Iterable[Identity]]) -> Iterator[Claim]:
    """Every claim of the types in `table` (by canonical token).

    They come in the order of their URNs: a program's resources register in another order in every run.
    """
    managed = (each for each in stack.resources if not each.external)
    for resource in sorted(managed, key=lambda each: each.urn):
        for identity in table.get(canonical(resource.type), ()):
            parts = tuple(part_of(stack, resource, name.rstrip("?")) for name in identity.parts)
            needed = zip(identity.parts, parts, strict=True)
            if any(part == ("absent",) and not name.endswith("?") for name, part in needed):
                continue
            if not (identity.surely and any(map(uncertain, parts))):
                yield Claim(resource, identity, parts)


def uncertain(part: Part) -> bool:
    """Whether equal parts may still differ."""
    return part[0] in {"from", "untraced"}


@memoized
def part_of(stack: Stack, resource: Resource, name: str) -> Part:
    """What the property `name` of `resource` refers to."""
    value = written(resource, name)
    if value is None or value == "":
        return ("absent",)
    if isinstance(value, Reference):
        return ("is", value.urn)
    origins = resource.property_dependencies.get(name, ())
    own_name = name == "bucket" and resource.type in BUCKET_TYPES
    types = () if own_name else SUBJECTS.get(name, ())
    subjects = resolve(stack, resource, name, *types).resources if types else ()
    for found in sorted(subjects, key=lambda each: each.urn):
        if name == "bucket" or (_names(resource, found, value) if isinstance(value, str) else found.urn in origins):
            return ("is", found.urn)
    if not isinstance(value, Unknown):
        text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=repr)
        return ("text", _scope(resource, name, text), text)
    return ("from", *sorted(origins)) if origins else UNTRACED


def _names(resource: Resource, subject: Resource, text: str) -> bool:
    """Whether a text is a name, id, URL or ARN of the subject, in the scope of the resource that holds it."""
    return text in identifiers(subject) and _scope(resource, "", text) == _scope(subject, "", text)


def _scope(resource: Resource, name: str, text: str) -> str:
    """Where a text is unique: buckets' names, ARNs and URLs are so everywhere, names in one account and region."""
    if name == "bucket" or ":" in text:
        return ""
    return f"{resource.provider} {resource.inputs.get('region') or ''}"
