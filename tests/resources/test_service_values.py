"""What Application Auto Scaling scales, the dimensions of CloudWatch's metrics, and ARNs that end before a name."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.examples import allow, role_policy
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.aws.impossible_value import POLICY
from policypack.resources.property_kinds.services.scaling import scaling_problems
from tests.policies.helpers import messages, violations

TARGET, ACTION = "aws:appautoscaling/target:Target", "aws:appautoscaling/scheduledAction:ScheduledAction"
SCALING, ALARM = "aws:appautoscaling/policy:Policy", "aws:cloudwatch/metricAlarm:MetricAlarm"
GROUP = "aws:autoscaling/policy:Policy"
HOME = "eu-central-1:444455556666"
CLUSTER, STREAM = f"arn:aws:ecs:{HOME}:cluster/shop", f"arn:aws:kafka:{HOME}:cluster/log/0aa1-7"
BALANCER = f"arn:aws:elasticloadbalancing:{HOME}:loadbalancer/app/shop/0aa1"
GROUPED = f"arn:aws:elasticloadbalancing:{HOME}:targetgroup/shop/0bb2"


def scaled(dimension: Any, identifier: Any, namespace: Any = None) -> dict[str, Any]:
    own = dimension.partition(":")[0] if namespace is None else namespace
    return {"serviceNamespace": own, "scalableDimension": dimension, "resourceId": identifier}


def measured(namespace: Any, **dimensions: Any) -> dict[str, Any]:
    return {"namespace": namespace, "metricName": "Errors", "dimensions": dimensions}


def queried(**metric: Any) -> dict[str, Any]:
    return {"metricQueries": [{"id": "sum", "expression": "a + b"}, {"id": "a", "metric": metric}]}


def reported(token: str, inputs: dict[str, Any]) -> list[str]:
    return violations(POLICY, Resource(token, "x", inputs))


SERVICES, TABLES = "ecs:service:DesiredCount", "dynamodb:table:WriteCapacityUnits"
INDEXES, CONCURRENCY = "dynamodb:index:ReadCapacityUnits", "lambda:function:ProvisionedConcurrency"
REPLICAS, VARIANTS = "rds:cluster:ReadReplicaCount", "sagemaker:variant:DesiredInstanceCount"


@pytest.mark.parametrize("token", [TARGET, SCALING, ACTION])
@pytest.mark.parametrize(
    ("dimension", "identifier"),
    [
        (SERVICES, "shop"),
        (SERVICES, "service/shop"),
        (SERVICES, "shop/orders"),
        (SERVICES, f"service/{CLUSTER}/orders"),
        (SERVICES, f"arn:aws:ecs:{HOME}:service/shop/orders"),
        (SERVICES, "table/orders"),
        (TABLES, "orders"),
        (TABLES, "table:orders"),
        (TABLES, f"arn:aws:dynamodb:{HOME}:table/orders"),
        (TABLES, "table/orders/index/by-day"),
        (INDEXES, "table/orders"),
        (INDEXES, "index/by-day"),
        (CONCURRENCY, "orders"),
        (CONCURRENCY, "function:orders"),
        (CONCURRENCY, "function:orders:$LATEST"),
        (CONCURRENCY, "function/orders/live"),
        (REPLICAS, "cluster/orders"),
        (REPLICAS, "orders"),
        (VARIANTS, "endpoint/rank"),
        ("ec2:spot-fleet-request:TargetCapacity", "sfr-0aa1"),
        ("kafka:broker-storage:VolumeSize", "cluster/log"),
        ("elasticache:replication-group:Replicas", "cache"),
        ("workspaces:workspacespool:DesiredUserSessions", "wspool-0aa1"),
    ],
)
def test_id_without_the_form_of_what_is_scaled_is_reported(token: str, dimension: str, identifier: str) -> None:
    assert reported(token, scaled(dimension, identifier)) == ["resourceId"]


def test_dimension_of_another_namespace_is_reported_once() -> None:
    assert reported(TARGET, scaled(TABLES, "service/shop/orders", "ecs")) == ["scalableDimension"]


def test_message_says_which_form_is_taken_and_of_what_the_id_is() -> None:
    [message] = messages(POLICY, Resource(TARGET, "x", scaled(SERVICES, "table/orders")))
    assert "takes `service/CLUSTER/SERVICE`, and is the id of a `dynamodb:table`" in message


@pytest.mark.parametrize(
    "inputs",
    [
        scaled(SERVICES, "service/shop/orders-v2"),
        scaled(TABLES, "table/shop.orders_2"),
        scaled(INDEXES, "table/orders/index/by-day"),
        scaled(CONCURRENCY, "function:orders:live"),
        scaled(CONCURRENCY, "function:orders:7"),
        scaled(REPLICAS, "cluster:orders"),
        scaled("neptune:cluster:ReadReplicaCount", "cluster:graph"),
        scaled("kafka:broker-storage:VolumeSize", STREAM),
        scaled("cassandra:table:ReadCapacityUnits", "keyspace/shop/table/orders"),
        scaled("elasticmapreduce:instancegroup:InstanceCount", "instancegroup/j-2EEZ/ig-1791"),
        scaled("custom-resource:ResourceType:Property", "https://api.shop.example/scalableTargetDimensions/1"),
        scaled(SERVICES, UNKNOWN),
        scaled(UNKNOWN, "service/shop/orders", "ecs"),
        scaled(UNKNOWN, "orders", UNKNOWN),
    ],
)
def test_id_with_the_form_is_silent(inputs: dict[str, Any]) -> None:
    assert reported(TARGET, inputs) == []


def test_each_dimension_of_botocore_has_a_form() -> None:
    dimensions = get_session().get_service_model("application-autoscaling").shape_for("ScalableDimension").enum
    without = {one for one in dimensions if not [*scaling_problems(scaled(one, "?"))]}
    assert without == {"custom-resource:ResourceType:Property"}


@given(st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True), st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True))
def test_names_of_services_and_tables_are_silent(first: str, second: str) -> None:
    assert [*scaling_problems(scaled(SERVICES, f"service/{first}/{second}"))] == []
    assert [*scaling_problems(scaled(INDEXES, f"table/{first}/index/{second}"))] == []


@pytest.mark.parametrize(
    ("path", "token", "inputs"),
    [
        ("dimensions.QueueName", ALARM, measured("AWS/SQS", QueueName=f"arn:aws:sqs:{HOME}:orders")),
        (
            "dimensions.QueueName",
            ALARM,
            measured("AWS/SQS", QueueName="https://sqs.eu-central-1.amazonaws.com/444455556666/orders"),
        ),
        ("dimensions.FunctionName", ALARM, measured("AWS/Lambda", FunctionName=f"arn:aws:lambda:{HOME}:function:a")),
        ("dimensions.TopicName", ALARM, measured("AWS/SNS", TopicName=f"arn:aws:sns:{HOME}:orders")),
        ("dimensions.BucketName", ALARM, measured("AWS/S3", BucketName="arn:aws:s3:::orders", StorageType="x")),
        ("dimensions.ClusterName", ALARM, measured("AWS/ECS", ClusterName=CLUSTER, ServiceName="orders")),
        ("dimensions.StateMachineArn", ALARM, measured("AWS/States", StateMachineArn="orders")),
        ("dimensions.LoadBalancer", ALARM, measured("AWS/ApplicationELB", LoadBalancer=BALANCER)),
        ("dimensions.LoadBalancer", ALARM, measured("AWS/NetworkELB", LoadBalancer="shop")),
        ("dimensions.TargetGroup", ALARM, measured("AWS/ApplicationELB", TargetGroup=GROUPED)),
        ("dimensions.InstanceId", ALARM, measured("AWS/EC2", InstanceId=f"arn:aws:ec2:{HOME}:instance/i-0aa1")),
        ("dimensions.queueName", ALARM, measured("AWS/SQS", queueName="orders")),
        ("namespace", ALARM, measured("AWS/Sqs", QueueName="orders")),
        ("metricQueries[1].metric.dimensions.TableName", ALARM, queried(**measured("AWS/DynamoDB", TableName=STREAM))),
        (
            "targetTrackingScalingPolicyConfiguration.customizedMetricSpecification.dimensions[0].value",
            SCALING,
            {
                "targetTrackingScalingPolicyConfiguration": {
                    "customizedMetricSpecification": {
                        "namespace": "AWS/SQS",
                        "dimensions": [{"name": "QueueName", "value": f"arn:aws:sqs:{HOME}:orders"}],
                    }
                }
            },
        ),
        (
            "targetTrackingConfiguration.customizedMetricSpecification.metricDimensions[0].value",
            GROUP,
            {
                "targetTrackingConfiguration": {
                    "customizedMetricSpecification": {
                        "namespace": "AWS/ApplicationELB",
                        "metricDimensions": [{"name": "LoadBalancer", "value": BALANCER}],
                    }
                }
            },
        ),
    ],
)
def test_dimension_that_no_service_publishes_is_reported(path: str, token: str, inputs: dict[str, Any]) -> None:
    assert reported(token, inputs) == [path]


@pytest.mark.parametrize(
    "inputs",
    [
        measured("AWS/SQS", QueueName="orders.fifo"),
        measured("AWS/Lambda", FunctionName="orders", Resource="orders:live", ExecutedVersion="7"),
        measured("AWS/States", StateMachineArn=f"arn:aws:states:{HOME}:stateMachine:orders"),
        measured("AWS/ApplicationELB", LoadBalancer="app/shop/0aa1", TargetGroup="targetgroup/shop/0bb2"),
        measured("AWS/NetworkELB", LoadBalancer="net/shop/0aa1"),
        measured("AWS/S3", BucketName="orders", StorageType="StandardStorage"),
        measured("Shop/Orders", QueueName=f"arn:aws:sqs:{HOME}:orders"),
        measured("aws/sqs", QueueName=f"arn:aws:sqs:{HOME}:orders"),
        measured("AWS/NewService", ThingName="arn:aws:new:eu-central-1:444455556666:thing/a"),
        measured(UNKNOWN, QueueName=f"arn:aws:sqs:{HOME}:orders"),
        measured("AWS/SQS", QueueName=UNKNOWN),
        measured("AWS/SQS") | {"dimensions": UNKNOWN},
        queried(namespace="AWS/SQS", dimensions={"QueueName": "orders"}),
    ],
)
def test_dimension_of_a_metric_is_silent(inputs: dict[str, Any]) -> None:
    assert reported(ALARM, inputs) == []


def acting(action: str, resource: str) -> Resource:
    return role_policy(allow(action, resource))


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("dynamodb:PutItem", f"arn:aws:dynamodb:{HOME}:table/"),
        ("sqs:ReceiveMessage", f"arn:aws:sqs:{HOME}:"),
        ("lambda:InvokeFunction", f"arn:aws:lambda:{HOME}:function:"),
        ("s3:ListBucket", "arn:aws:s3:::"),
        ("s3:PutObject", "arn:aws:s3:::/*"),
        ("s3:PutObject", "arn:aws:s3:::/orders/*"),
        ("iam:PassRole", "arn:aws:iam::444455556666:role/"),
        ("kms:Decrypt", f"arn:aws:kms:{HOME}:key/"),
        ("ecr:PutImage", f"arn:aws:ecr:{HOME}:repository/"),
        ("states:StartExecution", f"arn:aws:states:{HOME}:stateMachine:"),
    ],
)
def test_arn_that_ends_before_the_name_is_reported(action: str, resource: str) -> None:
    assert violations(POLICY, acting(action, resource)) == ["policy.Statement[0].Resource"]


def test_arn_that_ends_before_the_name_is_reported_in_a_property() -> None:
    assert reported("aws:lambda/eventSourceMapping:EventSourceMapping", {"eventSourceArn": f"arn:aws:sqs:{HOME}:"}) == [
        "eventSourceArn"
    ]


@pytest.mark.parametrize(
    "subject",
    [
        acting("s3:PutObject", "arn:aws:s3:::*"),
        acting("s3:PutObject", "arn:aws:s3:::*/*"),
        acting("dynamodb:PutItem", f"arn:aws:dynamodb:{HOME}:table/*"),
        acting("apigateway:GET", "arn:aws:apigateway:eu-central-1::/restapis/"),
        acting("ssm:GetParametersByPath", f"arn:aws:ssm:{HOME}:parameter/"),
        Resource(
            "aws:lambda/function:Function",
            "x",
            {
                "environment": {
                    "variables": {"TABLES": f"arn:aws:dynamodb:{HOME}:table/", "QUEUES": f"arn:aws:sqs:{HOME}:"}
                }
            },
        ),
    ],
)
def test_paths_patterns_and_beginnings_of_arns_are_silent(subject: Resource) -> None:
    assert violations(POLICY, subject) == []
