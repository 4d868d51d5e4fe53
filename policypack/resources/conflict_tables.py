"""Tables of what AWS keeps once: per bucket, per name, per function, and so on.

Sources: the notes on conflicts in the pages of each type at https://www.pulumi.com/registry/packages/aws/api-docs/.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from policypack.resources.tokens import BUCKET_TYPES

PROVIDER = "@provider"
UNDOES = "changing or deleting one undoes the other"
EFFECTS: Mapping[str, str] = {"the same permission": "deleting one leaves the other in force"}
"""What follows if a second resource manages the same, by description, unless `UNDOES` follows."""


class Managed(msgspec.Struct, frozen=True):
    """What the resources of one type manage, and the properties that identify it."""

    description: str
    """With an article: `the policy of this topic`."""
    parts: tuple[str, ...]
    """Property names; without one the resource claims nothing, unless a `?` follows it, and possibly its default.

    `PROVIDER` stands for the account and region.
    """
    only_known: bool = False
    """Whether only known values count: a second resource is rare, or harmless."""

    @property
    def effect(self) -> str:
        """What follows if a second resource manages it: a clause."""
        return EFFECTS.get(self.description, UNDOES)


SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "apiId": ("aws:apigatewayv2/api:Api",),
    "arn": ("aws:sns/topic:Topic",),
    "backupVaultName": ("aws:backup/vault:Vault",),
    "bucket": BUCKET_TYPES,
    "cluster": ("aws:ecs/cluster:Cluster",),
    "clusterName": ("aws:eks/cluster:Cluster",),
    "domainName": ("aws:opensearch/domain:Domain",),
    "endpoint": ("aws:sqs/queue:Queue", "aws:lambda/function:Function"),
    "eventBusName": ("aws:cloudwatch/eventBus:EventBus",),
    "eventSourceArn": ("aws:sqs/queue:Queue", "aws:kinesis/stream:Stream"),
    "fileSystemId": ("aws:efs/fileSystem:FileSystem",),
    "function": ("aws:lambda/function:Function",),
    "functionName": ("aws:lambda/function:Function",),
    "group": ("aws:iam/group:Group",),
    "groupName": ("aws:iam/group:Group", "aws:scheduler/scheduleGroup:ScheduleGroup"),
    "groups": ("aws:iam/group:Group",),
    "keyId": ("aws:kms/key:Key",),
    "listenerArn": ("aws:lb/listener:Listener",),
    "loadBalancerArn": ("aws:lb/loadBalancer:LoadBalancer",),
    "logGroup": ("aws:cloudwatch/logGroup:LogGroup",),
    "logGroupName": ("aws:cloudwatch/logGroup:LogGroup",),
    "managedPolicyArns": ("aws:iam/policy:Policy",),
    "networkAclId": ("aws:ec2/networkAcl:NetworkAcl",),
    "parentId": ("aws:apigateway/resource:Resource", "aws:apigateway/restApi:RestApi"),
    "policyArn": ("aws:iam/policy:Policy",),
    "policyArns": ("aws:iam/policy:Policy",),
    "policyNames": (
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/userPolicy:UserPolicy",
        "aws:iam/groupPolicy:GroupPolicy",
    ),
    "queueUrl": ("aws:sqs/queue:Queue",),
    "repository": ("aws:ecr/repository:Repository",),
    "resourceId": ("aws:apigateway/resource:Resource", "aws:apigateway/restApi:RestApi"),
    "restApi": ("aws:apigateway/restApi:RestApi",),
    "restApiId": ("aws:apigateway/restApi:RestApi",),
    "role": ("aws:iam/role:Role",),
    "roleName": ("aws:iam/role:Role",),
    "routeTableId": ("aws:ec2/routeTable:RouteTable",),
    "rule": ("aws:cloudwatch/eventRule:EventRule",),
    "secretArn": ("aws:secretsmanager/secret:Secret",),
    "secretId": ("aws:secretsmanager/secret:Secret",),
    "securityGroupId": ("aws:ec2/securityGroup:SecurityGroup",),
    "sourceArn": (*BUCKET_TYPES, "aws:sns/topic:Topic", "aws:sqs/queue:Queue", "aws:cloudwatch/eventRule:EventRule"),
    "subnetId": ("aws:ec2/subnet:Subnet",),
    "topic": ("aws:sns/topic:Topic",),
    "user": ("aws:iam/user:User",),
    "userName": ("aws:iam/user:User",),
    "userPoolId": ("aws:cognito/userPool:UserPool",),
    "users": ("aws:iam/user:User",),
    "vpcEndpointId": ("aws:ec2/vpcEndpoint:VpcEndpoint",),
    "vpcId": ("aws:ec2/vpc:Vpc",),
    "zoneId": ("aws:route53/zone:Zone",),
}
"""By property, the types whose id, name, URL or ARN it contains."""

_SIDECARS = {
    "apigateway/RestApiPolicy": ("the policy of this API", "restApiId", "policy"),
    "backup/VaultPolicy": ("the policy of this vault", "backupVaultName", ""),
    "dynamodb/ResourcePolicy": ("the policy of this table", "resourceArn", ""),
    "ec2/MainRouteTableAssociation": ("the main route table of this VPC", "vpcId", ""),
    "ec2/Route": ("", "routeTableId", "routes"),
    "ec2/SecurityGroupRule": ("", "securityGroupId", "egress ingress"),
    "ec2/VpcEndpointPolicy": ("", "vpcEndpointId", "policy"),
    "ecr/LifecyclePolicy": ("the lifecycle rules of this repository", "repository", ""),
    "ecr/RepositoryPolicy": ("the policy of this repository", "repository", ""),
    "efs/FileSystemPolicy": ("the policy of this file system", "fileSystemId", ""),
    "iam/GroupMembership": ("the members of this group", "group", ""),
    "iam/GroupPoliciesExclusive": ("the set of inline policies of this group", "groupName", ""),
    "iam/GroupPolicy": ("the inline policy of this name and group", "group name", ""),
    "iam/GroupPolicyAttachment": ("the attachment of this policy to this group", "group policyArn", ""),
    "iam/GroupPolicyAttachmentsExclusive": ("the set of policies attached to this group", "groupName", ""),
    "iam/PolicyAttachment": ("every attachment of this policy in the account", "policyArn @provider", ""),
    "iam/RolePoliciesExclusive": ("the set of inline policies of this role", "roleName", "inlinePolicies"),
    "iam/RolePolicy": ("the inline policy of this name and role", "role name", "inlinePolicies"),
    "iam/RolePolicyAttachment": ("the attachment of this policy to this role", "role policyArn", "managedPolicyArns"),
    "iam/RolePolicyAttachmentsExclusive": (
        "the set of policies attached to this role",
        "roleName",
        "managedPolicyArns",
    ),
    "iam/UserPoliciesExclusive": ("the set of inline policies of this user", "userName", ""),
    "iam/UserPolicy": ("the inline policy of this name and user", "user name", ""),
    "iam/UserPolicyAttachment": ("the attachment of this policy to this user", "user policyArn", ""),
    "iam/UserPolicyAttachmentsExclusive": ("the set of policies attached to this user", "userName", ""),
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
    ("apigateway/Integration", "the integration of this method", "restApi resourceId httpMethod"),
    ("apigateway/Method", "the method of this resource", "restApi resourceId httpMethod"),
    ("apigateway/Resource", "the resource of this path", "restApi parentId pathPart"),
    ("apigateway/Stage", "the stage of this name", "restApi stageName"),
    ("apigatewayv2/Route", "the route of this key", "apiId routeKey"),
    ("apigatewayv2/Stage", "the stage of this name", "apiId name"),
    ("appautoscaling/Target", "the scaling of this dimension", "resourceId scalableDimension"),
    ("cloudwatch/Dashboard", "the dashboard of this name", "dashboardName"),
    ("cloudwatch/EventBus", "the event bus of this name", "name"),
    ("cloudwatch/EventBusPolicy", "the policy of this event bus", "eventBusName?default @provider"),
    ("cloudwatch/EventRule", "the rule of this name", "name eventBusName?default"),
    ("cloudwatch/EventTarget", "the target of this rule and id", "rule targetId eventBusName?default"),
    ("cloudwatch/LogGroup", "the log group of this name", "name"),
    ("cloudwatch/LogMetricFilter", "the metric filter of this name and log group", "logGroupName name"),
    ("cloudwatch/LogSubscriptionFilter", "the subscription filter of this name and log group", "logGroup name"),
    ("cloudwatch/MetricAlarm", "the alarm of this name", "name"),
    ("cognito/UserPoolDomain", "the domain of this user pool", "domain"),
    ("dynamodb/Table", "the table of this name", "name"),
    ("ec2/NetworkAclAssociation", "the network ACL of this subnet", "subnetId"),
    ("ec2/NetworkAclRule", "the rule of this number", "networkAclId ruleNumber egress?false"),
    ("ec2/Route", "the route of this table to this destination", "routeTableId destinationCidrBlock"),
    ("ec2/Route", "the route of this table to this destination", "routeTableId destinationIpv6CidrBlock"),
    ("ec2/Route", "the route of this table to this destination", "routeTableId destinationPrefixListId"),
    ("ec2/RouteTableAssociation", "the route table of this subnet", "subnetId"),
    (
        "ec2/TrafficMirrorFilterRule",
        "the rule of this number",
        "trafficMirrorFilterId trafficDirection ruleNumber",
    ),
    ("ecr/Repository", "the repository of this name", "name"),
    ("ecs/Cluster", "the cluster of this name", "name"),
    ("ecs/ClusterCapacityProviders", "the capacity providers of this cluster", "clusterName"),
    ("ecs/Service", "the service of this name and cluster", "name cluster?default"),
    ("efs/BackupPolicy", "the backup policy of this file system", "fileSystemId"),
    ("efs/MountTarget", "the mount target of this subnet", "fileSystemId subnetId"),
    ("eks/Addon", "the add-on of this name", "clusterName addonName"),
    ("eks/Cluster", "the cluster of this name", "name"),
    ("iam/AccountAlias", "the alias of the account", "@provider"),
    ("iam/AccountPasswordPolicy", "the password policy of the account", "@provider"),
    ("iam/Group", "the group of this name", "name"),
    ("iam/InstanceProfile", "the instance profile of this name", "name"),
    ("iam/OpenIdConnectProvider", "the identity provider of this URL", "url"),
    ("iam/Policy", "the customer managed policy of this name", "name"),
    ("iam/Role", "the role of this name", "name"),
    ("iam/User", "the user of this name", "name"),
    ("kinesis/Stream", "the stream of this name", "name"),
    ("kms/Alias", "the key alias of this name", "name"),
    ("lambda/Alias", "the alias of this function and name", "functionName name"),
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
    (
        "lambda/ProvisionedConcurrencyConfig",
        "the provisioned concurrency of this version or alias",
        "functionName qualifier",
    ),
    ("lb/Listener", "the listener of this port", "loadBalancerArn port"),
    ("lb/ListenerRule", "the rule of this priority", "listenerArn priority"),
    ("rds/Cluster", "the cluster of this identifier", "clusterIdentifier"),
    ("rds/Instance", "the instance of this identifier", "identifier"),
    ("route53/Record", "the record of this name and type", "zoneId name type setIdentifier?"),
    ("route53/ResolverFirewallRule", "the rule of this priority", "firewallRuleGroupId priority"),
    ("route53/ResolverFirewallRuleGroupAssociation", "the rule group of this priority", "vpcId priority"),
    ("s3/AccountPublicAccessBlock", "the access block of the account", "accountId? @provider"),
    ("s3/Bucket", "the bucket of this name", "bucket"),
    ("s3/BucketIntelligentTieringConfiguration", "the tiering configuration of this name and bucket", "bucket name"),
    ("s3/BucketMetric", "the metrics of this name and bucket", "bucket name"),
    ("s3/BucketObject", "the object of this key", "bucket key"),
    ("s3/Inventory", "the inventory of this name and bucket", "bucket name"),
    ("scheduler/Schedule", "the schedule of this name", "name groupName?default"),
    ("secretsmanager/Secret", "the secret of this name", "name"),
    ("sfn/StateMachine", "the state machine of this name", "name"),
    ("sns/Topic", "the topic of this name", "name"),
    ("sns/TopicSubscription", "the subscription of this endpoint to this topic", "topic protocol endpoint"),
    ("sqs/Queue", "the queue of this name", "name"),
    ("ssm/Parameter", "the parameter of this name", "name"),
    ("wafv2/WebAclAssociation", "the web ACL of this resource", "resourceArn"),
    ("wafv2/WebAclLoggingConfiguration", "the logging of this web ACL", "resourceArn"),
)
"""Types, what exists once for each value of some properties, and these properties; only known values count."""

DEFAULTS: Mapping[str, Any] = {"acl": "private", "requestPayer": "BucketOwner"}
"""Values of inline properties that old providers write into the inputs by themselves."""


def _token(short: str) -> str:
    service, _, name = short.partition("/")
    return f"aws:{service}/{name[0].lower()}{name[1:]}:{name}"


class Exclusive(msgspec.Struct, frozen=True):
    """A set that one resource manages as a whole: it removes what other resources add, unless it lists that too."""

    whole: str
    """With an article: `every inline policy of this role`."""
    owner: str
    """The property that names what the set belongs to."""
    members: str
    """The property that lists the set; empty if no other resource may add to it."""
    additions: Mapping[str, tuple[str, str]]
    """By canonical token of types that add to the set, their properties for the owner and for what they add."""


_ATTACHED = {
    "iam/GroupPolicyAttachment": ("policyArn", ""),
    "iam/Role": ("managedPolicyArns", ""),
    "iam/RolePolicyAttachment": ("policyArn", ""),
    "iam/UserPolicyAttachment": ("policyArn", ""),
}
_EXCLUSIVE = (
    ("iam/PolicyAttachment", "every attachment of this policy in the account", "policyArn", "", _ATTACHED),
    (
        "iam/GroupMembership",
        "every member of this group",
        "group",
        "users",
        {"iam/UserGroupMembership": ("groups", "user")},
    ),
    *(
        (
            f"iam/{kind}PoliciesExclusive",
            f"every inline policy of this {kind.lower()}",
            f"{kind.lower()}Name",
            "policyNames",
            {f"iam/{kind}Policy": (kind.lower(), "name")},
        )
        for kind in ("Group", "Role", "User")
    ),
    *(
        (
            f"iam/{kind}PolicyAttachmentsExclusive",
            f"every attachment of a policy to this {kind.lower()}",
            f"{kind.lower()}Name",
            "policyArns",
            {f"iam/{kind}PolicyAttachment": (kind.lower(), "policyArn")},
        )
        for kind in ("Group", "Role", "User")
    ),
)
REMOVES = "it removes what it does not name itself"


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
NAMED: Mapping[str, tuple[str, ...]] = {
    _token(short): tuple(parts.split()[:1]) for short, (_, parts, _) in _SIDECARS.items()
}
"""By canonical token, the property that names the other resource of which one of the type manages something."""
INLINE: Mapping[str, Mapping[str, Mapping[str, str]]] = dict(_inline())
"""By canonical token and inline property, the types that manage the same, and their property that names the owner."""
EXCLUSIVE: Mapping[str, Exclusive] = {
    _token(short): Exclusive(whole, owner, members, {_token(other): names for other, names in additions.items()})
    for short, whole, owner, members, additions in _EXCLUSIVE
}
"""By canonical token, the sets that the resources of a type manage as a whole."""
