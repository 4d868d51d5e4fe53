"""Which resource a policy document protects, if another resource carries the document.

`aws:sqs/queuePolicy:QueuePolicy` protects the queue that its `queueUrl` refers to, and so on. Bucket policies are not in
the table, because one may be of several buckets (`policypack.access.exposure.bucket_settings`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from policypack.core.policy import Resource, Stack
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import value_at
from policypack.iam.tables import canonical
from policypack.resources.naming import NAMINGS, identifiers, name_in, physical_name
from policypack.resources.property_kinds.table import kind_of
from policypack.resources.property_kinds.values import cannot_name
from policypack.resources.providers import STAND_IN
from policypack.resources.references import resolve, resolve_all, written
from policypack.resources.tokens import BUCKET_TYPES, EVENT_BUS, FUNCTION, KEY, PERMISSION, QUEUE, TOPIC

WHOLE = frozenset({KEY, QUEUE, TOPIC, "aws:secretsmanager/secret:Secret"})
"""Types whose documents can name one ARN only, so that `*` in them is that ARN."""
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"

TARGETS: Mapping[str, tuple[str, ...]] = {
    "aws:acmpca/policy:Policy": ("resourceArn", "aws:acmpca/certificateAuthority:CertificateAuthority"),
    "aws:apigateway/restApiPolicy:RestApiPolicy": ("restApiId", "aws:apigateway/restApi:RestApi"),
    "aws:backup/vaultPolicy:VaultPolicy": ("backupVaultName", "aws:backup/vault:Vault"),
    "aws:cloudwatch/eventBusPolicy:EventBusPolicy": ("eventBusName", EVENT_BUS),
    "aws:cloudwatch/eventPermission:EventPermission": ("eventBusName", EVENT_BUS),
    "aws:cloudwatch/logDestinationPolicy:LogDestinationPolicy": (
        "destinationName",
        "aws:cloudwatch/logDestination:LogDestination",
    ),
    "aws:codeartifact/domainPermissions:DomainPermissions": ("domain", "aws:codeartifact/domain:Domain"),
    "aws:codeartifact/repositoryPermissionsPolicy:RepositoryPermissionsPolicy": (
        "repository",
        "aws:codeartifact/repository:Repository",
    ),
    "aws:dynamodb/resourcePolicy:ResourcePolicy": ("resourceArn", "aws:dynamodb/table:Table"),
    "aws:ec2/vpcEndpointServiceAllowedPrinciple:VpcEndpointServiceAllowedPrinciple": (
        "vpcEndpointServiceId",
        "aws:ec2/vpcEndpointService:VpcEndpointService",
    ),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": ("repository", "aws:ecr/repository:Repository"),
    "aws:efs/fileSystemPolicy:FileSystemPolicy": ("fileSystemId", "aws:efs/fileSystem:FileSystem"),
    "aws:elasticsearch/domainPolicy:DomainPolicy": ("domainName", "aws:elasticsearch/domain:Domain"),
    "aws:glacier/vaultLock:VaultLock": ("vaultName", "aws:glacier/vault:Vault"),
    "aws:kinesis/resourcePolicy:ResourcePolicy": ("resourceArn", "aws:kinesis/stream:Stream"),
    "aws:kms/keyPolicy:KeyPolicy": ("keyId", "aws:kms/key:Key", "aws:kms/externalKey:ExternalKey"),
    "aws:lambda/functionUrl:FunctionUrl": ("functionName", FUNCTION),
    PERMISSION: ("function", FUNCTION),
    "aws:lambda/resourcePolicy:ResourcePolicy": ("resourceArn", FUNCTION),
    "aws:mediastore/containerPolicy:ContainerPolicy": ("containerName", "aws:mediastore/container:Container"),
    "aws:msk/clusterPolicy:ClusterPolicy": ("clusterArn", "aws:msk/cluster:Cluster"),
    "aws:opensearch/domainPolicy:DomainPolicy": ("domainName", "aws:opensearch/domain:Domain"),
    "aws:s3control/accessPointPolicy:AccessPointPolicy": ("accessPointArn", "aws:s3/accessPoint:AccessPoint"),
    "aws:s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy": (
        "details.name",
        "aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint",
    ),
    "aws:s3control/objectLambdaAccessPointPolicy:ObjectLambdaAccessPointPolicy": (
        "name",
        "aws:s3control/objectLambdaAccessPoint:ObjectLambdaAccessPoint",
    ),
    "aws:secretsmanager/secretPolicy:SecretPolicy": ("secretArn", "aws:secretsmanager/secret:Secret"),
    "aws:ses/identityPolicy:IdentityPolicy": (
        "identity",
        "aws:ses/domainIdentity:DomainIdentity",
        "aws:ses/emailIdentity:EmailIdentity",
    ),
    "aws:sesv2/emailIdentityPolicy:EmailIdentityPolicy": ("emailIdentity", "aws:sesv2/emailIdentity:EmailIdentity"),
    "aws:sns/topicPolicy:TopicPolicy": ("arn", "aws:sns/topic:Topic"),
    "aws:sqs/queuePolicy:QueuePolicy": ("queueUrl", "aws:sqs/queue:Queue"),
}
"""By carrier, the property that names the target, and the target's types."""
TARGET_TYPES = frozenset(token for _, *types in TARGETS.values() for token in types)


def target_of(stack: Stack, carrier: Resource) -> Resource:
    """The resource that a carrier's document protects: one of the stack that it refers to, or else the carrier itself."""
    if canonical(carrier.type) not in TARGETS:
        return carrier
    place, *types = TARGETS[canonical(carrier.type)]
    top, _, inner = place.partition(".")
    value = written(carrier, top)
    if inner and isinstance(value, Mapping):
        value = value.get(inner)
    return resolve_all(stack, carrier, top, [value], *types)[0].only or carrier


def protected(stack: Stack, carrier: Resource) -> Resource:
    """The resource that a carrier's document protects, also for the policy of one certain bucket."""
    if carrier.type == BUCKET_POLICY:
        return resolve(stack, carrier, "bucket", *BUCKET_TYPES).only or carrier
    return target_of(stack, carrier)


DEFAULTS: Mapping[str, str] = {EVENT_BUS: "default"}
"""By type of target, the one that a carrier means which names none."""


def named_target(carrier: Resource) -> tuple[str, str] | None:
    """The type and the written name of the target of a carrier; None if it is the carrier, or unknown."""
    target, value = written_target(carrier)
    if value is None:
        value = DEFAULTS.get(target)
    if not isinstance(value, str) or not value:
        return None
    return target, name_in(value, target) if target in NAMINGS else last_name(value)


def written_target(carrier: Resource) -> tuple[str, Any]:
    """The type of the target of a carrier, empty if it is the carrier, and the value that refers to it."""
    kind = canonical(carrier.type)
    place, target = ("bucket", BUCKET_TYPES[0]) if kind == BUCKET_POLICY else TARGETS.get(kind, ("", ""))[:2]
    value = value_at({place.partition(".")[0]: written(carrier, place.partition(".")[0])}, place) if place else None
    return target, value


def on_target(document: PolicyDocument, target: Resource) -> PolicyDocument:
    """The document with the ARN of what it protects for `*`, if nothing else belongs to that."""
    arn = target.outputs.get("arn")
    if target.type not in WHOLE or not isinstance(arn, str) or not arn:
        return document
    statements = tuple(
        msgspec.structs.replace(
            statement, resources=tuple(arn if text == "*" else text for text in statement.resources)
        )
        if statement.allows and statement.resources
        else statement
        for statement in document.statements
    )
    return msgspec.structs.replace(document, statements=statements)


def last_name(text: str) -> str:
    """The name of a bus or the id of a key in an ARN; another text as it is."""
    return re.sub(r"^arn:aws.*:(?:event-bus|key)/", "", text)


_QUEUE_URL = re.compile(r"https://sqs\.([a-z0-9-]+)\.[a-z.]+/(\d{12})/([\w.-]+)")
_PARTITION = re.compile(r"^arn:aws[a-z-]*:")
_OWN = frozenset(
    {
        "aws:apigateway/restApi:RestApi",
        "aws:elasticsearch/domain:Domain",
        "aws:opensearch/domain:Domain",
        *BUCKET_TYPES,
        "aws:kms/key:Key",
        "aws:secretsmanager/secret:Secret",
        "aws:sns/topic:Topic",
        "aws:sqs/queue:Queue",
    }
)
"""Types whose own documents name the resource itself."""
_BY_NAME: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "aws:acmpca/policy:Policy": ("resourceArn", ()),
    "aws:amp/resourcePolicy:ResourcePolicy": (
        "workspaceId",
        ("aps:*:*:workspace/{}", "aps:*:*:rulegroupsnamespace/{}/*"),
    ),
    "aws:apigateway/restApiPolicy:RestApiPolicy": ("restApiId", ("execute-api:*:*:{}",)),
    "aws:backup/vaultPolicy:VaultPolicy": ("backupVaultName", ("backup:*:*:backup-vault:{}",)),
    "aws:bedrock/agentcoreResourcePolicy:AgentcoreResourcePolicy": ("resourceArn", ()),
    "aws:cloudsearch/domainServiceAccessPolicy:DomainServiceAccessPolicy": (
        "domainName",
        ("cloudsearch:*:*:domain/{}",),
    ),
    "aws:cloudwatch/eventBusPolicy:EventBusPolicy": ("eventBusName", ("events:*:*:event-bus/{}", "events:*:*:rule/{}")),
    "aws:cloudwatch/logDestinationPolicy:LogDestinationPolicy": ("destinationName", ("logs:*:*:destination:{}",)),
    "aws:codebuild/resourcePolicy:ResourcePolicy": ("resourceArn", ()),
    "aws:dsql/clusterPolicy:ClusterPolicy": ("identifier", ("dsql:*:*:cluster/{}",)),
    "aws:dynamodb/resourcePolicy:ResourcePolicy": ("resourceArn", ()),
    "aws:efs/fileSystemPolicy:FileSystemPolicy": ("fileSystemId", ("elasticfilesystem:*:*:file-system/{}",)),
    "aws:elasticsearch/domainPolicy:DomainPolicy": ("domainName", ("es:*:*:domain/{}",)),
    "aws:glacier/vault:Vault": ("name", ("glacier:*:*:vaults/{}",)),
    "aws:glacier/vaultLock:VaultLock": ("vaultName", ("glacier:*:*:vaults/{}",)),
    "aws:kinesis/resourcePolicy:ResourcePolicy": ("resourceArn", ()),
    "aws:kms/keyPolicy:KeyPolicy": ("keyId", ("kms:*:*:key/{}",)),
    "aws:lambda/resourcePolicy:ResourcePolicy": ("resourceArn", ()),
    "aws:mediastore/containerPolicy:ContainerPolicy": ("containerName", ("mediastore:*:*:container/{}",)),
    "aws:msk/clusterPolicy:ClusterPolicy": ("clusterArn", ()),
    "aws:networkfirewall/resourcePolicy:ResourcePolicy": ("resourceArn", ()),
    "aws:opensearch/domainPolicy:DomainPolicy": ("domainName", ("es:*:*:domain/{}",)),
    "aws:opensearchingest/resourcePolicy:ResourcePolicy": ("resourceArn", ()),
    "aws:s3/accessPoint:AccessPoint": ("name", ("s3*:*:*:*accesspoint/{}",)),
    "aws:s3/vectorsVectorBucketPolicy:VectorsVectorBucketPolicy": ("vectorBucketArn", ()),
    "aws:s3control/accessPointPolicy:AccessPointPolicy": ("accessPointArn", ()),
    "aws:s3control/objectLambdaAccessPointPolicy:ObjectLambdaAccessPointPolicy": (
        "name",
        ("s3-object-lambda:*:*:accesspoint/{}",),
    ),
    "aws:s3tables/tableBucketPolicy:TableBucketPolicy": ("tableBucketArn", ()),
    "aws:s3tables/tablePolicy:TablePolicy": ("tableBucketArn", ()),
    "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy": (
        "modelPackageGroupName",
        ("sagemaker:*:*:model-package-group/{}", "sagemaker:*:*:model-package/{}"),
    ),
    "aws:schemas/registryPolicy:RegistryPolicy": ("registryName", ("schemas:*:*:registry/{}", "schemas:*:*:schema/{}")),
    "aws:secretsmanager/secretPolicy:SecretPolicy": ("secretArn", ()),
    "aws:ses/identityPolicy:IdentityPolicy": ("identity", ("ses:*:*:identity/{}",)),
    "aws:sesv2/emailIdentityPolicy:EmailIdentityPolicy": ("emailIdentity", ("ses:*:*:identity/{}",)),
    "aws:sns/topicPolicy:TopicPolicy": ("arn", ()),
    "aws:sqs/queuePolicy:QueuePolicy": ("queueUrl", ()),
}
"""By carrier, the property that names what its documents are attached to, and the forms of that one's ARNs by its name.

Without a form the property has the ARN or the URL. Types are left out whose documents name what is of many resources,
such as an endpoint's, and those whose ARNs have a part that AWS creates, such as a Multi-Region Access Point's.
"""
_BESIDE: Mapping[str, tuple[str, ...]] = {
    "aws:backup/vaultPolicy:VaultPolicy": (
        "arn:aws:backup:*:*:recovery-point:*",
        *(f"arn:aws:{name}:*" for name in ("cloudformation", "ec2", "fsx", "rds", "redshift", "s3", "storagegateway")),
    )
}
"""By carrier, what else its documents name: a vault's recovery points, which are snapshots of other services."""
_WITH_PARTS: Mapping[str, tuple[str, ...]] = {
    ":kafka": (":cluster/", ":topic/", ":group/", ":transactional-id/"),
    ":events": (":event-bus/", ":rule/"),
}
"""By service, how the ARNs of a resource begin, and then those of its parts: the topics of a cluster, the rules of a bus."""
_OF_ITSELF = frozenset({"aws:glacier/vault:Vault", "aws:s3/accessPoint:AccessPoint"})
"""Carriers of `_BY_NAME` whose documents name the carrier itself."""
_REGISTRY = "aws:ecr/registryPolicy:RegistryPolicy"


def own_arns(stack: Stack, carrier: Resource) -> tuple[str, ...]:
    """Patterns of the ARNs that the documents of a resource may name; empty if they are unknown or of many kinds.

    A carrier whose property for the target holds an ARN or a URL that names nothing there has no known target.
    """
    kind = canonical(carrier.type)
    texts: list[Any] = []
    if _names_nothing(carrier):
        return ()
    if kind == BUCKET_POLICY:
        target = resolve(stack, carrier, "bucket", *BUCKET_TYPES).only
        texts = _bucket_arn(physical_name(target) if target else written(carrier, "bucket"))
    elif kind in BUCKET_TYPES:
        texts = _bucket_arn(physical_name(carrier))
    elif kind in _OWN:
        texts = _arns(carrier)
    elif kind == _REGISTRY:
        registry = carrier.outputs.get("registryId")
        known = isinstance(registry, str) and registry.isdigit() and registry != STAND_IN
        texts = [f"arn:aws:ecr:*:{registry}:repository/*"] if known else []
    elif kind in _BY_NAME:
        target = target_of(stack, carrier)
        texts = _arns(target) if target is not carrier or kind in _OF_ITSELF else []
        texts = texts or _written_target(carrier, kind)
        texts = [*texts, *_BESIDE.get(kind, ())] if any(isinstance(text, str) for text in texts) else []
    patterns = [in_one_partition(_pattern(text)) for text in texts if isinstance(text, str) and text]
    return tuple(f"{pattern}{rest}" for pattern in patterns for rest in ("", "/*", ":*"))


def _names_nothing(carrier: Resource) -> bool:
    """Whether the property that names a carrier's target holds an ARN or a URL that it cannot take."""
    name = "bucket" if carrier.type == BUCKET_POLICY else TARGETS.get(canonical(carrier.type), ("",))[0]
    value = written(carrier, name) if name else None
    return isinstance(value, str) and cannot_name(kind_of(carrier.type, name), value)


def _written_target(carrier: Resource, kind: str) -> list[Any]:
    """The ARN of the target, or its pattern, by the property that names it; a bus that is not named is the default one."""
    name, forms = _BY_NAME[kind]
    value = written(carrier, name)
    if value is None and kind in TARGETS:
        value = DEFAULTS.get(TARGETS[kind][1])
    if not isinstance(value, str) or not value:
        return []
    if value.startswith("arn:") or not forms:
        return [value, *_parts_of(value)]
    if value == DEFAULTS[EVENT_BUS] and TARGETS.get(kind, ("", ""))[1] == EVENT_BUS:
        return [f"arn:aws:{form.format(value)}" for form in forms[:1]] + ["arn:aws:events:*:*:rule/*"]
    return [f"arn:aws:{form.format(value)}" for form in forms]


def _parts_of(arn: str) -> list[str]:
    """The ARNs of the parts of a resource that do not begin with its own."""
    return [
        arn.replace(whole, part)
        for service, (whole, *parts) in _WITH_PARTS.items()
        if f"{service}:" in arn and whole in arn
        for part in parts
    ]


def in_one_partition(arn: str) -> str:
    """An ARN or a pattern with the partition of the public regions, whatever its own is."""
    return _PARTITION.sub("arn:aws:", arn)


def _pattern(text: str) -> str:
    """The pattern of the ARNs of what an ARN, a queue's URL or another id names."""
    if match := _QUEUE_URL.fullmatch(text):
        return f"arn:aws:sqs:{match[1]}:{match[2]}:{match[3]}"
    if text.startswith("arn:"):
        # AWS appends a `-` and six characters to the name of a secret
        return f"{text.rpartition('-')[0]}*" if ":secretsmanager:" in text else text
    return f"arn:*{text}"


def _bucket_arn(name: Any) -> list[str]:
    """The ARN of a bucket; a directory bucket has another."""
    return [f"arn:aws:s3:::{name}"] if isinstance(name, str) and name and not name.endswith("--x-s3") else []


def _arns(resource: Resource) -> list[str]:
    """The ARNs of a resource and of its parts: of an API those of its methods, of a bus those of its rules too."""
    if "executionArn" in resource.outputs or canonical(resource.type) == "aws:apigateway/restApi:RestApi":
        arns = [resource.outputs.get("executionArn")]
    else:
        arns = [text for text in identifiers(resource) if text.startswith("arn:")]
    known = [arn for arn in arns if isinstance(arn, str)]
    return [text for arn in known for text in (arn, *_parts_of(arn))]
