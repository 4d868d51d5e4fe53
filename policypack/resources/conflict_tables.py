"""Tables of what AWS keeps once: per bucket, per name, per function, and so on.

Sources: the notes on conflicts in the pages of each type at https://www.pulumi.com/registry/packages/aws/api-docs/.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from policypack.resources.tokens import BUCKET_TYPES

UNDOES = "changing or deleting one undoes the other"
EFFECTS: Mapping[str, str] = {"the same permission": "deleting one leaves the other in force"}
"""What follows if a second resource manages the same, by description, unless `UNDOES` follows."""


class Managed(msgspec.Struct, frozen=True):
    """What the resources of one type manage, and the properties that identify it."""

    description: str
    """With an article: `the policy of this topic`."""
    parts: tuple[str, ...]
    """Property names; one that ends in `?` may be absent; without the others the resource claims nothing."""
    only_known: bool = False
    """Whether only known values count: a second resource is rare, or harmless."""

    @property
    def effect(self) -> str:
        """What follows if a second resource manages it: a clause."""
        return EFFECTS.get(self.description, UNDOES)


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
    "sourceArn": (*BUCKET_TYPES, "aws:sns/topic:Topic", "aws:sqs/queue:Queue", "aws:cloudwatch/eventRule:EventRule"),
    "user": ("aws:iam/user:User",),
    "vpcEndpointId": ("aws:ec2/vpcEndpoint:VpcEndpoint",),
}
"""By property, the types whose id, name, URL or ARN it contains."""

_SIDECARS = {
    "apigateway/RestApiPolicy": ("the policy of this API", "restApiId", "policy"),
    "backup/VaultPolicy": ("the policy of this vault", "backupVaultName", ""),
    "dynamodb/ResourcePolicy": ("the policy of this table", "resourceArn", ""),
    "ec2/Route": ("", "routeTableId", "routes"),
    "ec2/SecurityGroupRule": ("", "securityGroupId", "egress ingress"),
    "ec2/VpcEndpointPolicy": ("", "vpcEndpointId", "policy"),
    "ecr/LifecyclePolicy": ("the lifecycle rules of this repository", "repository", ""),
    "ecr/RepositoryPolicy": ("the policy of this repository", "repository", ""),
    "efs/FileSystemPolicy": ("the policy of this file system", "fileSystemId", ""),
    "iam/GroupPolicy": ("the inline policy of this name and group", "group name", ""),
    "iam/GroupPolicyAttachment": ("the attachment of this policy to this group", "group policyArn", ""),
    "iam/RolePoliciesExclusive": ("the set of inline policies of this role", "roleName", "inlinePolicies"),
    "iam/RolePolicy": ("the inline policy of this name and role", "role name", "inlinePolicies"),
    "iam/RolePolicyAttachment": ("the attachment of this policy to this role", "role policyArn", "managedPolicyArns"),
    "iam/RolePolicyAttachmentsExclusive": (
        "the set of policies attached to this role",
        "roleName",
        "managedPolicyArns",
    ),
    "iam/UserPolicy": ("the inline policy of this name and user", "user name", ""),
    "iam/UserPolicyAttachment": ("the attachment of this policy to this user", "user policyArn", ""),
    "kinesis/ResourcePolicy": ("the policy of this stream", "resourceArn", ""),
    "kms/KeyPolicy": ("the policy of this key", "keyId", "policy"),
    "lambda/FunctionEventInvokeConfig": ("the asynchronous invocation of this function", "functionName qualifier?", ""),
    "lambda/FunctionUrl": ("the URL of this function", "functionName qualifier?", ""),
    "opensearch/DomainPolicy": ("the policy of this domain", "domainName", ""),
    "s3/BucketAccelerateConfiguration": ("transfer acceleration of this bucket", "bucket", "accelerationStatus"),
    "s3/BucketAcl": ("the ACL of this bucket", "bucket", "acl grants"),
    "s3/BucketCorsConfiguration": ("the CORS rules of this bucket", "bucket", "corsRules"),
    "s3/BucketLifecycleConfiguration": ("the lifecycle rules of this bucket", "bucket", "lifecycleRules"),
    "s3/BucketLogging": ("access logging of this bucket", "bucket", "logging loggings"),
    "s3/BucketMetadataConfiguration": ("the metadata tables of this bucket", "bucket", ""),
    "s3/BucketNotification": ("the event notifications of this bucket", "bucket", ""),
    "s3/BucketObjectLockConfiguration": ("the object lock of this bucket", "bucket", "objectLockConfiguration"),
    "s3/BucketOwnershipControls": ("the object ownership of this bucket", "bucket", ""),
    "s3/BucketPolicy": ("the policy of this bucket", "bucket", "policy"),
    "s3/BucketPublicAccessBlock": ("the access block of this bucket", "bucket", ""),
    "s3/BucketReplicationConfig": (
        "the replication rules of this bucket",
        "bucket",
        "replicationConfiguration replicationConfigurations",
    ),
    "s3/BucketRequestPaymentConfiguration": ("who pays for requests of this bucket", "bucket", "requestPayer"),
    "s3/BucketServerSideEncryptionConfiguration": (
        "the default encryption of this bucket",
        "bucket",
        "serverSideEncryptionConfiguration serverSideEncryptionConfigurations",
    ),
    "s3/BucketVersioning": ("the versioning of this bucket", "bucket", "versioning versionings"),
    "s3/BucketWebsiteConfiguration": ("the website of this bucket", "bucket", "website websites"),
    "secretsmanager/SecretPolicy": ("the policy of this secret", "secretArn", "policy"),
    "secretsmanager/SecretRotation": ("the rotation of this secret", "secretId", ""),
    "sns/DataProtectionPolicy": ("the data protection of this topic", "arn", ""),
    "sns/TopicPolicy": ("the policy of this topic", "arn", "policy"),
    "sqs/QueuePolicy": ("the policy of this queue", "queueUrl", "policy"),
    "sqs/RedriveAllowPolicy": ("who may use this dead-letter queue", "queueUrl", "redriveAllowPolicy"),
    "sqs/RedrivePolicy": ("the dead-letter queue of this queue", "queueUrl", "redrivePolicy"),
    "vpc/SecurityGroupEgressRule": ("", "securityGroupId", "egress"),
    "vpc/SecurityGroupIngressRule": ("", "securityGroupId", "ingress"),
}
"""By type, what it manages of another resource, the properties that identify that, and the same set inline.

The first property names the other resource, and the last are properties of the other resource. What it manages is empty
if another resource of the type may manage it too.
"""

_UNIQUE = (
    ("cloudwatch/EventRule", "the rule of this name", "name eventBusName?"),
    ("cloudwatch/LogGroup", "the log group of this name", "name"),
    ("dynamodb/Table", "the table of this name", "name"),
    ("ecr/Repository", "the repository of this name", "name"),
    ("ecs/Cluster", "the cluster of this name", "name"),
    ("iam/Group", "the group of this name", "name"),
    ("iam/Policy", "the customer managed policy of this name", "name"),
    ("iam/Role", "the role of this name", "name"),
    ("iam/User", "the user of this name", "name"),
    ("kinesis/Stream", "the stream of this name", "name"),
    ("kms/Alias", "the key alias of this name", "name"),
    ("lambda/EventSourceMapping", "the mapping of this source to this function", "functionName eventSourceArn topics?"),
    ("lambda/Function", "the function of this name", "name"),
    ("lambda/Permission", "the permission with this `statementId`", "function statementId qualifier?"),
    (
        "lambda/Permission",
        "the same permission",
        (
            "function action principal sourceArn? sourceAccount? qualifier? principalOrgId? eventSourceToken?"
            " functionUrlAuthType? invokedViaFunctionUrl?"
        ),
    ),
    ("s3/Bucket", "the bucket of this name", "bucket"),
    ("s3/BucketObject", "the object of this key", "bucket key"),
    ("secretsmanager/Secret", "the secret of this name", "name"),
    ("sfn/StateMachine", "the state machine of this name", "name"),
    ("sns/Topic", "the topic of this name", "name"),
    ("sqs/Queue", "the queue of this name", "name"),
    ("ssm/Parameter", "the parameter of this name", "name"),
)
"""Types, what exists once for each value of some properties, and these properties; only known values count."""

DEFAULTS: Mapping[str, Any] = {"acl": "private", "requestPayer": "BucketOwner"}
"""Values of inline properties that old providers write into the inputs by themselves."""


def _token(short: str) -> str:
    service, _, name = short.partition("/")
    return f"aws:{service}/{name[0].lower()}{name[1:]}:{name}"


def _managed() -> dict[str, list[Managed]]:
    managed: dict[str, list[Managed]] = defaultdict(list)
    for short, (description, parts, _) in _SIDECARS.items():
        if description:
            managed[_token(short)].append(Managed(description, tuple(parts.split())))
    for short, description, parts in _UNIQUE:
        managed[_token(short)].append(Managed(description, tuple(parts.split()), only_known=True))
    return managed


def _inline() -> dict[str, dict[str, dict[str, str]]]:
    properties: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for short, (_, parts, inline) in _SIDECARS.items():
        naming = parts.split()[0]
        for name in inline.split():
            properties[SUBJECTS[naming][0]][name][_token(short)] = naming
    return properties


MANAGED: Mapping[str, Sequence[Managed]] = dict(_managed())
"""By canonical token, what the resources of a type manage."""
INLINE: Mapping[str, Mapping[str, Mapping[str, str]]] = dict(_inline())
"""By canonical token and inline property, the types that manage the same, and their property that names the owner."""
