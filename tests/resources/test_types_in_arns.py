"""ARNs of the right service with another type of resource than the property takes, and their look-alikes."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.aws.impossible_value import POLICY
from tests.policies.helpers import violations

ECS = "arn:aws:ecs:eu-north-1:777788889999:"
STATES = "arn:aws:states:eu-north-1:777788889999:"
CLUSTER, TASKS, SERVICE = f"{ECS}cluster/shop", f"{ECS}task-definition/basket:4", f"{ECS}service/shop/basket"
RUN = {"taskDefinitionArn": TASKS}
TARGET, PIPE, SCHEDULE = (
    "aws:cloudwatch/eventTarget:EventTarget",
    "aws:pipes/pipe:Pipe",
    "aws:scheduler/schedule:Schedule",
)


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:eu-north-1:777788889999:{resource}"


def routed(version: str) -> dict[str, Any]:
    return {"routingConfigurations": [{"stateMachineVersionArn": version, "weight": 100}]}


@pytest.mark.parametrize(
    ("path", "token", "inputs"),
    [
        ("cluster", "aws:ecs/service:Service", {"cluster": SERVICE}),
        ("cluster", "aws:ecs/service:Service", {"cluster": TASKS}),
        ("taskDefinition", "aws:ecs/service:Service", {"taskDefinition": CLUSTER}),
        ("taskDefinition", "aws:ecs/service:Service", {"taskDefinition": "basket:latest"}),
        ("taskDefinition", "aws:ecs/service:Service", {"taskDefinition": f"{ECS}task-definition/basket:v4"}),
        ("cluster", "aws:ecs/taskSet:TaskSet", {"cluster": SERVICE}),
        ("service", "aws:ecs/taskSet:TaskSet", {"service": CLUSTER}),
        ("taskDefinition", "aws:ecs/taskSet:TaskSet", {"taskDefinition": "basket:newest"}),
        ("ecsTarget.taskDefinitionArn", TARGET, {"arn": CLUSTER, "ecsTarget": {"taskDefinitionArn": SERVICE}}),
        ("arn", TARGET, {"arn": TASKS, "ecsTarget": RUN}),
        ("arn", TARGET, {"arn": arn("lambda", "function:pack"), "sqsTarget": {"messageGroupId": "pack"}}),
        ("target.arn", SCHEDULE, {"target": {"arn": SERVICE, "ecsParameters": RUN}}),
        ("target", PIPE, {"target": arn("sqs", "pack"), "targetParameters": {"ecsTaskParameters": RUN}}),
        (
            "routingConfigurations[0].stateMachineVersionArn",
            "aws:sfn/alias:Alias",
            routed(f"{STATES}execution:pack:7f"),
        ),
        (
            "routingConfigurations[0].stateMachineVersionArn",
            "aws:sfn/alias:Alias",
            routed(f"{STATES}stateMachine:pack"),
        ),
        (
            "routingConfigurations[0].stateMachineVersionArn",
            "aws:sfn/alias:Alias",
            routed(f"{STATES}stateMachine:pack:live"),
        ),
    ],
)
def test_arn_of_another_type_is_reported(path: str, token: str, inputs: dict[str, Any]) -> None:
    assert violations(POLICY, Resource(token, "x", inputs)) == [path]


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        ("aws:ecs/service:Service", {"cluster": CLUSTER, "taskDefinition": TASKS}),
        ("aws:ecs/service:Service", {"cluster": "shop", "taskDefinition": "basket"}),
        ("aws:ecs/service:Service", {"cluster": UNKNOWN, "taskDefinition": "basket:12"}),
        ("aws:ecs/service:Service", {"cluster": CLUSTER.replace("arn:aws:", "arn:aws-cn:")}),
        ("aws:ecs/taskSet:TaskSet", {"cluster": "shop", "service": SERVICE, "taskDefinition": TASKS}),
        (TARGET, {"arn": CLUSTER, "ecsTarget": RUN}),
        (TARGET, {"arn": CLUSTER, "ecsTarget": {"taskDefinitionArn": f"{ECS}task-definition/basket"}}),
        (TARGET, {"arn": UNKNOWN, "ecsTarget": RUN}),
        (TARGET, {"arn": arn("sqs", "pack.fifo"), "sqsTarget": {"messageGroupId": "pack"}}),
        (TARGET, {"arn": arn("redshift-serverless", "workgroup/0f"), "redshiftTarget": {"database": "shop"}}),
        (TARGET, {"arn": arn("lambda", "function:pack"), "ecsTarget": None, "sqsTarget": {}}),
        (SCHEDULE, {"target": {"arn": CLUSTER, "ecsParameters": RUN}}),
        (SCHEDULE, {"target": {"arn": "arn:aws:scheduler:::aws-sdk:ecs:runTask", "input": "{}"}}),
        (PIPE, {"target": CLUSTER, "targetParameters": {"ecsTaskParameters": RUN, "inputTemplate": "<$.body>"}}),
        ("aws:sfn/alias:Alias", routed(f"{STATES}stateMachine:pack:3")),
        ("aws:cloudwatch/eventBusPolicy:EventBusPolicy", {"eventBusName": arn("events", "event-bus/orders")}),
        ("aws:cloudwatch/logDestination:LogDestination", {"targetArn": arn("firehose", "deliverystream/audit")}),
    ],
)
def test_arn_of_the_type_is_silent(token: str, inputs: dict[str, Any]) -> None:
    assert violations(POLICY, Resource(token, "x", inputs)) == []


PROPERTIES = [
    (
        "aws:autoscaling/attachment:Attachment",
        "lbTargetGroupArn",
        "elasticloadbalancing",
        "targetgroup/web/0a",
        "loadbalancer/app/web/0a",
    ),
    ("aws:glue/schema:Schema", "registryArn", "glue", "registry/orders", "schema/orders/basket"),
    (
        "aws:cloudwatch/eventApiDestination:EventApiDestination",
        "connectionArn",
        "events",
        "connection/crm/0a",
        "api-destination/crm/0a",
    ),
    ("aws:cloudwatch/eventArchive:EventArchive", "eventSourceArn", "events", "event-bus/orders", "rule/orders"),
    ("aws:kinesis/streamConsumer:StreamConsumer", "streamArn", "kinesis", "stream/clicks", "channel/0a"),
    ("aws:dms/replicationTask:ReplicationTask", "sourceEndpointArn", "dms", "endpoint:A1", "rep:A1"),
    ("aws:datasync/task:Task", "sourceLocationArn", "datasync", "location/loc-0a", "agent/agent-0a"),
    (
        "aws:networkfirewall/firewall:Firewall",
        "firewallPolicyArn",
        "network-firewall",
        "firewall-policy/edge",
        "stateful-rulegroup/edge",
    ),
    (
        "aws:wafv2/webAclAssociation:WebAclAssociation",
        "webAclArn",
        "wafv2",
        "regional/webacl/edge/0a",
        "regional/ipset/edge/0a",
    ),
    ("aws:apprunner/deployment:Deployment", "serviceArn", "apprunner", "service/shop/0a", "connection/shop/0a"),
    ("aws:storagegateway/cache:Cache", "gatewayArn", "storagegateway", "gateway/sgw-0a", "share/share-0a"),
    (
        "aws:ram/resourceAssociation:ResourceAssociation",
        "resourceShareArn",
        "ram",
        "resource-share/0a",
        "permission/0a",
    ),
]


@pytest.mark.parametrize(("token", "name", "service", "right", "wrong"), PROPERTIES)
def test_types_of_other_services(token: str, name: str, service: str, right: str, wrong: str) -> None:
    assert violations(POLICY, Resource(token, "x", {name: arn(service, right)})) == []
    assert violations(POLICY, Resource(token, "x", {name: arn(service, wrong)})) == [name]
