"""Distances of numbers, types of instances, engines, domain names and the fields of events."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.aws.impossible_value import POLICY
from policypack.resources.property_kinds.limits import limit_problem
from tests.policies.helpers import messages, violations

PLAN, EFS, TASK = "aws:backup/plan:Plan", "aws:efs/fileSystem:FileSystem", "aws:ecs/taskDefinition:TaskDefinition"
RULES = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
TIERING = "aws:s3/bucketIntelligentTieringConfiguration:BucketIntelligentTieringConfiguration"
BUCKET, SERVICE, SCALING = "aws:s3/bucket:Bucket", "aws:ecs/service:Service", "aws:autoscaling/policy:Policy"
DATABASE, TARGETS, ELB = (
    "aws:rds/instance:Instance",
    "aws:lb/targetGroup:TargetGroup",
    "aws:elb/loadBalancer:LoadBalancer",
)
SEARCH, OLD_SEARCH = "aws:opensearch/domain:Domain", "aws:elasticsearch/domain:Domain"
MSK, NODES, BATCH = (
    "aws:msk/cluster:Cluster",
    "aws:eks/nodeGroup:NodeGroup",
    "aws:batch/computeEnvironment:ComputeEnvironment",
)
TEMPLATE, SAGEMAKER = (
    "aws:ec2/launchTemplate:LaunchTemplate",
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
)
CERTIFICATE, IDENTITY = "aws:acm/certificate:Certificate", "aws:sesv2/emailIdentity:EmailIdentity"
ZONE, RECORD, CHECK = "aws:route53/zone:Zone", "aws:route53/record:Record", "aws:route53/healthCheck:HealthCheck"
MAIL_FROM, CLIENT = "aws:ses/mailFrom:MailFrom", "aws:cognito/userPoolClient:UserPoolClient"
SITE, EVENTS = "aws:cloudfront/distribution:Distribution", "aws:cloudwatch/eventRule:EventRule"
ARCHIVE, MAPPING = "aws:cloudwatch/eventArchive:EventArchive", "aws:lambda/eventSourceMapping:EventSourceMapping"


def reported(token: str, inputs: dict[str, Any]) -> list[str]:
    return sorted(violations(POLICY, Resource(token, "x", inputs)))


def kept(cold: Any, deleted: Any) -> dict[str, Any]:
    return {"rules": [{"ruleName": "daily", "lifecycle": {"coldStorageAfter": cold, "deleteAfter": deleted}}]}


def moved(*transitions: tuple[str, Any], until: Any = None) -> dict[str, Any]:
    moves = [{"storageClass": storage_class, "days": days} for storage_class, days in transitions]
    return {"rules": [{"id": "logs", "transitions": moves, **({"expiration": {"days": until}} if until else {})}]}


def former(days: Any, until: Any) -> dict[str, Any]:
    moves = [{"storageClass": "GLACIER", "noncurrentDays": days}]
    rule = {"noncurrentVersionTransitions": moves, "noncurrentVersionExpiration": {"noncurrentDays": until}}
    return {"rules": [{"id": "old", **rule}]}


def nodes(**config: Any) -> dict[str, Any]:
    return {"clusterConfig": {"instanceCount": 2, **config}}


def matching(**fields: Any) -> dict[str, Any]:
    return {"eventPattern": json.dumps({name.replace("_", "-"): value for name, value in fields.items()})}


def cached(**ttl: int) -> dict[str, Any]:
    return {"defaultCacheBehavior": {"targetOriginId": "site", **ttl}}


def containers(**container: Any) -> dict[str, Any]:
    return {"containerDefinitions": json.dumps([{"name": "web", "image": "web:1", **container}])}


@pytest.mark.parametrize(
    ("path", "token", "inputs"),
    [
        ("rules[0].lifecycle.deleteAfter", PLAN, kept(30, 119)),
        ("rules[0].lifecycle.deleteAfter", PLAN, kept(90.0, 60.0)),
        ("rules[0].expiration.days", RULES, moved(("STANDARD_IA", 30), until=30)),
        ("rules[0].expiration.days", RULES, moved(("GLACIER", 365), until=90)),
        ("rules[0].transitions[1].days", RULES, moved(("STANDARD_IA", 90), ("GLACIER", 60))),
        ("rules[0].noncurrentVersionExpiration.noncurrentDays", RULES, former(90, 30)),
        ("lifecycleRules[0].expiration.days", BUCKET, {"lifecycleRules": moved(("GLACIER", 60), until=45)["rules"]}),
        ("tierings[0].days", TIERING, {"tierings": [{"accessTier": "DEEP_ARCHIVE_ACCESS", "days": 90}]}),
        (
            "lifecyclePolicies[0].transitionToArchive",
            EFS,
            {"lifecyclePolicies": [{"transitionToArchive": "AFTER_30_DAYS"}, {"transitionToIa": "AFTER_60_DAYS"}]},
        ),
        (
            "deploymentMinimumHealthyPercent",
            SERVICE,
            {"deploymentMinimumHealthyPercent": 100, "deploymentMaximumPercent": 75},
        ),
        (
            "stepAdjustments[0].metricIntervalLowerBound",
            SCALING,
            {"stepAdjustments": [{"metricIntervalLowerBound": "20", "metricIntervalUpperBound": "12.5"}]},
        ),
        ("allocatedStorage", DATABASE, {"allocatedStorage": 200, "maxAllocatedStorage": 100}),
        ("healthCheck.timeout", TARGETS, {"healthCheck": {"timeout": 30, "interval": 10}}),
        ("healthCheck.interval", ELB, {"healthCheck": {"timeout": 10, "interval": 10}}),
        ("defaultCacheBehavior.defaultTtl", SITE, cached(minTtl=0, defaultTtl=86400, maxTtl=3600)),
        ("containerDefinitions", TASK, containers(memory=256, memoryReservation=512)),
        ("brokerNodeGroupInfo.instanceType", MSK, {"brokerNodeGroupInfo": {"instanceType": "m7g.large"}}),
        ("clusterConfig.instanceType", SEARCH, nodes(instanceType="r6g.large")),
        ("clusterConfig.dedicatedMasterType", SEARCH, nodes(dedicatedMasterType="m6g.large.elasticsearch")),
        ("clusterConfig.warmType", OLD_SEARCH, nodes(warmType="ultrawarm1.medium.search")),
        ("productionVariants[0].instanceType", SAGEMAKER, {"productionVariants": [{"instanceType": "c6i.large"}]}),
        ("nodeType", "aws:memorydb/cluster:Cluster", {"nodeType": "cache.r7g.large"}),
        ("nodeType", "aws:dax/cluster:Cluster", {"nodeType": "r5.large"}),
        ("nodeType", "aws:redshift/cluster:Cluster", {"nodeType": "db.r5.large"}),
        ("hostInstanceType", "aws:mq/broker:Broker", {"hostInstanceType": "t3.micro"}),
        (
            "replicationInstanceClass",
            "aws:dms/replicationInstance:ReplicationInstance",
            {"replicationInstanceClass": "t3.small"},
        ),
        ("instanceType", TEMPLATE, {"instanceType": "cache.t4g.micro"}),
        ("instanceTypes[1]", NODES, {"instanceTypes": ["m6i.large", "db.m6i.large"]}),
        ("computeResources.instanceTypes[0]", BATCH, {"computeResources": {"instanceTypes": ["ml.c5.large"]}}),
        ("engine", "aws:docdb/cluster:Cluster", {"engine": "mongodb"}),
        ("engine", "aws:neptune/cluster:Cluster", {"engine": "gremlin"}),
        ("engine", "aws:memorydb/cluster:Cluster", {"engine": "memcached"}),
        ("engine", "aws:rds/globalCluster:GlobalCluster", {"engine": "postgres"}),
        ("domainName", CERTIFICATE, {"domainName": "https://shop.acme.example"}),
        ("subjectAlternativeNames[0]", CERTIFICATE, {"subjectAlternativeNames": ["www.acme.example/shop"]}),
        ("emailIdentity", IDENTITY, {"emailIdentity": "http://acme.example"}),
        ("domain", "aws:ses/domainIdentity:DomainIdentity", {"domain": "acme example.com"}),
        ("domain", MAIL_FROM, {"domain": "https://acme.example"}),
        ("domainName", "aws:apigatewayv2/domainName:DomainName", {"domainName": "https://api.acme.example"}),
        ("aliases[0]", SITE, {"aliases": ["https://www.acme.example"]}),
        ("origins[0].domainName", SITE, {"origins": [{"originId": "a", "domainName": "api acme.example"}]}),
        ("fqdn", CHECK, {"fqdn": "www.acme.example:443"}),
        ("name", ZONE, {"name": "acme shop.example"}),
        ("name", RECORD, {"name": "www .acme.example"}),
        ("callbackUrls[0]", CLIENT, {"callbackUrls": ["app.acme.example/callback"]}),
        ("eventPattern", EVENTS, matching(source=["aws.ec2"], detailType=["EC2 Instance State-change Notification"])),
        ("eventPattern", EVENTS, matching(eventName=["RunInstances"])),
        ("eventPattern", ARCHIVE, {"eventPattern": json.dumps({"$or": [{"source": ["a"]}, {"Source": ["b"]}]})}),
    ],
)
def test_what_a_property_does_not_take_is_reported(path: str, token: str, inputs: dict[str, Any]) -> None:
    assert reported(token, inputs) == [path]


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (PLAN, kept(30, 120)),
        (PLAN, kept(0, 35)),
        (PLAN, kept(30, 0)),
        (PLAN, kept(UNKNOWN, 35)),
        (RULES, moved(("STANDARD_IA", 30), ("GLACIER", 90), ("DEEP_ARCHIVE", 180), until=3650)),
        (RULES, moved(("GLACIER", 90), ("STANDARD_IA", 30), until=91)),
        (RULES, moved(("INTELLIGENT_TIERING", 0), until=30)),
        (RULES, moved(("GLACIER", 90), until=UNKNOWN)),
        (RULES, former(30, 90)),
        (
            RULES,
            {
                "rules": [
                    {"transitions": [{"date": "2031-01-01", "storageClass": "GLACIER"}], "expiration": {"days": 1}}
                ]
            },
        ),
        (RULES, {"rules": [*moved(("GLACIER", 90))["rules"], {"id": "tmp", "expiration": {"days": 1}}]}),
        (TIERING, {"tierings": [{"accessTier": "ARCHIVE_ACCESS", "days": 90}]}),
        (
            EFS,
            {
                "lifecyclePolicies": [
                    {"transitionToIa": "AFTER_7_DAYS"},
                    {"transitionToArchive": "AFTER_90_DAYS"},
                    {"transitionToPrimaryStorageClass": "AFTER_1_ACCESS"},
                ]
            },
        ),
        (SERVICE, {"deploymentMinimumHealthyPercent": 0, "deploymentMaximumPercent": 100}),
        (SERVICE, {"deploymentMinimumHealthyPercent": 100, "deploymentMaximumPercent": 200}),
        (SCALING, {"stepAdjustments": [{"metricIntervalLowerBound": "-10", "metricIntervalUpperBound": "0"}]}),
        (SCALING, {"stepAdjustments": [{"metricIntervalLowerBound": "0", "metricIntervalUpperBound": ""}]}),
        (DATABASE, {"allocatedStorage": 200, "maxAllocatedStorage": 0}),
        (TARGETS, {"healthCheck": {"timeout": 10, "interval": 10}}),
        (SITE, cached(minTtl=0, defaultTtl=0, maxTtl=0)),
        (SITE, cached(minTtl=60, defaultTtl=3600, maxTtl=86400)),
        (TASK, containers(memory=512, memoryReservation=256)),
        (TASK, containers(memoryReservation=512)),
        (MSK, {"brokerNodeGroupInfo": {"instanceType": "express.m7g.16xlarge"}}),
        (SEARCH, nodes(instanceType="or1.medium.search", warmType="ultrawarm1.large.search")),
        (OLD_SEARCH, nodes(instanceType="t3.small.elasticsearch", warmType="")),
        (NODES, {"instanceTypes": ["c7i-flex.large", "m7g.metal", UNKNOWN]}),
        (BATCH, {"computeResources": {"instanceTypes": ["optimal", "c7g", "p5.48xlarge", "default_arm64"]}}),
        (TEMPLATE, {"instanceRequirements": {"allowedInstanceTypes": ["m7*", "c6i.*", "r6g.large", "*"]}}),
        (SAGEMAKER, {"productionVariants": [{"instanceType": "ml.p4de.24xlarge"}]}),
        ("aws:redshift/cluster:Cluster", {"nodeType": "ra3.xlplus"}),
        ("aws:docdb/clusterInstance:ClusterInstance", {"engine": "docdb", "instanceClass": "db.t4g.medium"}),
        ("aws:docdb/clusterInstance:ClusterInstance", {"instanceClass": "db.serverless"}),
        ("aws:memorydb/cluster:Cluster", {"engine": "valkey", "nodeType": "db.r7g.large"}),
        (
            CERTIFICATE,
            {"domainName": "*.acme.example", "subjectAlternativeNames": ["acme.example", "a_b.acme.example"]},
        ),
        (IDENTITY, {"emailIdentity": "ops+alerts@acme.example"}),
        (MAIL_FROM, {"domain": "ops@acme.example", "mailFromDomain": "mail.acme.example"}),
        (ZONE, {"name": "0/25.2.0.192.in-addr.arpa"}),
        (RECORD, {"name": "_sip._tcp.acme.example."}),
        (RECORD, {"name": "*.acme.example"}),
        (RECORD, {"name": r"acme\040shop.example"}),
        (RECORD, {"name": ""}),
        (SITE, {"aliases": ["acme.example", "*.acme.example"]}),
        (CLIENT, {"callbackUrls": ["acme://callback", "http://localhost:3000", "https://app.acme.example/callback"]}),
        (EVENTS, matching(version=["0"], id=[{"exists": True}], time=[{"prefix": "2031"}], region=["eu-west-1"])),
        (
            EVENTS,
            matching(source=["shop.orders"], detail_type=["placed"], detail={"detailtype": ["x"]}, resources=["a"]),
        ),
        (EVENTS, {"eventPattern": json.dumps({"$or": [{"source": ["a"]}, {"detail": {"eventName": ["b"]}}]})}),
        (ARCHIVE, matching(account=["111122223333"], replay_name=[{"exists": False}])),
        (
            MAPPING,
            {
                "filterCriteria": {
                    "filters": [{"pattern": json.dumps({"body": {"detailtype": ["x"]}, "eventName": ["INSERT"]})}]
                }
            },
        ),
    ],
)
def test_what_a_property_takes_is_silent(token: str, inputs: dict[str, Any]) -> None:
    assert reported(token, inputs) == []


@pytest.mark.parametrize(
    ("form", "service", "shape"),
    [
        ("search-type", "opensearch", "OpenSearchPartitionInstanceType"),
        ("elasticsearch-type", "es", "ESPartitionInstanceType"),
        ("ml-type", "sagemaker", "AppInstanceType"),
        ("ml-type", "sagemaker", "ClusterInstanceType"),
        ("ml-type", "sagemaker", "ProductionVariantInstanceType"),
        ("ml-type", "sagemaker", "TrainingInstanceType"),
        ("influx-class", "timestream-influxdb", "DbInstanceType"),
        ("instance-type", "gamelift", "EC2InstanceType"),
    ],
)
def test_the_types_of_an_api_have_the_form_of_its_service(form: str, service: str, shape: str) -> None:
    types = get_session().get_service_model(service).shape_for(shape).enum
    assert types
    assert not [name for name in types if limit_problem(f"like:{form}", name)]


@given(st.integers(1, 40_000), st.integers(1, 40_000))
def test_backups_are_kept_for_90_days_in_cold_storage(cold: int, deleted: int) -> None:
    assert bool(reported(PLAN, kept(cold, deleted))) == (deleted < cold + 90)


@given(st.lists(st.from_regex(r"[a-z0-9_]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True), min_size=1, max_size=4))
def test_a_domain_is_taken_and_its_url_is_not(labels: list[str]) -> None:
    name = ".".join([*labels, "example"])
    assert not reported(CERTIFICATE, {"domainName": name})
    assert reported(CERTIFICATE, {"domainName": f"https://{name}"})


def test_the_message_says_what_the_form_is_and_what_is_wrong() -> None:
    (distance,) = messages(POLICY, Resource(PLAN, "x", kept(30, 100)))
    assert "takes at least 120, which is 90 more than `coldStorageAfter`, and is 100" in distance
    (field,) = messages(POLICY, Resource(EVENTS, "x", matching(detailtype=["x"])))
    assert (
        "a field `detailtype` at the top of the pattern, which no event has there; did you mean `detail-type`?" in field
    )
    (url,) = messages(POLICY, Resource(CHECK, "x", {"fqdn": "https://acme.example"}))
    assert "which is a URL" in url
