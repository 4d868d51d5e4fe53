"""Which resources manage the same thing: two claims on it, or an inline setting beside a resource of its own.

The tables hold what AWS keeps once for each subject. Sources: the notes on conflicts in the pages of each type at
https://www.pulumi.com/registry/packages/aws/api-docs/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from policypack.core.memo import memoized
from policypack.core.policy import Resource, Stack
from policypack.iam.tables import canonical
from policypack.resources.ownership import UNTRACED, Claim, Identity, Part, claims, part_of, uncertain

_PER_BUCKET = {
    "aws:s3/bucketAccelerateConfiguration:BucketAccelerateConfiguration": "transfer acceleration",
    "aws:s3/bucketAcl:BucketAcl": "the ACL",
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": "the CORS rules",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "the lifecycle rules",
    "aws:s3/bucketLogging:BucketLogging": "access logging",
    "aws:s3/bucketMetadataConfiguration:BucketMetadataConfiguration": "the metadata tables",
    "aws:s3/bucketNotification:BucketNotification": "the event notifications",
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": "the object lock",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "the object ownership",
    "aws:s3/bucketPolicy:BucketPolicy": "the policy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "the access block",
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": "the replication rules",
    "aws:s3/bucketRequestPaymentConfiguration:BucketRequestPaymentConfiguration": "who pays for requests",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": "the default encryption",
    "aws:s3/bucketVersioning:BucketVersioning": "the versioning",
    "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration": "the website",
}

_PER_NAME = {
    "aws:cloudwatch/logGroup:LogGroup": "log group",
    "aws:dynamodb/table:Table": "table",
    "aws:ecr/repository:Repository": "repository",
    "aws:ecs/cluster:Cluster": "cluster",
    "aws:iam/group:Group": "group",
    "aws:iam/policy:Policy": "customer managed policy",
    "aws:iam/role:Role": "role",
    "aws:iam/user:User": "user",
    "aws:kinesis/stream:Stream": "stream",
    "aws:kms/alias:Alias": "key alias",
    "aws:lambda/function:Function": "function",
    "aws:secretsmanager/secret:Secret": "secret",
    "aws:sfn/stateMachine:StateMachine": "state machine",
    "aws:sns/topic:Topic": "topic",
    "aws:sqs/queue:Queue": "queue",
    "aws:ssm/parameter:Parameter": "parameter",
}

IDENTITIES: Mapping[str, tuple[Identity, ...]] = {
    **{token: (Identity(f"{thing} of this bucket", ("bucket",)),) for token, thing in _PER_BUCKET.items()},
    **{token: (Identity(f"the {thing} of this name", ("name",), surely=True),) for token, thing in _PER_NAME.items()},
    "aws:apigateway/restApiPolicy:RestApiPolicy": (Identity("the policy of this API", ("restApiId",)),),
    "aws:backup/vaultPolicy:VaultPolicy": (Identity("the policy of this vault", ("backupVaultName",)),),
    "aws:cloudwatch/eventRule:EventRule": (Identity("the rule of this name", ("name", "eventBusName?"), surely=True),),
    "aws:dynamodb/resourcePolicy:ResourcePolicy": (Identity("the policy of this table", ("resourceArn",)),),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": (Identity("the lifecycle rules of this repository", ("repository",)),),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": (Identity("the policy of this repository", ("repository",)),),
    "aws:efs/fileSystemPolicy:FileSystemPolicy": (Identity("the policy of this file system", ("fileSystemId",)),),
    "aws:iam/groupPolicy:GroupPolicy": (Identity("the inline policy of this name and group", ("group", "name")),),
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": (
        Identity("the attachment of this policy to this group", ("group", "policyArn")),
    ),
    "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive": (
        Identity("the set of inline policies of this role", ("roleName",)),
    ),
    "aws:iam/rolePolicy:RolePolicy": (Identity("the inline policy of this name and role", ("role", "name")),),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": (
        Identity("the attachment of this policy to this role", ("role", "policyArn")),
    ),
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": (
        Identity("the set of policies attached to this role", ("roleName",)),
    ),
    "aws:iam/userPolicy:UserPolicy": (Identity("the inline policy of this name and user", ("user", "name")),),
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": (
        Identity("the attachment of this policy to this user", ("user", "policyArn")),
    ),
    "aws:kinesis/resourcePolicy:ResourcePolicy": (Identity("the policy of this stream", ("resourceArn",)),),
    "aws:kms/keyPolicy:KeyPolicy": (Identity("the policy of this key", ("keyId",)),),
    "aws:lambda/eventSourceMapping:EventSourceMapping": (
        Identity(
            "the mapping of this source to this function", ("functionName", "eventSourceArn", "topics?"), surely=True
        ),
    ),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": (
        Identity("the asynchronous invocation of this function", ("functionName", "qualifier?")),
    ),
    "aws:lambda/functionUrl:FunctionUrl": (Identity("the URL of this function", ("functionName", "qualifier?")),),
    "aws:lambda/permission:Permission": (
        Identity("the permission with this `statementId`", ("function", "statementId", "qualifier?"), surely=True),
        Identity(
            "the same permission",
            (
                "function",
                "action",
                "principal",
                "sourceArn?",
                "sourceAccount?",
                "qualifier?",
                "principalOrgId?",
                "eventSourceToken?",
                "functionUrlAuthType?",
                "invokedViaFunctionUrl?",
            ),
            surely=True,
        ),
    ),
    "aws:opensearch/domainPolicy:DomainPolicy": (Identity("the policy of this domain", ("domainName",)),),
    "aws:s3/bucket:Bucket": (Identity("the bucket of this name", ("bucket",), surely=True),),
    "aws:s3/bucketObject:BucketObject": (Identity("the object of this key", ("bucket", "key"), surely=True),),
    "aws:secretsmanager/secretPolicy:SecretPolicy": (Identity("the policy of this secret", ("secretArn",)),),
    "aws:secretsmanager/secretRotation:SecretRotation": (Identity("the rotation of this secret", ("secretId",)),),
    "aws:sns/dataProtectionPolicy:DataProtectionPolicy": (Identity("the data protection of this topic", ("arn",)),),
    "aws:sns/topicPolicy:TopicPolicy": (Identity("the policy of this topic", ("arn",)),),
    "aws:sqs/queuePolicy:QueuePolicy": (Identity("the policy of this queue", ("queueUrl",)),),
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": (Identity("who may use this dead-letter queue", ("queueUrl",)),),
    "aws:sqs/redrivePolicy:RedrivePolicy": (Identity("the dead-letter queue of this queue", ("queueUrl",)),),
}
"""What each type manages, by canonical token."""

_ACL = "aws:s3/bucketAcl:BucketAcl"
_ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
INLINE: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "aws:apigateway/restApi:RestApi": {"policy": {"aws:apigateway/restApiPolicy:RestApiPolicy": "restApiId"}},
    "aws:ec2/routeTable:RouteTable": {"routes": {"aws:ec2/route:Route": "routeTableId"}},
    "aws:ec2/securityGroup:SecurityGroup": {
        "egress": {
            "aws:ec2/securityGroupRule:SecurityGroupRule": "securityGroupId",
            "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "securityGroupId",
        },
        "ingress": {
            "aws:ec2/securityGroupRule:SecurityGroupRule": "securityGroupId",
            "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "securityGroupId",
        },
    },
    "aws:ec2/vpcEndpoint:VpcEndpoint": {"policy": {"aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy": "vpcEndpointId"}},
    "aws:iam/role:Role": {
        "inlinePolicies": {
            "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive": "roleName",
            "aws:iam/rolePolicy:RolePolicy": "role",
        },
        "managedPolicyArns": {
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "role",
            "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": "roleName",
        },
    },
    "aws:kms/key:Key": {"policy": {"aws:kms/keyPolicy:KeyPolicy": "keyId"}},
    "aws:s3/bucket:Bucket": {
        "accelerationStatus": {"aws:s3/bucketAccelerateConfiguration:BucketAccelerateConfiguration": "bucket"},
        "acl": {_ACL: "bucket"},
        "corsRules": {"aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": "bucket"},
        "grants": {_ACL: "bucket"},
        "lifecycleRules": {"aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "bucket"},
        "logging": {"aws:s3/bucketLogging:BucketLogging": "bucket"},
        "loggings": {"aws:s3/bucketLogging:BucketLogging": "bucket"},
        "objectLockConfiguration": {"aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": "bucket"},
        "policy": {"aws:s3/bucketPolicy:BucketPolicy": "bucket"},
        "replicationConfiguration": {"aws:s3/bucketReplicationConfig:BucketReplicationConfig": "bucket"},
        "replicationConfigurations": {"aws:s3/bucketReplicationConfig:BucketReplicationConfig": "bucket"},
        "requestPayer": {"aws:s3/bucketRequestPaymentConfiguration:BucketRequestPaymentConfiguration": "bucket"},
        "serverSideEncryptionConfiguration": {_ENCRYPTION: "bucket"},
        "serverSideEncryptionConfigurations": {_ENCRYPTION: "bucket"},
        "versioning": {"aws:s3/bucketVersioning:BucketVersioning": "bucket"},
        "versionings": {"aws:s3/bucketVersioning:BucketVersioning": "bucket"},
        "website": {"aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration": "bucket"},
        "websites": {"aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration": "bucket"},
    },
    "aws:secretsmanager/secret:Secret": {"policy": {"aws:secretsmanager/secretPolicy:SecretPolicy": "secretArn"}},
    "aws:sns/topic:Topic": {"policy": {"aws:sns/topicPolicy:TopicPolicy": "arn"}},
    "aws:sqs/queue:Queue": {
        "policy": {"aws:sqs/queuePolicy:QueuePolicy": "queueUrl"},
        "redriveAllowPolicy": {"aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": "queueUrl"},
        "redrivePolicy": {"aws:sqs/redrivePolicy:RedrivePolicy": "queueUrl"},
    },
}
"""By canonical token, the inline properties that another type manages too, and by which property it names the owner."""

AS_BY_DEFAULT: Mapping[str, Any] = {"acl": "private", "requestPayer": "BucketOwner"}
"""Values that old providers write into the inputs by themselves."""


class Contest(msgspec.Struct, frozen=True):
    """Two resources that manage one thing, or may; `later` and `first` are by URN, to be the same in every run.

    `inline` is the property of `first` that manages it, and `thing` is empty then. `path` is the property of `later`
    that names what the two share.
    """

    later: Resource
    path: str
    first: Resource
    thing: str
    certain: bool
    inline: str = ""


def contests(stack: Stack) -> Iterator[Contest]:
    """Every later resource that manages, or may manage, what an earlier one does, once for each thing."""
    found: dict[tuple[str, Identity], list[Claim]] = {}
    for claim in claims(stack, IDENTITIES):
        found.setdefault((canonical(claim.resource.type), claim.identity), []).append(claim)
    for made in found.values():
        yield from _doubled(made)
        yield from _untraced(made)
    yield from _beside_inline(stack)


def _doubled(made: Sequence[Claim]) -> Iterator[Contest]:
    """Claims with equal parts, each against the first of them."""
    first: dict[tuple[Part, ...], Claim] = {}
    for claim in made:
        if UNTRACED not in claim.parts:
            earlier = first.setdefault(claim.parts, claim)
            if earlier is not claim:
                yield _contest(claim, earlier, 0, certain=not any(map(uncertain, claim.parts)))


def _untraced(made: Sequence[Claim]) -> Iterator[Contest]:
    """Claims that may be any other's: each against the first that it does not differ from."""
    for index, claim in enumerate(made):
        if UNTRACED in claim.parts:
            others = (each for place, each in enumerate(made) if place < index or UNTRACED not in each.parts)
            other = next((each for each in others if _may_equal(claim.parts, each.parts)), None)
            if other:
                yield _contest(claim, other, claim.parts.index(UNTRACED), certain=False)


def _may_equal(some: tuple[Part, ...], other: tuple[Part, ...]) -> bool:
    return all(one == two or UNTRACED in (one, two) for one, two in zip(some, other, strict=True))


def _contest(later: Claim, first: Claim, part: int, *, certain: bool) -> Contest:
    return Contest(
        later.resource, later.identity.parts[part].rstrip("?"), first.resource, later.identity.thing, certain
    )


def _beside_inline(stack: Stack) -> Iterator[Contest]:
    """Resources that manage what another one sets inline."""
    for owner in stack.resources:
        inline = INLINE.get(canonical(owner.type), {})
        for name, sidecars in inline.items():
            if owner.inputs.get(name) in (None, "", [], {}, AS_BY_DEFAULT.get(name)):
                continue
            for token, naming in sidecars.items():
                owned = _by_owner(stack, token, naming)
                for part in (("is", owner.urn), UNTRACED):
                    for sidecar in owned.get(part, ()):
                        if sidecar.inputs.get("type") not in set(inline) - {name}:
                            yield Contest(sidecar, naming, owner, "", part is not UNTRACED, name)


@memoized
def _by_owner(stack: Stack, token: str, naming: str) -> Mapping[Part, Sequence[Resource]]:
    """The resources of one type, by what they name as their owner."""
    by_owner: dict[Part, list[Resource]] = {}
    for resource in _of(stack, token):
        by_owner.setdefault(part_of(stack, resource, naming), []).append(resource)
    return by_owner


def _of(stack: Stack, token: str) -> Iterator[Resource]:
    return (resource for each, found in stack.by_type.items() if canonical(each) == token for resource in found)
