"""The resources that no policy is about, in every report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policypack.core.examples import bucket, construct, role_policy
from policypack.core.policy import ROOT_TYPE, EnforcementLevel, Policy, Resource
from policypack.crossguard.session import Levels, Session
from policypack.crossguard.stack_settings import StackSettings
from policypack.evaluation.coverage import summary, without_policy
from policypack.policies import POLICIES
from stackguard.gate.request import CheckRequest, judge
from stackguard.reports import Report, Screen
from tests.crossguard.test_session import analyze, analyze_stack, configure
from tests.reports.sample import render

VPC, SUBNET = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"
UNSEEN = {VPC: 3, SUBNET: 1}
SENTENCE = f"4 resources of 2 types have no policy: {VPC} (3), {SUBNET} (1)"
BY_ID = {policy.id: policy for policy in POLICIES}


def stack(*types: str) -> list[Resource]:
    return [construct(token, f"r{number}") for number, token in enumerate(types)]


def test_types_without_a_policy_are_counted() -> None:
    resources = [bucket(), role_policy(), *stack(SUBNET, VPC, VPC, VPC)]
    assert list(without_policy(POLICIES, resources).items()) == [(VPC, 3), (SUBNET, 1)]


@pytest.mark.parametrize(
    "resource",
    [
        Resource(ROOT_TYPE, "stack", custom=False),
        Resource("pulumi:providers:aws", "aws"),
        Resource("pulumi:pulumi:StackReference", "shared"),
        Resource("acme:web:Site", "site", custom=False),
        Resource("acme:web:Remote", "site", custom=False, remote=True),
        Resource(VPC, "shared", external=True),
    ],
    ids=lambda resource: resource.type,
)
def test_what_is_not_counted(resource: Resource) -> None:
    assert without_policy(POLICIES, [resource]) == {}


@pytest.mark.parametrize(
    "token",
    [
        "aws:ec2/routeTable:RouteTable",
        "aws:s3/bucketMetric:BucketMetric",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/directoryBucket:DirectoryBucket",
        "aws:ec2/route:Route",
        "aws:future/thing:Thing",
        "random:index/randomId:RandomId",
        "pulumi-python:dynamic:Resource",
    ],
)
def test_no_policy_is_about(token: str) -> None:
    assert without_policy(POLICIES, [Resource(token, "x", {"bucket": "x", "policy": "{}"})]) == {token: 1}


@pytest.mark.parametrize(
    "token",
    [
        "aws:s3/bucketV2:BucketV2",
        "aws:s3/bucketVersioningV2:BucketVersioningV2",
        "aws:s3/bucketObjectv2:BucketObjectv2",
        "aws:iam/sshKey:SshKey",
        "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
        "aws:lambda/layerVersion:LayerVersion",
        "aws:rds/clusterSnapshot:ClusterSnapshot",
        "aws:sqs/queuePolicy:QueuePolicy",
        "aws:kms/replicaKey:ReplicaKey",
        "aws:xray/resourcePolicy:ResourcePolicy",
    ],
)
def test_a_policy_is_about(token: str) -> None:
    assert without_policy(POLICIES, [Resource(token, "x")]) == {}


def test_only_policies_that_run_count() -> None:
    queue = Resource("aws:sqs/queue:Queue", "jobs", {"kmsMasterKeyId": "alias/jobs"})
    assert without_policy([BY_ID["sqs-missing-encryption"]], [queue]) == {}
    assert without_policy([BY_ID["s3-public-acl"]], [queue]) == {queue.type: 1}
    assert without_policy([], [queue]) == {queue.type: 1}


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_a_policy_that_judges_every_type_is_generic(policy: Policy[Any]) -> None:
    unheard = Resource("aws:future/thing:Thing", "x")
    assert without_policy([policy], [unheard]) == {unheard.type: 1}


def test_a_summary_is_one_sentence() -> None:
    many = {f"aws:ec2/t{number}:T": 1 for number in range(7)}
    assert summary(UNSEEN) == SENTENCE
    assert summary({VPC: 1}) == f"1 resource of 1 type has no policy: {VPC} (1)"
    assert summary(many).endswith("aws:ec2/t4:T (1), and 2 more types")


def test_every_format_has_it() -> None:
    report = Report("stack", (), 4, 1, without_policy=UNSEEN)
    text, sarif = render(report, "text", Screen()), json.loads(render(report, "sarif", Screen()))
    entries = json.loads(render(report, "json", Screen()))["withoutPolicy"]
    assert text.splitlines()[-2] == SENTENCE
    assert entries == [{"type": VPC, "resources": 3}, {"type": SUBNET, "resources": 1}]
    notes = sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert (notes[0]["level"], notes[0]["message"]["text"]) == ("note", SENTENCE)
    assert report.exit_code == 0


def test_the_gate_has_it(tmp_path: Path) -> None:
    urn = "urn:pulumi:dev::net::{}::{}"
    entries = [
        {"urn": urn.format(token, name), "type": token, "custom": True, "id": name, "inputs": {}}
        for token, name in ((VPC, "a"), (VPC, "b"), (SUBNET, "c"))
    ]
    file = tmp_path / "state.json"
    file.write_text(json.dumps({"version": 3, "deployment": {"resources": entries}}), encoding="utf-8")
    assert judge(CheckRequest(str(file))).without_policy == {VPC: 2, SUBNET: 1}


@pytest.mark.parametrize(("dry_run", "count"), [(True, 1), (False, 0)])
def test_a_preview_ends_with_it(*, dry_run: bool, count: int) -> None:
    levels: Levels = {policy.id: (policy.enforcement, None) for policy in POLICIES}
    pack = Session(POLICIES, StackSettings(), Path(), None)
    configure(pack, dry_run=dry_run)
    provider = Resource("pulumi:providers:aws", "aws", {"region": "eu-west-1"})
    subnet = Resource(SUBNET, "a", {"vpcId": "vpc-1"}, provider=provider.urn)
    reports = [*analyze(pack, subnet, levels), *analyze_stack(pack, provider, subnet, levels=levels)]
    sentence = f"1 resource of 1 type has no policy: {SUBNET} (1)"
    assert [report.message for report in reports].count(sentence) == count
    assert {report.level for report in reports if report.message == sentence} <= {EnforcementLevel.ADVISORY}


def test_what_runs_with_a_role_is_judged_by_it() -> None:
    assert without_policy(POLICIES, stack("aws:iam/instanceProfile:InstanceProfile", "aws:glue/job:Job", VPC)) == {
        VPC: 1
    }
