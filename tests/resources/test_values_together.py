"""Counts, windows, artifacts and documents of one resource that do not go together, and sound look-alikes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.aws.impossible_value import POLICY
from tests.policies.helpers import messages, violations

MSK, CACHE, VOLUME = (
    "aws:msk/cluster:Cluster",
    "aws:elasticache/replicationGroup:ReplicationGroup",
    "aws:ebs/volume:Volume",
)
TABLE, ITEM = "aws:dynamodb/table:Table", "aws:dynamodb/tableItem:TableItem"
INSTANCE, DOCDB = "aws:rds/instance:Instance", "aws:docdb/cluster:Cluster"
PIPELINE, IMAGES = "aws:codepipeline/pipeline:Pipeline", "aws:ecr/lifecyclePolicy:LifecyclePolicy"
ACL, NETWORK_ACL = "aws:wafv2/webAcl:WebAcl", "aws:ec2/networkAcl:NetworkAcl"
MACHINE, TEMPLATE = "aws:ec2/instance:Instance", "aws:ec2/launchTemplate:LaunchTemplate"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"


def reported(token: str, inputs: dict[str, Any]) -> list[str]:
    return violations(POLICY, Resource(token, "x", inputs))


def brokers(number: Any, subnets: Any) -> dict[str, Any]:
    return {"numberOfBrokerNodes": number, "brokerNodeGroupInfo": {"clientSubnets": subnets}}


def disk(kind: Any, **inputs: Any) -> dict[str, Any]:
    return {"type": kind, "availabilityZone": "eu-central-1b", **inputs}


def on_demand(**inputs: Any) -> dict[str, Any]:
    return {"attributes": [{"name": "sku", "type": "S"}], "hashKey": "sku", **inputs}


def windows(backup: Any, maintenance: Any) -> dict[str, Any]:
    return {"backupWindow": backup, "maintenanceWindow": maintenance}


def action(name: str, category: str, order: int = 1, **artifacts: Any) -> dict[str, Any]:
    return {"name": name, "category": category, "runOrder": order, **artifacts}


def pipeline(*later: dict[str, Any]) -> dict[str, Any]:
    source = action("fetch", "Source", outputArtifacts=["code"])
    return {"stages": [{"name": "Source", "actions": [source]}, {"name": "Ship", "actions": list(later)}]}


def kept(**selection: Any) -> dict[str, Any]:
    chosen = {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 5, **selection}
    rule = {"rulePriority": 1, "selection": chosen, "action": {"type": "expire"}}
    return {"policy": json.dumps({"rules": [rule]})}


def ranked(*priorities: Any) -> dict[str, Any]:
    return {"rules": [{"name": f"r{at}", "priority": priority} for at, priority in enumerate(priorities)]}


def numbered(*numbers: Any) -> list[dict[str, Any]]:
    return [{"ruleNo": number, "protocol": "tcp", "fromPort": 443, "toPort": 443} for number in numbers]


THREE = ["subnet-0aa1", "subnet-0aa2", "subnet-0aa3"]
BUILT = action("build", "Build", inputArtifacts=["code"], outputArtifacts=["site"])


@pytest.mark.parametrize(
    ("path", "token", "inputs"),
    [
        ("numberOfBrokerNodes", MSK, brokers(5, THREE)),
        ("numberOfBrokerNodes", MSK, brokers(3, [UNKNOWN, UNKNOWN])),
        ("numCacheClusters", CACHE, {"automaticFailoverEnabled": True, "numCacheClusters": 1}),
        ("multiAzEnabled", CACHE, {"multiAzEnabled": True, "numCacheClusters": 2}),
        ("iops", VOLUME, disk("gp3", iops=2500)),
        ("iops", VOLUME, disk("gp2", iops=300)),
        ("iops", VOLUME, disk("io1", iops=80)),
        ("iops", VOLUME, disk("io1", iops=5000, size=20)),
        ("iops", VOLUME, disk("io2", iops=300000, size=4000)),
        ("throughput", VOLUME, disk("gp3", throughput=100)),
        ("throughput", VOLUME, disk("gp3", throughput=900)),
        ("throughput", VOLUME, disk("st1", throughput=250)),
        ("size", VOLUME, disk("sc1", size=50)),
        ("rootBlockDevice.iops", MACHINE, {"rootBlockDevice": {"volumeType": "gp3", "iops": 100}}),
        ("ebsBlockDevices[0].throughput", MACHINE, {"ebsBlockDevices": [{"volumeType": "io2", "throughput": 200}]}),
        (
            "blockDeviceMappings[0].ebs.iops",
            TEMPLATE,
            {"blockDeviceMappings": [{"ebs": {"volumeType": "gp2", "iops": 400}}]},
        ),
        ("billingMode", TABLE, on_demand(billingMode="PROVISIONED")),
        ("billingMode", TABLE, on_demand(billingMode="PROVISIONED", readCapacity=3)),
        ("readCapacity", TABLE, on_demand()),
        ("backupWindow", INSTANCE, windows("02:10-02:25", None)),
        ("maintenanceWindow", INSTANCE, windows(None, "tue:02:10-tue:02:25")),
        ("maintenanceWindow", INSTANCE, windows("23:30-00:30", "Sat:23:45-Sun:00:45")),
        ("preferredBackupWindow", DOCDB, {"preferredBackupWindow": "23:50-00:05"}),
        ("maintenanceWindow", CACHE, {"maintenanceWindow": "wed:04:00-wed:04:30"}),
        (
            "stages[1].actions[0].inputArtifacts[0]",
            PIPELINE,
            pipeline(action("build", "Build", inputArtifacts=["source"])),
        ),
        (
            "stages[1].actions[1].inputArtifacts[0]",
            PIPELINE,
            pipeline(BUILT, action("push", "Deploy", inputArtifacts=["site"])),
        ),
        ("stages[1].actions[0].category", PIPELINE, pipeline(action("again", "Source", outputArtifacts=["more"]))),
        ("stages[1].actions[1].name", PIPELINE, pipeline(BUILT, action("build", "Test", inputArtifacts=["code"]))),
        ("policy", IMAGES, kept(countType="imageCount")),
        ("policy", IMAGES, kept(tagStatus="all")),
        ("policy", IMAGES, kept(tagStatus="tagged")),
        ("policy", IMAGES, kept(countType="sinceImagePushed")),
        ("item", ITEM, {"item": json.dumps({"sku": "9"})}),
        ("item", ITEM, {"item": json.dumps({"sku": {"S": "9"}, "price": {"n": "5"}})}),
        ("rules[2].priority", ACL, ranked(1, 2, 1)),
        ("ingress[1].ruleNo", NETWORK_ACL, {"ingress": numbered(100, 100)}),
        ("rules[1].id", LIFECYCLE, {"rules": [{"id": "old", "status": "Enabled"}, {"id": "old", "status": "Enabled"}]}),
    ],
)
def test_what_does_not_go_together_is_reported(path: str, token: str, inputs: dict[str, Any]) -> None:
    assert reported(token, inputs) == [path]


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (MSK, brokers(6, THREE)),
        (MSK, brokers(5, UNKNOWN)),
        (MSK, brokers(UNKNOWN, THREE)),
        (CACHE, {"automaticFailoverEnabled": True, "numCacheClusters": 2, "multiAzEnabled": True}),
        (CACHE, {"automaticFailoverEnabled": True, "numNodeGroups": 2, "replicasPerNodeGroup": 1}),
        (CACHE, {"automaticFailoverEnabled": False, "numCacheClusters": 1}),
        (CACHE, {"automaticFailoverEnabled": UNKNOWN, "multiAzEnabled": True}),
        (VOLUME, disk("gp3", iops=3000, throughput=750, size=10)),
        (VOLUME, disk("gp3", iops=16000, throughput=1000, size=100)),
        (VOLUME, disk("io1", iops=1000, size=20)),
        (VOLUME, disk("io2", iops=64000, size=500)),
        (VOLUME, disk("gp2", size=1)),
        (VOLUME, disk("gp3", iops=UNKNOWN, throughput=1000)),
        (VOLUME, disk(UNKNOWN, iops=100)),
        (INSTANCE, {"storageType": "gp3", "iops": 1000, "allocatedStorage": 20}),
        (MACHINE, {"rootBlockDevice": {"volumeType": "gp3", "volumeSize": 30}}),
        (TABLE, on_demand(billingMode="PAY_PER_REQUEST")),
        (TABLE, on_demand(readCapacity=1, writeCapacity=1)),
        (TABLE, on_demand(billingMode=UNKNOWN)),
        (TABLE, on_demand(readCapacity=UNKNOWN, writeCapacity=UNKNOWN)),
        (TABLE, on_demand(restoreSourceName="orders")),
        (INSTANCE, windows("03:00-03:30", "sun:03:30-sun:04:00")),
        (INSTANCE, windows("23:45-00:15", "mon:00:15-mon:00:45")),
        (INSTANCE, windows("05:00-04:00", None)),
        (INSTANCE, windows(UNKNOWN, "sun:03:30-sun:04:00")),
        (CACHE, {"maintenanceWindow": "sat:23:30-sun:00:30"}),
        (PIPELINE, pipeline(BUILT, action("push", "Deploy", 2, inputArtifacts=["site", "code"]))),
        (PIPELINE, pipeline(action("ask", "Approval"))),
        (PIPELINE, {"stages": UNKNOWN}),
        (IMAGES, kept()),
        (IMAGES, kept(countType="sinceImagePulled", countUnit="days")),
        (IMAGES, kept(tagStatus="tagged", tagPatternList=["v*"])),
        (ITEM, {"item": json.dumps({"sku": {"S": "9"}, "tags": {"L": [{"S": "a"}]}, "gone": {"NULL": True}})}),
        (ACL, ranked(0, 1, 2)),
        (ACL, ranked(UNKNOWN, UNKNOWN)),
        (NETWORK_ACL, {"ingress": numbered(100, 200), "egress": numbered(100)}),
        (LIFECYCLE, {"rules": [{"status": "Enabled"}, {"status": "Enabled"}]}),
    ],
)
def test_what_goes_together_is_silent(token: str, inputs: dict[str, Any]) -> None:
    assert reported(token, inputs) == []


def test_a_shared_priority_is_reported_with_the_rule_that_has_it_first() -> None:
    assert "`rules[0]`" in messages(POLICY, Resource(ACL, "x", ranked(7, 8, 7)))[0]


@given(st.integers(1, 6), st.integers(1, 5))
def test_brokers_are_silent_exactly_for_multiples_of_the_subnets(subnets: int, each: int) -> None:
    listed = [f"subnet-0{at}" for at in range(subnets)]
    assert reported(MSK, brokers(subnets * each, listed)) == []
    assert bool(reported(MSK, brokers(subnets * each + 1, listed))) == (subnets > 1)


@given(st.integers(0, 23), st.integers(0, 23), st.integers(30, 600))
def test_windows_that_follow_each_other_do_not_overlap(hour: int, minute: int, length: int) -> None:
    start, end = hour * 60 + minute, (hour * 60 + minute + length) % 1440
    backup = f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"
    after = (end + 30) % 1440
    day, following = ("wed", "thu") if after < end else ("wed", "wed")
    maintenance = f"{day}:{end // 60:02}:{end % 60:02}-{following}:{after // 60:02}:{after % 60:02}"
    assert reported(INSTANCE, windows(backup, maintenance)) == []
