"""Which resources of a small stack are public, by AWS's documentation of each type."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policypack.access.exposure.exposed import exposed
from policypack.access.exposure.invoking import statement
from policypack.access.exposure.sharing import SHARES
from policypack.access.policy_targets import TARGETS
from policypack.access.solver.verdict import Verdict
from policypack.core.examples import allow, document
from policypack.core.policy import UNKNOWN, Resource, Stack
from policypack.evaluation.settings import Settings
from policypack.iam.tables import DocumentKind, argument_names, document_properties, grants
from tests.access.stacks import ACCOUNT_BLOCK, BUCKET, BUCKET_BLOCK, BUCKET_POLICY, OPEN, by_name, verdict

CASES = json.loads((Path(__file__).parent.parent / "cases" / "exposed-cases.json").read_text(encoding="utf-8"))


def _read(value: Any) -> Any:
    """A case's inputs, with what is unknown in them."""
    if isinstance(value, dict):
        return UNKNOWN if value == {"$unknown": True} else {name: _read(each) for name, each in value.items()}
    return [_read(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_documented_case(case: dict[str, Any]) -> None:
    resources = [Resource(each["type"], each["name"], _read(each["inputs"])) for each in case["resources"]]
    entry = by_name(*resources)[case["thing"]]
    assert (entry.verdict.value, case["why"]) == (case["expect"], case["why"])
    assert (entry.exposure.answer.witness is not None) == (case["expect"] == "public")
    assert case["source"].startswith("https://docs.aws.amazon.com/")


def test_every_case_is_of_types_that_exist() -> None:
    for case in CASES:
        for each in case["resources"]:
            known = argument_names(each["type"])
            assert known is not None, each["type"]
            assert set(each["inputs"]) <= known, (case["name"], each["type"])


def test_the_tables_name_properties_that_exist() -> None:
    for token, (place, *types) in TARGETS.items():
        assert place.partition(".")[0] in (argument_names(token) or ()), token
        assert all(argument_names(each) for each in types), token
    for token, share in SHARES.items():
        known = argument_names(token) or ()
        assert share.path.split(".")[0].removesuffix("[*]") in known, token
        assert not share.unless or share.unless in known, token


ALWAYS_CLOSED = {
    "aws:fsx/s3AccessPointAttachment:S3AccessPointAttachment",
    "aws:s3/accessPoint:AccessPoint",  # by default
    "aws:s3/vectorsVectorBucketPolicy:VectorsVectorBucketPolicy",
    "aws:s3control/bucketPolicy:BucketPolicy",
    "aws:s3control/objectLambdaAccessPointPolicy:ObjectLambdaAccessPointPolicy",
}
"""Types to which AWS itself blocks public access."""


@pytest.mark.parametrize(
    ("token", "place"),
    [
        (token, place)
        for token, places in sorted(document_properties().items())
        for place, kind in places.items()
        if kind is DocumentKind.RESOURCE and grants(token, place)
    ],
)
def test_a_public_document_is_detected_in_every_property(token: str, place: str) -> None:
    inputs: Any = document(allow("*", "*", Principal="*"))
    for name in reversed(place.split(".")):
        inputs = {name: inputs}
    expected = Verdict.NOT_PUBLIC if token in ALWAYS_CLOSED else Verdict.PUBLIC
    assert verdict("it", Resource(token, "it", inputs)) is expected


def test_the_verdict_has_a_request_and_the_place() -> None:
    entry = by_name(
        Resource(BUCKET, "inbox", {"bucket": "acme"}),
        Resource(BUCKET_POLICY, "sidecar", {"bucket": "acme", "policy": OPEN}),
    )["inbox"]
    expected = "anyone on the internet, from 198.51.100.7, may `s3:GetObject` on `arn:aws:s3:::inbox/x`"
    assert str(entry.exposure.answer.witness) == expected
    assert (entry.exposure.by.name, entry.exposure.path) == ("sidecar", "policy.Statement[0]")


def test_an_external_resource_is_not_judged() -> None:
    assert by_name(Resource(BUCKET, "theirs", {"policy": OPEN}, external=True)) == {}


def test_a_sidecar_is_of_the_resource_that_it_depends_on() -> None:
    queue = Resource("aws:sqs/queue:Queue", "jobs", {})
    policy = Resource(
        "aws:sqs/queuePolicy:QueuePolicy",
        "sidecar",
        {"queueUrl": UNKNOWN, "policy": document(allow("sqs:SendMessage", "*", Principal="*"))},
        property_dependencies={"queueUrl": (queue.urn,)},
    )
    entries = by_name(queue, Resource("aws:sqs/queue:Queue", "other", {}), policy)
    assert {name: entry.verdict.value for name, entry in entries.items()} == {"jobs": "public", "other": "not-public"}


@pytest.mark.parametrize(
    "carrier",
    [
        Resource("aws:dynamodb/resourcePolicy:ResourcePolicy", "it", {"policy": OPEN}),
        Resource("aws:efs/fileSystemPolicy:FileSystemPolicy", "it", {"policy": OPEN}),
        Resource("aws:secretsmanager/secretPolicy:SecretPolicy", "it", {"policy": OPEN, "blockPublicPolicy": True}),
    ],
)
def test_a_public_document_that_aws_refuses_has_a_note(carrier: Resource) -> None:
    entry = by_name(carrier)["it"]
    assert entry.verdict is Verdict.PUBLIC
    assert entry.exposure.answer.why.endswith("; AWS refuses this document, so the update fails")


def test_the_example_of_a_role_names_the_role() -> None:
    trust = document(allow("sts:AssumeRole", None, Principal={"AWS": "*"}))
    entry = by_name(Resource("aws:iam/role:Role", "reader", {"name": "acme", "assumeRolePolicy": trust}))["reader"]
    expected = "anyone with an AWS account, from 198.51.100.7, may `sts:AssumeRole` on `arn:aws:iam::*:role/acme`"
    assert str(entry.exposure.answer.witness) == expected


def api(**inputs: Any) -> Resource:
    return Resource("aws:apigateway/restApi:RestApi", "orders", inputs)


def test_the_document_in_the_definition_of_an_api_counts() -> None:
    definition = {
        "openapi": "3.0.1",
        "x-amazon-apigateway-policy": document(allow("execute-api:*", "*", Principal="*")),
    }
    entry = by_name(api(body=json.dumps(definition)))["orders"]
    assert entry.verdict is Verdict.PUBLIC
    assert entry.exposure.path == "body.x-amazon-apigateway-policy.Statement[0]"
    assert verdict("orders", api(body="x-amazon-apigateway-policy:\n  Statement: []\n")) is Verdict.UNDECIDED


def test_an_api_without_a_document_has_no_verdict() -> None:
    """Its methods decide, each by its own authorization."""
    assert by_name(api(), api(body="{}"), Resource("aws:ecrpublic/repository:Repository", "images", {})) == {}


ODD: list[Any] = [
    UNKNOWN,
    None,
    "",
    "x",
    "*",
    "arn:aws:s3:::acme",
    3.0,
    True,
    [],
    {},
    [UNKNOWN],
    [{"uri": 3}],
    {"types": 3},
]


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_no_value_of_a_property_is_too_odd(value: Any) -> None:
    """Every type that is looked at, with every argument that it takes set to the same odd value."""
    tokens = {*document_properties(), *TARGETS, *SHARES, *JOINED}
    resources = [
        Resource(token, f"it{number}", dict.fromkeys(sorted(argument_names(token) or ()), value))
        for number, token in enumerate(sorted(tokens))
    ]
    assert {each.verdict for each in exposed(Stack(tuple(resources), Settings()))} <= set(Verdict)


JOINED = (
    BUCKET,
    BUCKET_BLOCK,
    ACCOUNT_BLOCK,
    "aws:s3/bucketAcl:BucketAcl",
    "aws:s3/bucketLogging:BucketLogging",
    "aws:s3/bucketObjectv2:BucketObjectv2",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "aws:s3/objectCopy:ObjectCopy",
    "aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint",
    "aws:lambda/function:Function",
    "aws:lambda/permission:Permission",
    "aws:iam/role:Role",
)


CONTROLS = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
POINT = "aws:s3/accessPoint:AccessPoint"
ALL_OFF = {"publicAccessBlockConfiguration": {"restrictPublicBuckets": False}}


def test_a_policy_that_only_limits_exposes_nothing() -> None:
    inputs = {"vpcId": "vpc-1", "serviceName": "s3", "policy": OPEN}
    assert by_name(Resource("aws:ec2/vpcEndpoint:VpcEndpoint", "endpoint", inputs)) == {}


def test_a_document_of_a_type_with_public_access_always_blocked() -> None:
    """The carrier has the verdict if the resource is not in this stack."""
    olap = "aws:s3control/objectLambdaAccessPointPolicy:ObjectLambdaAccessPointPolicy"
    assert verdict("policy", Resource(olap, "policy", {"name": "theirs", "policy": OPEN})) is Verdict.NOT_PUBLIC


def test_undecided_names_the_unknown_in_the_document() -> None:
    bucket = Resource(BUCKET, "inbox", {"policy": document(allow(Principal={"AWS": UNKNOWN}))})
    assert by_name(bucket)["inbox"].exposure.path == "policy.Statement[0].Principal.AWS"
    with_deny = document(allow(Principal="*"), allow(Principal={"AWS": UNKNOWN}))
    assert by_name(Resource(BUCKET, "inbox", {"policy": with_deny}))["inbox"].exposure.path == "policy.Statement[0]"


def role(*statements: Any) -> Resource:
    return Resource("aws:iam/role:Role", "reader", {"assumeRolePolicy": document(*statements)})


def test_an_unknown_in_a_trust_policy_has_its_path() -> None:
    trust = allow("sts:AssumeRole", None, Principal={"AWS": "111122223333"})
    places = {
        "assumeRolePolicy.Statement[0]": role(UNKNOWN),
        "assumeRolePolicy.Statement[0].Effect": role({**trust, "Effect": UNKNOWN}),
        "assumeRolePolicy.Statement[0].Principal": role({**trust, "Principal": UNKNOWN}),
    }
    for path, resource in places.items():
        entry = by_name(resource)["reader"]
        assert (entry.verdict, entry.exposure.path) == (Verdict.UNDECIDED, path)
        assert entry.exposure.answer.why == "is known only after the update"
    assert verdict("reader", role({**trust, "Condition": UNKNOWN})) is Verdict.NOT_PUBLIC


@pytest.mark.parametrize(
    ("token", "name", "request_"),
    [
        (
            "aws:rds/snapshot:Snapshot",
            "dbSnapshotIdentifier",
            "`rds:RestoreDBInstanceFromDBSnapshot` on `arn:aws:rds:*:*:snapshot:x`",
        ),
        (
            "aws:rds/clusterSnapshotCopy:ClusterSnapshotCopy",
            "targetDbClusterSnapshotIdentifier",
            "`rds:RestoreDBClusterFromSnapshot` on `arn:aws:rds:*:*:cluster-snapshot:x`",
        ),
        (
            "aws:rds/snapshotCopy:SnapshotCopy",
            "unnamed",
            "`rds:RestoreDBInstanceFromDBSnapshot` on `arn:aws:rds:*:*:snapshot:it`",
        ),
    ],
)
def test_the_example_of_a_snapshot(token: str, name: str, request_: str) -> None:
    entry = by_name(Resource(token, "it", {"sharedAccounts": ["all"], name: "x"}))["it"]
    assert request_ in str(entry.exposure.answer.witness)


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"principal": "*"}, {"Principal": "*", "Action": "lambda:InvokeFunction"}),
        ({"principal": "s3.amazonaws.com"}, {"Principal": {"Service": "s3.amazonaws.com"}}),
        ({"principal": "111122223333"}, {"Principal": {"AWS": "111122223333"}}),
        ({"function": "read"}, {"Resource": "arn:aws:lambda:*:*:function:read"}),
        ({"function": UNKNOWN}, {"Resource": "arn:aws:lambda:*:*:function:p-1a2b3c4"}),
        ({"function": "arn:aws:lambda:eu-west-1:1:function:f"}, {"Resource": "arn:aws:lambda:eu-west-1:1:function:f"}),
        ({"invokedViaFunctionUrl": True}, {"Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}}),
        ({"invokedViaFunctionUrl": False}, {}),
        (
            {"sourceArn": "arn:aws:s3:::a", "sourceAccount": "111122223333", "functionUrlAuthType": "NONE"},
            {
                "Condition": {
                    "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::a"},
                    "StringEquals": {"AWS:SourceAccount": "111122223333", "lambda:FunctionUrlAuthType": "NONE"},
                }
            },
        ),
    ],
)
def test_the_statement_that_lambda_adds_for_a_permission(inputs: Any, expected: Any) -> None:
    added = statement(Resource("aws:lambda/permission:Permission", "p", inputs))
    assert {name: added[name] for name in expected} == expected
    assert ("Condition" in added) == ("Condition" in expected)
