"""The pack, through its own gRPC service, and the gate, in process, report the same about the same resources."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from google.protobuf.empty_pb2 import Empty

from policypack.core.examples import Example
from policypack.core.policy import UNKNOWN, Kind, Policy, Resource, Stack, urn_of
from policypack.crossguard import message
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.grouping import one_per_value
from policypack.evaluation.settings import Settings
from policypack.policies import POLICIES
from tests.analyzer import Diagnostic, Pack, running
from tests.test_policies import by_id

pytestmark = pytest.mark.corpus


@pytest.fixture(scope="module")
def pack() -> Iterator[Pack]:
    with running() as client:
        yield client


def in_process(stack: Stack) -> list[Diagnostic]:
    return [
        Diagnostic(outcome.policy.id, outcome.resource.urn, message(outcome), mandatory=outcome.blocks)
        for outcome in one_per_value(evaluate(POLICIES, stack))
    ]


def assert_agreement(pack: Pack, stack: Stack) -> None:
    def key(diagnostic: Diagnostic) -> tuple[str, str, str]:
        return diagnostic.policy, diagnostic.urn, diagnostic.message

    assert sorted(pack.analyze(stack), key=key) == sorted(in_process(stack), key=key)


def stack_of(example: Example) -> Stack | None:
    """What an example creates; None if the engine constructs resources of it itself, or does not tell of a look-up."""
    untold = example.unseen or any(resource.remote or resource.invoked for resource in example.resources)
    return None if untold else Stack(example.resources, Settings())


PLAINEST = {policy.id: stack for policy in POLICIES if (stack := stack_of(policy.bad[0]))}


@pytest.mark.parametrize("policy", POLICIES, ids=by_id)
def test_examples_are_judged_the_same(pack: Pack, policy: Policy[Any]) -> None:
    for stack in filter(None, map(stack_of, (*policy.bad, *policy.good))):
        assert_agreement(pack, stack)


def unknown_everywhere(resource: Resource) -> Resource:
    return replace(resource, inputs=dict.fromkeys(resource.inputs, UNKNOWN))


@pytest.mark.parametrize("name", PLAINEST)
def test_unknowns_are_judged_the_same_and_block(pack: Pack, name: str) -> None:
    stack = PLAINEST[name]
    assert_agreement(pack, replace(stack, resources=tuple(map(unknown_everywhere, stack.resources))))


@pytest.mark.parametrize("name", PLAINEST)
def test_secrets_are_judged_the_same(pack: Pack, name: str) -> None:
    stack = PLAINEST[name]
    hidden = tuple(replace(resource, secrets=frozenset(resource.inputs)) for resource in stack.resources)
    assert_agreement(pack, replace(stack, resources=hidden))


def test_the_engine_receives_the_tags_of_each_card(pack: Pack) -> None:
    tags = {info.name: list(info.tags) for info in pack.stub.GetAnalyzerInfo(Empty()).policies}
    assert tags == {policy.id: list(policy.tags) for policy in POLICIES}


def test_no_door_quotes_a_secret(pack: Pack) -> None:
    """Several policies would quote the action, because it does not exist."""
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "hush:Hush", "Resource": "*"}}
    role = Resource(
        "aws:iam/rolePolicy:RolePolicy", "r", {"policy": json.dumps(document)}, secrets=frozenset({"policy"})
    )
    stack = Stack((role,), Settings())
    assert_agreement(pack, stack)
    messages = [diagnostic.message for diagnostic in pack.analyze(stack)]
    assert messages
    assert not [text for text in messages if "hush" in text.lower()]


def test_an_unknown_document_blocks_in_the_pack(pack: Pack) -> None:
    policy = Resource("aws:s3/bucketPolicy:BucketPolicy", "ingest", {"bucket": "ingest", "policy": UNKNOWN})
    diagnostics = [
        diagnostic for diagnostic in pack.analyze(Stack((policy,), Settings())) if "`policy`" in diagnostic.message
    ]
    assert diagnostics
    assert all(diagnostic.mandatory for diagnostic in diagnostics)


def test_what_a_provider_reports_is_not_what_the_program_wrote(pack: Pack) -> None:
    """Outputs of a bucket repeat the settings of its sidecars; only inputs show who manages them."""
    bucket = Resource(
        "aws:s3/bucket:Bucket",
        "ingest",
        {"bucket": "ingest-1"},
        outputs={"bucket": "ingest-1", "versioning": {"enabled": True}},
    )
    versioning = Resource(
        "aws:s3/bucketVersioning:BucketVersioning",
        "ingest",
        {"bucket": "ingest-1", "versioningConfiguration": {"status": "Enabled"}},
        property_dependencies={"bucket": (urn_of("aws:s3/bucket:Bucket", "ingest"),)},
    )
    stack = Stack((bucket, versioning), Settings())
    assert_agreement(pack, stack)
    assert not [diagnostic for diagnostic in in_process(stack) if diagnostic.policy == "aws-contested-resource"]


def test_a_bucket_that_is_only_read_is_not_judged(pack: Pack) -> None:
    bucket = Resource(
        "aws:s3/bucket:Bucket", "theirs", {}, outputs={"bucket": "theirs", "acl": "public-read"}, external=True
    )
    stack = Stack((bucket,), Settings())
    assert in_process(stack) == []
    assert pack.analyze(stack) == []
    assert in_process(replace(stack, resources=(replace(bucket, external=False),)))


def test_an_error_is_never_a_pass() -> None:
    policy = next(policy for policy in POLICIES if policy.id == "s3-public-acl")
    crashing = replace(policy, check=lambda _: 1 / 0)
    outcomes = evaluate([crashing], Stack(crashing.bad[0].resources, Settings()))
    assert [outcome.kind for outcome in outcomes] == [Kind.ERROR]
    assert outcomes[0].blocks
    assert crashing.id in outcomes[0].message
