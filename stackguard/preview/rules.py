"""What AWS computes for a resource: physical names, ids, ARNs. The table; `outputs.py` reads it.

A template is text with `{property}` in it: an input, an output resolved before it (they are resolved in order), or one
of `partition`, `region`, `account`, `dns` (the partition's domain), `uuid`, `hex6` and `hex10` (made from the URN, the
same on every run). `{property|text}` gives the text where the property is not set; `{property:leaf}` what stands after the
last `:` or `/`; `{property:rooted}` puts a `/` before it unless it has one; `{property:bus}` is an event bus's part of
a rule's ARN. A template with a property that is unknown, or not set, gives an unknown value.

Sources: https://docs.aws.amazon.com/service-authorization/latest/reference/ (ARN formats), the `Attribute Reference`
of each resource in https://registry.terraform.io/providers/hashicorp/aws/latest/docs (ids), and provider/resources.go
of https://github.com/pulumi/pulumi-aws (autonaming).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Naming:
    """How a resource gets its name where the program sets none: `prefix`, the Pulumi name, `-`, seven hex digits.

    `fifo` names the property that asks for the ending `.fifo`; a `<property>Prefix` set by the program wins over all.
    """

    property: str = "name"
    limit: int = 255
    prefix: str = ""
    lower: bool = False
    fifo: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One resource type: its autonaming, its computed outputs in order, and those that hold unless a flag is set."""

    naming: Naming | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    unless: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    regional: bool = True


def _arn(service: str, resource: str) -> str:
    return f"arn:{{partition}}:{service}:{{region}}:{{account}}:{resource}"


def _iam(kind: str) -> str:
    return f"arn:{{partition}}:iam::{{account}}:{kind}{{path|/}}{{name}}"


NAME = Naming()
BUCKET = Rule(
    Naming("bucket", limit=63, lower=True),
    {
        "id": "{bucket}",
        "arn": "arn:{partition}:s3:::{bucket}",
        "bucketDomainName": "{bucket}.s3.{dns}",
        "bucketRegionalDomainName": "{bucket}.s3.{region}.{dns}",
        "bucketRegion": "{region}",
    },
)
OF_BUCKET = Rule(outputs={"id": "{bucket}"})
INVOKE = "arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/%s/invocations"

RULES: Mapping[str, Rule] = {
    "aws:s3/bucket:Bucket": BUCKET,
    "aws:s3/bucketV2:BucketV2": BUCKET,
    "aws:s3/bucketPolicy:BucketPolicy": OF_BUCKET,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": OF_BUCKET,
    "aws:s3/bucketNotification:BucketNotification": OF_BUCKET,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": OF_BUCKET,
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": OF_BUCKET,
    **{
        f"aws:s3/bucket{kind}{version}:Bucket{kind}{version}": OF_BUCKET
        for version in ("", "V2")
        for kind in (
            "AccelerateConfiguration",
            "CorsConfiguration",
            "LifecycleConfiguration",
            "Logging",
            "ObjectLockConfiguration",
            "RequestPaymentConfiguration",
            "ServerSideEncryptionConfiguration",
            "Versioning",
            "WebsiteConfiguration",
        )
    },
    "aws:s3/bucketObject:BucketObject": Rule(outputs={"arn": "arn:{partition}:s3:::{bucket:leaf}/{key}"}),
    "aws:s3/bucketObjectv2:BucketObjectv2": Rule(outputs={"arn": "arn:{partition}:s3:::{bucket:leaf}/{key}"}),
    "aws:lambda/function:Function": Rule(
        Naming(limit=64),
        {"id": "{name}", "arn": _arn("lambda", "function:{name}"), "invokeArn": INVOKE % "{arn}"},
        unless={
            "publish": {
                "version": "$LATEST",
                "qualifiedArn": "{arn}:$LATEST",
                "qualifiedInvokeArn": INVOKE % "{arn}:$LATEST",
            }
        },
    ),
    "aws:lambda/alias:Alias": Rule(
        NAME,
        {
            "arn": _arn("lambda", "function:{functionName:leaf}:{name}"),
            "id": "{arn}",
            "invokeArn": INVOKE % "{arn}",
        },
    ),
    "aws:lambda/permission:Permission": Rule(Naming("statementId", limit=100), {"id": "{statementId}"}),
    "aws:lambda/functionUrl:FunctionUrl": Rule(
        outputs={"functionArn": _arn("lambda", "function:{functionName:leaf}"), "id": "{functionName}"}
    ),
    "aws:iam/role:Role": Rule(Naming(limit=64), {"id": "{name}", "arn": _iam("role")}, regional=False),
    "aws:iam/user:User": Rule(Naming(limit=64), {"id": "{name}", "arn": _iam("user")}, regional=False),
    "aws:iam/group:Group": Rule(Naming(limit=128), {"id": "{name}", "arn": _iam("group")}, regional=False),
    "aws:iam/instanceProfile:InstanceProfile": Rule(
        Naming(limit=128), {"id": "{name}", "arn": _iam("instance-profile")}, regional=False
    ),
    "aws:iam/policy:Policy": Rule(Naming(limit=128), {"arn": _iam("policy"), "id": "{arn}"}, regional=False),
    "aws:iam/rolePolicy:RolePolicy": Rule(Naming(limit=128), {"id": "{role}:{name}"}, regional=False),
    "aws:iam/userPolicy:UserPolicy": Rule(Naming(limit=128), {"id": "{user}:{name}"}, regional=False),
    "aws:iam/groupPolicy:GroupPolicy": Rule(Naming(limit=128), {"id": "{group}:{name}"}, regional=False),
    "aws:sqs/queue:Queue": Rule(
        Naming(limit=80, fifo="fifoQueue"),
        {"url": "https://sqs.{region}.{dns}/{account}/{name}", "id": "{url}", "arn": _arn("sqs", "{name}")},
    ),
    "aws:sqs/queuePolicy:QueuePolicy": Rule(outputs={"id": "{queueUrl}"}),
    "aws:sqs/redrivePolicy:RedrivePolicy": Rule(outputs={"id": "{queueUrl}"}),
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": Rule(outputs={"id": "{queueUrl}"}),
    "aws:sns/topic:Topic": Rule(
        Naming(limit=256, fifo="fifoTopic"), {"arn": _arn("sns", "{name}"), "id": "{arn}", "owner": "{account}"}
    ),
    "aws:sns/topicPolicy:TopicPolicy": Rule(outputs={"id": "{arn}", "owner": "{account}"}),
    "aws:kms/key:Key": Rule(
        unless={"multiRegion": {"keyId": "{uuid}", "id": "{keyId}", "arn": _arn("kms", "key/{keyId}")}}
    ),
    "aws:kms/alias:Alias": Rule(Naming(prefix="alias/"), {"id": "{name}", "arn": _arn("kms", "{name}")}),
    "aws:kms/keyPolicy:KeyPolicy": Rule(outputs={"id": "{keyId}"}),
    "aws:cloudwatch/logGroup:LogGroup": Rule(
        Naming(limit=512), {"id": "{name}", "arn": _arn("logs", "log-group:{name}")}
    ),
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": Rule(outputs={"id": "{policyName}"}),
    "aws:cloudwatch/eventBus:EventBus": Rule(
        Naming(limit=256), {"id": "{name}", "arn": _arn("events", "event-bus/{name}")}
    ),
    "aws:cloudwatch/eventRule:EventRule": Rule(
        Naming(limit=64),
        {
            "id": "{eventBusName:bus|default}{name}",
            "arn": _arn("events", "rule/{eventBusName:bus|default}{name}"),
        },
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Rule(NAME, {"id": "{name}", "arn": _arn("cloudwatch", "alarm:{name}")}),
    "aws:dynamodb/table:Table": Rule(NAME, {"id": "{name}", "arn": _arn("dynamodb", "table/{name}")}),
    "aws:kinesis/stream:Stream": Rule(Naming(limit=128), {"arn": _arn("kinesis", "stream/{name}"), "id": "{arn}"}),
    "aws:sfn/stateMachine:StateMachine": Rule(
        Naming(limit=80), {"arn": _arn("states", "stateMachine:{name}"), "id": "{arn}"}
    ),
    "aws:secretsmanager/secret:Secret": Rule(
        Naming(limit=512), {"arn": _arn("secretsmanager", "secret:{name}-{hex6}"), "id": "{arn}"}
    ),
    "aws:secretsmanager/secretPolicy:SecretPolicy": Rule(outputs={"id": "{secretArn}"}),
    "aws:ssm/parameter:Parameter": Rule(NAME, {"id": "{name}", "arn": _arn("ssm", "parameter{name:rooted}")}),
    "aws:apigateway/restApi:RestApi": Rule(
        NAME,
        {
            "id": "{hex10}",
            "arn": "arn:{partition}:apigateway:{region}::/restapis/{id}",
            "executionArn": _arn("execute-api", "{id}"),
        },
    ),
    "aws:apigateway/stage:Stage": Rule(
        outputs={
            "executionArn": _arn("execute-api", "{restApi}/{stageName}"),
            "invokeUrl": "https://{restApi}.execute-api.{region}.{dns}/{stageName}",
        }
    ),
    "aws:apigatewayv2/api:Api": Rule(
        NAME,
        {
            "id": "{hex10}",
            "arn": "arn:{partition}:apigateway:{region}::/apis/{id}",
            "apiEndpoint": "https://{id}.execute-api.{region}.{dns}",
            "executionArn": _arn("execute-api", "{id}"),
        },
    ),
    "aws:apigatewayv2/stage:Stage": Rule(
        NAME,
        {
            "id": "{name}",
            "arn": "arn:{partition}:apigateway:{region}::/apis/{apiId}/stages/{name}",
            "executionArn": _arn("execute-api", "{apiId}/{name}"),
        },
    ),
    "aws:ecr/repository:Repository": Rule(
        Naming(limit=256, lower=True),
        {
            "id": "{name}",
            "arn": _arn("ecr", "repository/{name}"),
            "registryId": "{account}",
            "repositoryUrl": "{account}.dkr.ecr.{region}.{dns}/{name}",
        },
    ),
}
