"""Limits of properties: enumerations, numbers, ranges of addresses, forms, and values that exclude one another."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.aws.impossible_value import POLICY
from policypack.resources.property_kinds.limits import limit_problem
from policypack.resources.property_kinds.values import problem
from tests.policies.helpers import violations

ROLE = "aws:iam/role:Role"
QUEUE, TOPIC = "aws:sqs/queue:Queue", "aws:sns/topic:Topic"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
SUBNET, VPC = "aws:ec2/subnet:Subnet", "aws:ec2/vpc:Vpc"
GROUP, RULE = "aws:ec2/securityGroup:SecurityGroup", "aws:ec2/securityGroupRule:SecurityGroupRule"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
DATABASE, CLUSTER = "aws:rds/instance:Instance", "aws:rds/cluster:Cluster"
TASK, TABLE = "aws:ecs/taskDefinition:TaskDefinition", "aws:dynamodb/table:Table"
FUNCTION, LOGS = "aws:lambda/function:Function", "aws:cloudwatch/logGroup:LogGroup"
ALARM, RECORD = "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:route53/record:Record"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
VERSIONING, OWNERSHIP = (
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
)
STREAM, SECRET = "aws:kinesis/stream:Stream", "aws:secretsmanager/secret:Secret"
ROUTE, DOCUMENT = "aws:apigatewayv2/route:Route", "aws:ssm/document:Document"
LIFECYCLE, BALANCED = (
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:lb/listener:Listener",
)
BALANCER, TARGETS = "aws:lb/loadBalancer:LoadBalancer", "aws:lb/targetGroup:TargetGroup"


def reported(token: str, inputs: dict[str, Any]) -> set[str]:
    return set(violations(POLICY, Resource(token, "x", inputs)))


def ingress(**rule: Any) -> dict[str, Any]:
    return {"ingress": [{"protocol": "tcp", "fromPort": 443, "toPort": 443, **rule}]}


def table(*attributes: str, **inputs: Any) -> dict[str, Any]:
    return {
        "attributes": [{"name": name, "type": "S"} for name in attributes],
        "billingMode": "PAY_PER_REQUEST",
        "hashKey": "id",
        **inputs,
    }


def task(cpu: Any, memory: Any, *compatible: str) -> dict[str, Any]:
    compatibilities = list(compatible or ("FARGATE",))
    return {"cpu": cpu, "memory": memory, "networkMode": "awsvpc", "requiresCompatibilities": compatibilities}


def encrypted(algorithm: str) -> dict[str, Any]:
    return {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm}}]}


def moved(storage_class: str, days: Any) -> dict[str, Any]:
    return {"rules": [{"id": "old", "transitions": [{"days": days, "storageClass": storage_class}]}]}


INDEX = [{"name": "by-day", "hashKey": "day"}]
DAYS = [{"name": "by-day", "keySchemas": [{"attributeName": "day", "keyType": "HASH"}]}]


@pytest.mark.parametrize(
    ("path", "token", "inputs"),
    [
        ("retentionInDays", LOGS, {"retentionInDays": 45}),
        ("retentionInDays", LOGS, {"retentionInDays": 45.0}),
        ("timeout", FUNCTION, {"timeout": 1200}),
        ("timeout", FUNCTION, {"timeout": 0}),
        ("memorySize", FUNCTION, {"memorySize": 64}),
        ("runtime", FUNCTION, {"runtime": "python3.133"}),
        ("runtime", FUNCTION, {"runtime": "python312"}),
        ("runtime", FUNCTION, {"runtime": "node20.x"}),
        ("packageType", FUNCTION, {"packageType": "zip"}),
        ("architectures[0]", FUNCTION, {"architectures": ["amd64"]}),
        ("tracingConfig.mode", FUNCTION, {"tracingConfig": {"mode": "active"}}),
        ("path", ROLE, {"path": "service"}),
        ("path", ROLE, {"path": "/service"}),
        ("maxSessionDuration", ROLE, {"maxSessionDuration": 86400}),
        ("visibilityTimeoutSeconds", QUEUE, {"visibilityTimeoutSeconds": 86400}),
        ("messageRetentionSeconds", QUEUE, {"messageRetentionSeconds": 2592000}),
        ("name", QUEUE, {"name": "jobs", "fifoQueue": True}),
        ("name", QUEUE, {"name": "jobs.fifo"}),
        ("name", TOPIC, {"name": "jobs", "fifoTopic": True}),
        ("protocol", SUBSCRIPTION, {"protocol": "lamda", "endpoint": "x"}),
        ("endpoint", SUBSCRIPTION, {"protocol": "https", "endpoint": "hooks.acme.io/sns"}),
        ("endpoint", SUBSCRIPTION, {"protocol": "https", "endpoint": "http://hooks.acme.io/sns"}),
        ("endpoint", SUBSCRIPTION, {"protocol": "email", "endpoint": "ops"}),
        ("cidrBlock", VPC, {"cidrBlock": "10.0.0.0/8"}),
        ("cidrBlock", VPC, {"cidrBlock": "10.256.0.0/16"}),
        ("cidrBlock", VPC, {"cidrBlock": "10.0.0.1/16"}),
        ("cidrBlock", VPC, {"cidrBlock": "10.0.0.0"}),
        ("cidrBlock", SUBNET, {"cidrBlock": "10.0.1.0/30"}),
        ("availabilityZone", SUBNET, {"availabilityZone": "eu-central-1"}),
        ("availabilityZone", SUBNET, {"availabilityZone": "euc1-az1"}),
        ("ingress[0].fromPort", GROUP, ingress(fromPort=80800, toPort=80800)),
        ("ingress[0].cidrBlocks[1]", GROUP, ingress(cidrBlocks=["10.0.0.0/16", "10.20.0.4"])),
        ("ingress[0].ipv6CidrBlocks[0]", GROUP, ingress(ipv6CidrBlocks=["0.0.0.0/0"])),
        ("ingress[0].fromPort", GROUP, ingress(fromPort=443, toPort=80)),
        ("ingress[0].protocol", GROUP, ingress(protocol="https")),
        ("toPort", RULE, {"type": "ingress", "protocol": "tcp", "fromPort": 80, "toPort": 80800}),
        ("type", RULE, {"type": "inbound"}),
        ("ipProtocol", INGRESS, {"ipProtocol": "https"}),
        ("cidrIpv4", INGRESS, {"cidrIpv4": "10.0.0.0/33"}),
        ("instanceClass", DATABASE, {"instanceClass": "t4g.medium"}),
        ("engine", DATABASE, {"engine": "postgresql"}),
        ("engine", CLUSTER, {"engine": "aurora-postgres"}),
        ("backupRetentionPeriod", DATABASE, {"backupRetentionPeriod": 90}),
        ("monitoringInterval", DATABASE, {"monitoringInterval": 20}),
        ("storageType", DATABASE, {"storageType": "ssd"}),
        ("cpu", TASK, task("300", "1024")),
        ("memory", TASK, task("256", "4096")),
        ("memory", TASK, task(".5 vCPU", "8 GB")),
        ("requiresCompatibilities[0]", TASK, {"requiresCompatibilities": ["FARGAT"]}),
        ("attributes[0].type", TABLE, {"attributes": [{"name": "id", "type": "String"}], "hashKey": "id"}),
        ("billingMode", TABLE, {"billingMode": "ON_DEMAND"}),
        ("streamViewType", TABLE, {"streamViewType": "NEW_IMAGES"}),
        ("hashKey", TABLE, table("order_id")),
        ("attributes[1]", TABLE, table("id", "day")),
        ("globalSecondaryIndexes[0].hashKey", TABLE, table("id", globalSecondaryIndexes=INDEX)),
        ("deletionWindowInDays", "aws:kms/key:Key", {"deletionWindowInDays": 3}),
        ("loadBalancerType", BALANCER, {"loadBalancerType": "alb"}),
        ("targetType", TARGETS, {"targetType": "ecs"}),
        ("protocolType", "aws:apigatewayv2/api:Api", {"protocolType": "REST"}),
        ("integrationType", "aws:apigatewayv2/integration:Integration", {"integrationType": "LAMBDA_PROXY"}),
        ("type", RECORD, {"type": "CNAM"}),
        ("trafficType", "aws:ec2/flowLog:FlowLog", {"trafficType": "BOTH"}),
        ("versioningConfiguration.status", VERSIONING, {"versioningConfiguration": {"status": "Enable"}}),
        ("rules[0].applyServerSideEncryptionByDefault.sseAlgorithm", ENCRYPTION, encrypted("AES-256")),
        ("rule.objectOwnership", OWNERSHIP, {"rule": {"objectOwnership": "BucketOwnerEnforce"}}),
        ("comparisonOperator", ALARM, {"comparisonOperator": "GreaterThan"}),
        ("treatMissingData", ALARM, {"treatMissingData": "not_breaching"}),
        ("type", "aws:ssm/parameter:Parameter", {"type": "StringsList"}),
        ("type", "aws:ebs/volume:Volume", {"type": "GP3"}),
        ("streamModeDetails.streamMode", STREAM, {"streamModeDetails": {"streamMode": "ONDEMAND"}}),
        ("routeKey", ROUTE, {"routeKey": "GET orders"}),
        ("routeKey", ROUTE, {"routeKey": "get /orders"}),
        ("launchType", "aws:ecs/service:Service", {"launchType": "Fargate"}),
        ("desiredCapacityType", "aws:autoscaling/group:Group", {"desiredCapacityType": "cpus"}),
        ("policyType", "aws:appautoscaling/policy:Policy", {"policyType": "TargetTracking"}),
        ("period", ALARM, {"period": 90}),
        ("period", ALARM, {"period": 45}),
        ("retentionPeriod", STREAM, {"retentionPeriod": 12}),
        ("retentionPeriod", STREAM, {"retentionPeriod": 9000}),
        ("recoveryWindowInDays", SECRET, {"recoveryWindowInDays": 5}),
        ("recoveryWindowInDays", SECRET, {"recoveryWindowInDays": 45}),
        ("memorySize", FUNCTION, {"memorySize": 10241}),
        ("rules[0].transitions[0].days", LIFECYCLE, moved("STANDARD_IA", 7)),
        ("maxAggregationInterval", "aws:ec2/flowLog:FlowLog", {"maxAggregationInterval": 300}),
        ("priority", "aws:alb/listenerRule:ListenerRule", {"priority": 0}),
        ("backupWindow", DATABASE, {"backupWindow": "3:00-4:00"}),
        ("maintenanceWindow", DATABASE, {"maintenanceWindow": "sunday:03:00-sunday:04:00"}),
        ("preferredMaintenanceWindow", CLUSTER, {"preferredMaintenanceWindow": "03:00-04:00"}),
        ("clusterIdentifier", CLUSTER, {"clusterIdentifier": "orders_main"}),
        ("identifier", DATABASE, {"identifier": "orders--main"}),
        ("replicationGroupId", "aws:elasticache/replicationGroup:ReplicationGroup", {"replicationGroupId": "a_b"}),
        ("records[1]", RECORD, {"type": "A", "records": ["203.0.113.10", "web.acme.example"]}),
        ("records[0]", RECORD, {"type": "CNAME", "records": ["https://web.acme.example"]}),
        ("records[0]", RECORD, {"type": "MX", "records": ["mail.acme.example"]}),
        ("policy", "aws:ecr/lifecyclePolicy:LifecyclePolicy", {"policy": "{'rules': []}"}),
        ("definition", "aws:sfn/stateMachine:StateMachine", {"definition": '{"StartAt": "A",}'}),
        ("eventPattern", "aws:cloudwatch/eventRule:EventRule", {"eventPattern": "{source: [aws.s3]}"}),
        ("dashboardBody", "aws:cloudwatch/dashboard:Dashboard", {"dashboardBody": "{'widgets': []}"}),
        ("content", DOCUMENT, {"content": "schemaVersion: '2.2'"}),
    ],
)
def test_what_a_property_does_not_take_is_reported(path: str, token: str, inputs: dict[str, Any]) -> None:
    assert path in reported(token, inputs)


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (LOGS, {"retentionInDays": 0}),
        (LOGS, {"retentionInDays": 3653}),
        (LOGS, {"retentionInDays": "30"}),
        (LOGS, {"retentionInDays": UNKNOWN}),
        (FUNCTION, {"timeout": 900, "memorySize": 10240, "reservedConcurrentExecutions": -1}),
        (FUNCTION, {"runtime": "python3.15", "architectures": ["arm64"]}),
        (FUNCTION, {"runtime": "nodejs26.x"}),
        (FUNCTION, {"runtime": "provided.al2023"}),
        (FUNCTION, {"runtime": "dotnet10"}),
        (FUNCTION, {"runtime": "java8.al2"}),
        (ROLE, {"path": "/"}),
        (ROLE, {"path": "/service/jobs/"}),
        (QUEUE, {"name": "jobs.fifo", "fifoQueue": True}),
        (QUEUE, {"name": "jobs.fifo", "fifoQueue": UNKNOWN}),
        (QUEUE, {"name": UNKNOWN, "fifoQueue": True}),
        (QUEUE, {"fifoQueue": True, "delaySeconds": 0, "fifoThroughputLimit": "perQueue"}),
        (SUBSCRIPTION, {"protocol": "https", "endpoint": "https://hooks.acme.io/sns"}),
        (SUBSCRIPTION, {"protocol": "email-json", "endpoint": "ops@acme.io"}),
        (SUBSCRIPTION, {"protocol": "sms", "endpoint": "+49 151 23456789"}),
        (VPC, {"cidrBlock": "10.0.0.0/16", "instanceTenancy": "default"}),
        (VPC, {"cidrBlock": "10.0.0.0/28"}),
        (SUBNET, {"cidrBlock": "10.0.1.0/24", "availabilityZone": "eu-central-1a"}),
        (SUBNET, {"availabilityZone": "us-west-2-lax-1a", "cidrBlock": ""}),
        (SUBNET, {"availabilityZone": "us-east-1-wl1-bos-wlz-1"}),
        (SUBNET, {"ipv6CidrBlock": "2001:db8:1234:1a00::/64"}),
        (GROUP, ingress(protocol="-1", fromPort=0, toPort=0, cidrBlocks=["0.0.0.0/0"], ipv6CidrBlocks=["::/0"])),
        (GROUP, ingress(protocol="icmp", fromPort=8, toPort=-1)),
        (GROUP, ingress(protocol="TCP", fromPort=0, toPort=65535)),
        (GROUP, ingress(protocol="50", fromPort=0, toPort=0, cidrBlocks=["10.20.0.4/32", UNKNOWN])),
        (INGRESS, {"ipProtocol": "-1", "cidrIpv6": "2001:db8::/32"}),
        (INGRESS, {"ipProtocol": "icmpv6", "fromPort": -1, "toPort": -1}),
        (DATABASE, {"engine": "sqlserver-se", "instanceClass": "db.m7i.large", "backupRetentionPeriod": 0}),
        (DATABASE, {"engine": "custom-oracle-ee", "storageType": "gp3", "monitoringInterval": 60}),
        (CLUSTER, {"engine": "aurora-mysql", "engineMode": "provisioned", "performanceInsightsRetentionPeriod": 93}),
        (TASK, task("256", "512")),
        (TASK, task(1024, 8192)),
        (TASK, task("1 vCPU", "2 GB")),
        (TASK, task(".25 vCPU", "0.5 GB")),
        (TASK, task("300", "1000", "EC2")),
        (TASK, task(UNKNOWN, "1000")),
        (TABLE, table("id", "day", rangeKey="day", billingMode="PAY_PER_REQUEST")),
        (TABLE, table("id", "day", globalSecondaryIndexes=INDEX)),
        (TABLE, table("id", "day", globalSecondaryIndexes=DAYS)),
        (TABLE, table("id", "day", localSecondaryIndexes=[{"name": "by-day", "rangeKey": "day"}])),
        (TABLE, table("order_id", hashKey=UNKNOWN)),
        (TABLE, {"restoreSourceName": "orders", "hashKey": "id"}),
        (
            TARGETS,
            {"protocol": "HTTP", "targetType": "ip", "healthCheck": {"protocol": "http", "port": "traffic-port"}},
        ),
        (
            "aws:lb/listener:Listener",
            {"defaultActions": [{"type": "redirect", "redirect": {"protocol": "#{protocol}"}}]},
        ),
        (VERSIONING, {"versioningConfiguration": {"status": "Suspended", "mfaDelete": ""}}),
        (ENCRYPTION, encrypted("aws:kms:dsse")),
        (ALARM, {"comparisonOperator": "GreaterThanOrEqualToThreshold", "statistic": "Sum"}),
        (
            "aws:ec2/instance:Instance",
            {"instanceType": "u-6tb1.112xlarge", "metadataOptions": {"httpTokens": "required"}},
        ),
        ("aws:ec2/networkAclRule:NetworkAclRule", {"protocol": "-1", "ruleAction": "ALLOW", "cidrBlock": "0.0.0.0/0"}),
        ("aws:ssm/parameter:Parameter", {"type": "StringList"}),
        (STREAM, {"streamModeDetails": {"streamMode": "ON_DEMAND"}, "retentionPeriod": 24}),
        (ROUTE, {"routeKey": "ANY /orders/{proxy+}"}),
        (ROUTE, {"routeKey": "$default"}),
        (ROUTE, {"routeKey": "send message"}),
        (ALARM, {"period": 300}),
        (ALARM, {"period": 10}),
        (SECRET, {"recoveryWindowInDays": 0}),
        (SECRET, {"recoveryWindowInDays": 30}),
        (FUNCTION, {"memorySize": 16384, "capacityProviderConfig": {"capacityProviderArn": UNKNOWN}}),
        (LIFECYCLE, moved("STANDARD_IA", 30)),
        (LIFECYCLE, moved("INTELLIGENT_TIERING", 0)),
        (LIFECYCLE, moved("STANDARD_IA", UNKNOWN)),
        (DATABASE, {"backupWindow": "03:00-04:00", "maintenanceWindow": "Sun:04:30-Sun:05:30"}),
        (DATABASE, {"identifier": "orders-main"}),
        (DATABASE, {"identifierPrefix": "orders-"}),
        ("aws:elasticache/serverlessCache:ServerlessCache", {"dailySnapshotTime": "09:00"}),
        (RECORD, {"type": "A", "records": ["203.0.113.10"]}),
        (RECORD, {"type": "AAAA", "records": ["2001:db8::10", "::ffff:203.0.113.10"]}),
        (RECORD, {"type": "CNAME", "records": ["_x1.acm-validations.aws."]}),
        (RECORD, {"type": "MX", "records": ["10 mail.acme.example."]}),
        (RECORD, {"type": "TXT", "records": ["v=spf1 -all"]}),
        (RECORD, {"type": "A", "records": UNKNOWN}),
        (BALANCED, {"defaultActions": [{"type": "fixed-response", "fixedResponse": {"statusCode": "404"}}]}),
        ("aws:ecr/lifecyclePolicy:LifecyclePolicy", {"policy": '{"rules": []}'}),
        ("aws:cloudwatch/eventTarget:EventTarget", {"input": '"go"'}),
        (DOCUMENT, {"content": "schemaVersion: '2.2'", "documentFormat": "YAML"}),
        (DOCUMENT, {"content": '{"schemaVersion": "2.2"}'}),
        ("aws:eks/cluster:Cluster", {"vpcConfig": {"publicAccessCidrs": ["203.0.113.7/24"]}}),
    ],
)
def test_what_a_property_takes_is_silent(token: str, inputs: dict[str, Any]) -> None:
    assert reported(token, inputs) == set()


def test_the_message_has_what_the_property_takes_and_what_is_there() -> None:
    assert limit_problem("one-of:PAY_PER_REQUEST,PROVISIONED", "ON_DEMAND") == (
        "takes `PAY_PER_REQUEST` or `PROVISIONED`, and is `ON_DEMAND`"
    )
    assert limit_problem("one-of:Disabled,Enabled", "enabled") == (
        "takes `Disabled` or `Enabled`, and is `enabled`; did you mean `Enabled`?"
    )
    assert limit_problem("number-of:1,3,5", "4") == "takes 1, 3 or 5, and is 4"
    assert limit_problem("number:1..900", "1200") == "takes a number from 1 to 900, and is 1200"
    assert limit_problem("number-of:10,20,30,60n", "90") == "takes 10, 20, 30 or a multiple of 60, and is 90"
    assert limit_problem("number-of:7..30", "5") == "takes a number from 7 to 30, and is 5"
    assert limit_problem("range:24..", "12") == "takes a number from 24 up, and is 12"
    assert limit_problem("one-of:arm64,x86_64", "amd64") == (
        "takes `arm64` or `x86_64`, and is `amd64`; did you mean `x86_64`?"
    )
    assert limit_problem("like:day-window", "3:00-4:00") == (
        "takes a time of each day such as `03:00-04:00`, and is `3:00-4:00`, which has an hour of one digit"
    )
    assert limit_problem("json-text", "{'password': 'x'}") == (
        "takes a JSON text, and has single quotes; did you mean `json.dumps(...)`?"
    )
    assert limit_problem("network:4", "10.0.0.1/16") == (
        "takes a range without bits after its mask; did you mean `10.0.0.0/16`?"
    )


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_the_network_of_an_address_is_taken(address: Any, length: int) -> None:
    network = IPv4Network((int(address), length), strict=False)
    assert limit_problem("network:4", str(network)) is None
    assert limit_problem("network:6", str(network))
    exact = network.network_address == address
    assert (limit_problem("network:4", f"{address}/{length}") is None) == exact
    assert limit_problem("cidr:46", f"{address}/{length}") is None


@given(st.ip_addresses(v=6), st.integers(0, 128))
def test_the_network_of_an_address_of_ipv6_is_taken(address: Any, length: int) -> None:
    network = IPv6Network((int(address), length), strict=False)
    assert limit_problem("network:6", str(network)) is None
    assert limit_problem("cidr:4", str(network))


@given(st.integers(-10_000, 10_000))
def test_a_number_is_taken_exactly_inside_of_its_range(number: int) -> None:
    assert (limit_problem("number:1..900", str(number)) is None) == (1 <= number <= 900)
    assert (limit_problem("range:1..900", str(number)) is None) == (-1 <= number <= 900)


@given(
    st.text(),
    st.sampled_from(
        [
            "one-of:A,B",
            "like-one-of:A,B",
            "number:0..9",
            "number-of:1,3",
            "cidr:46",
            "network:4:16..28",
            "like:zone",
            "like:identifier",
            "json-text",
        ]
    ),
)
def test_any_text_has_an_answer(text: str, kind: str) -> None:
    assert problem(kind, text) != ""
