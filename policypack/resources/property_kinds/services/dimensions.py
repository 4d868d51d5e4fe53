"""The dimensions of CloudWatch's metrics: a resource's inputs in, the places of impossible values and clauses out.

A metric with a dimension that its service never publishes has no data, so that its alarm never leaves
`INSUFFICIENT_DATA`. Names of dimensions are case-sensitive, and only AWS publishes in namespaces that begin with `AWS/`.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html and the guides
linked there, such as
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html,
https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html and
https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policypack.iam.document_readers import values_at
from policypack.resources.property_kinds.values import problem

Inputs = Mapping[str, Any]

_BALANCER = {"LoadBalancer": "like:load-balancer-suffix", "TargetGroup": "like:target-group-suffix"}
_KINDS: Mapping[str, Mapping[str, str]] = {
    "AWS/ApiGateway": {"ApiId": "name", "ApiName": "name", "Stage": "name"},
    "AWS/ApplicationELB": _BALANCER,
    "AWS/AutoScaling": {"AutoScalingGroupName": "name"},
    "AWS/Backup": {"BackupVaultName": "name"},
    "AWS/CertificateManager": {"CertificateArn": "arn:acm"},
    "AWS/CloudFront": {"DistributionId": "name"},
    "AWS/CodeBuild": {"ProjectName": "name"},
    "AWS/DocDB": {"DBClusterIdentifier": "name", "DBInstanceIdentifier": "name"},
    "AWS/DynamoDB": {"GlobalSecondaryIndexName": "name", "TableName": "name"},
    "AWS/EBS": {"VolumeId": "id:vol"},
    "AWS/EC2": {"AutoScalingGroupName": "name", "ImageId": "id:ami", "InstanceId": "id:i"},
    "AWS/ECS": {"ClusterName": "name", "ServiceName": "name"},
    "AWS/EFS": {"FileSystemId": "id:fs"},
    "AWS/ELB": {"LoadBalancerName": "name"},
    "AWS/ES": {"ClientId": "account", "DomainName": "name"},
    "AWS/ElastiCache": {"CacheClusterId": "name", "ReplicationGroupId": "name"},
    "AWS/Events": {"EventBusName": "name", "RuleName": "name"},
    "AWS/Firehose": {"DeliveryStreamName": "name"},
    "AWS/Kinesis": {"StreamName": "name"},
    "AWS/Lambda": {"FunctionName": "name", "Resource": "name"},
    "AWS/Logs": {"LogGroupName": "name"},
    "AWS/NATGateway": {"NatGatewayId": "id:nat"},
    "AWS/Neptune": {"DBClusterIdentifier": "name", "DBInstanceIdentifier": "name"},
    "AWS/NetworkELB": _BALANCER,
    "AWS/RDS": {"DBClusterIdentifier": "name", "DBInstanceIdentifier": "name"},
    "AWS/Redshift": {"ClusterIdentifier": "name"},
    "AWS/S3": {"BucketName": "bucket", "FilterId": "name"},
    "AWS/SNS": {"TopicName": "name"},
    "AWS/SQS": {"QueueName": "name"},
    "AWS/SageMaker": {"EndpointName": "name", "VariantName": "name"},
    "AWS/States": {
        "ActivityArn": "arn:states:activity:*",
        "LambdaFunctionArn": "arn:lambda:function:*",
        "StateMachineArn": "arn:states:stateMachine:*",
    },
    "AWS/WAFV2": {"Rule": "name", "WebACL": "name"},
    "ECS/ContainerInsights": {"ClusterName": "name", "ServiceName": "name", "TaskDefinitionFamily": "name"},
}
"""By namespace and dimension, the kind of its values."""
_METRICS: Mapping[str, Sequence[str]] = {
    "aws:appautoscaling/policy:Policy": (
        "targetTrackingScalingPolicyConfiguration.customizedMetricSpecification",
        "targetTrackingScalingPolicyConfiguration.customizedMetricSpecification.metrics[*].metricStat.metric",
    ),
    "aws:autoscaling/policy:Policy": (
        "targetTrackingConfiguration.customizedMetricSpecification",
        "targetTrackingConfiguration.customizedMetricSpecification.metrics[*].metricStat.metric",
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("", "metricQueries[*].metric"),
}
"""By type, the paths of objects with the namespace of a metric and its dimensions."""


def dimension_problems(token: str, inputs: Inputs) -> Iterator[tuple[str, str]]:
    """The namespaces and the dimensions of metrics that no service publishes."""
    for pattern in _METRICS.get(token, ()):
        for path, metric in values_at(inputs, pattern) if pattern else [("", inputs)]:
            if isinstance(metric, Mapping):
                yield from _metric(metric, f"{path}." if path else "")


def _metric(metric: Inputs, place: str) -> Iterator[tuple[str, str]]:
    namespace = metric.get("namespace")
    if not isinstance(namespace, str):
        return
    if (meant := _in_other_case(namespace, _KINDS)) and namespace.startswith("AWS/"):
        yield f"{place}namespace", f"is a namespace in which no service publishes; did you mean `{meant}`?"
    kinds = _KINDS.get(namespace, {})
    for path, name, value in _dimensions(metric, place):
        if meant := _in_other_case(name, kinds):
            yield path, f"is a dimension that `{namespace}` does not have; did you mean `{meant}`?"
        elif name in kinds and isinstance(value, str) and (clause := problem(kinds[name], value)):
            yield path, clause


def _dimensions(metric: Inputs, place: str) -> Iterator[tuple[str, str, Any]]:
    """The path, name and value of each dimension, from a mapping or from a list of objects."""
    for part in ("dimensions", "metricDimensions"):
        listed = metric.get(part)
        if isinstance(listed, Mapping):
            yield from ((f"{place}{part}.{name}", name, value) for name, value in listed.items())
        for index, item in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(item, Mapping) and isinstance(name := item.get("name"), str):
                yield f"{place}{part}[{index}].value", name, item.get("value")


def _in_other_case(name: str, known: Mapping[str, Any]) -> str:
    """The known name that differs from a name in nothing but case; empty if there is none or it is known."""
    return "" if name in known else next((one for one in known if one.lower() == name.lower()), "")
