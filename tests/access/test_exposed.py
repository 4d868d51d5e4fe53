"""Which things of a little stack are open to outsiders, by what AWS documents of each type."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from policypack.access.exposed import Exposed, exposed
from policypack.access.owners import OWNERS
from policypack.access.sharing import SHARES
from policypack.access.verdict import Verdict
from policypack.aws.tables import DocumentKind, argument_names, document_properties, grants
from policypack.policy import UNKNOWN, Resource, Stack
from policypack.settings import Settings
from tests.policies.helpers import allow, document

CASES = json.loads((Path(__file__).parent / "cases" / "exposed-cases.json").read_text(encoding="utf-8"))
BUCKET = "aws:s3/bucket:Bucket"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
BUCKET_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ACCOUNT_BLOCK = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
OPEN = document(allow(Principal="*"))


def found(*resources: Resource) -> dict[str, Exposed]:
    """The verdicts by the name of the thing."""
    return {each.thing.name: each for each in exposed(Stack(resources, Settings()))}


def verdict(name: str, *resources: Resource) -> Verdict:
    return found(*resources)[name].verdict


def _read(value: Any) -> Any:
    """A case's inputs, with what is unknown in them."""
    if isinstance(value, dict):
        return UNKNOWN if value == {"$unknown": True} else {name: _read(each) for name, each in value.items()}
    return [_read(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_documented_case(case: dict[str, Any]) -> None:
    resources = [Resource(each["type"], each["name"], _read(each["inputs"])) for each in case["resources"]]
    thing = found(*resources)[case["thing"]]
    assert (thing.verdict.value, case["why"]) == (case["expect"], case["why"])
    assert (thing.opening.answer.witness is not None) == (case["expect"] == "public")
    assert case["source"].startswith("https://docs.aws.amazon.com/")


def test_every_case_is_of_types_that_exist() -> None:
    for case in CASES:
        for each in case["resources"]:
            known = argument_names(each["type"])
            assert known is not None, each["type"]
            assert set(each["inputs"]) <= known, (case["name"], each["type"])


def test_the_tables_name_properties_that_exist() -> None:
    for token, (place, owners) in OWNERS.items():
        assert place.partition(".")[0] in (argument_names(token) or ()), token
        assert all(argument_names(each) for each in owners), token
    for token, shares in SHARES.items():
        for share in shares:
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
def test_an_open_document_is_seen_wherever_one_can_be(token: str, place: str) -> None:
    inputs: Any = document(allow("*", "*", Principal="*"))
    for name in reversed(place.split(".")):
        inputs = {name: inputs}
    expected = Verdict.NOT_PUBLIC if token in ALWAYS_CLOSED else Verdict.PUBLIC
    assert verdict("it", Resource(token, "it", inputs)) is expected


def test_the_verdict_shows_who_from_where_what_on_what_and_the_place() -> None:
    thing = found(
        Resource(BUCKET, "inbox", {"bucket": "acme"}),
        Resource(BUCKET_POLICY, "sidecar", {"bucket": "acme", "policy": OPEN}),
    )["inbox"]
    told = "anyone on the internet, from 198.51.100.7, may `s3:GetObject` on `arn:aws:s3:::inbox/x`"
    assert str(thing.opening.answer.witness) == told
    assert (thing.opening.by.name, thing.opening.path) == ("sidecar", "policy.Statement[0]")


def provider(name: str, **inputs: Any) -> Resource:
    return Resource("pulumi:providers:aws", name, inputs)


def account_wide(*providers: Resource) -> Verdict:
    """A public bucket of the first provider, and an account's access block of the last."""
    return verdict(
        "inbox",
        *providers,
        Resource(BUCKET, "inbox", {"policy": OPEN}, provider=f"{providers[0].urn}::id"),
        Resource(ACCOUNT_BLOCK, "all", {"restrictPublicBuckets": True}, provider=f"{providers[-1].urn}::id"),
    )


def test_an_accounts_block_holds_for_buckets_of_the_account_alone() -> None:
    here, there = provider("here", profile="one", region="eu-west-1"), provider("there", profile="two")
    assert account_wide(here) is Verdict.NOT_PUBLIC
    assert account_wide(here, provider("us", profile="one", region="us-east-1")) is Verdict.NOT_PUBLIC
    assert account_wide(here, there) is Verdict.UNDECIDED, "two profiles may be of one account"
    one, two = provider("one", allowedAccountIds=["111122223333"]), provider("two", allowedAccountIds=["444455556666"])
    assert account_wide(one, two) is Verdict.PUBLIC


def test_a_document_of_a_bucket_that_is_not_known_yet() -> None:
    """It decides only where the buckets that it may be of differ."""
    policy = Resource(BUCKET_POLICY, "sidecar", {"bucket": UNKNOWN, "policy": OPEN})
    buckets = Resource(BUCKET, "one", {}), Resource(BUCKET, "two", {})
    assert verdict("sidecar", *buckets, policy) is Verdict.PUBLIC
    shut = [Resource(BUCKET_BLOCK, each.name, {"bucket": each.name, "restrictPublicBuckets": True}) for each in buckets]
    named = Resource(BUCKET, "one", {"bucket": "one"}), Resource(BUCKET, "two", {"bucket": "two"})
    assert verdict("sidecar", *named, policy, shut[0]) is Verdict.UNDECIDED
    assert verdict("sidecar", *named, policy, *shut) is Verdict.NOT_PUBLIC


def test_a_block_of_a_bucket_that_is_not_known_yet_decides() -> None:
    buckets = Resource(BUCKET, "one", {"bucket": "one", "policy": OPEN}), Resource(BUCKET, "two", {"bucket": "two"})
    block = Resource(BUCKET_BLOCK, "block", {"bucket": UNKNOWN, "restrictPublicBuckets": True})
    assert verdict("one", *buckets, block) is Verdict.UNDECIDED
    assert verdict("two", *buckets, block) is Verdict.NOT_PUBLIC
    off = Resource(BUCKET_BLOCK, "block", {"bucket": UNKNOWN, "restrictPublicBuckets": False})
    assert verdict("one", *buckets, off) is Verdict.PUBLIC, "a block that is off decides nothing"


def test_a_bucket_outside_the_stack_has_its_settings_by_name() -> None:
    policy = Resource(BUCKET_POLICY, "sidecar", {"bucket": "theirs", "policy": OPEN})
    block = Resource(BUCKET_BLOCK, "block", {"bucket": "theirs", "restrictPublicBuckets": True})
    other = Resource(BUCKET_BLOCK, "block", {"bucket": "others", "restrictPublicBuckets": True})
    assert verdict("sidecar", policy, block) is Verdict.NOT_PUBLIC
    assert verdict("sidecar", policy, other) is Verdict.PUBLIC


@pytest.mark.parametrize(
    ("resources", "note"),
    [
        (
            [Resource(BUCKET_BLOCK, "block", {"bucket": "acme", "blockPublicAcls": True})],
            "`blockPublicAcls` of `block`",
        ),
        ([], "made since April 2023"),
    ],
)
def test_the_reason_says_where_aws_would_refuse_an_acl(resources: Sequence[Resource], note: str) -> None:
    bucket = Resource(BUCKET, "inbox", {"bucket": "acme", "acl": "public-read"})
    thing = found(bucket, *resources)["inbox"]
    assert thing.verdict is Verdict.PUBLIC
    assert note in thing.opening.answer.why


def test_the_reason_says_where_aws_would_refuse_a_document() -> None:
    block = Resource(BUCKET_BLOCK, "block", {"bucket": "acme", "blockPublicPolicy": True})
    thing = found(Resource(BUCKET, "inbox", {"bucket": "acme", "policy": OPEN}), block)["inbox"]
    assert "`blockPublicPolicy` of `block` makes AWS refuse this document" in thing.opening.answer.why


def test_a_thing_tells_of_all_that_opens_it_worst_first() -> None:
    unknown = Resource("aws:s3/bucketAcl:BucketAcl", "acl", {"bucket": "acme", "acl": UNKNOWN})
    thing = found(
        Resource(BUCKET, "inbox", {"bucket": "acme"}),
        unknown,
        Resource(BUCKET_POLICY, "policy", {"bucket": "acme", "policy": OPEN}),
    )["inbox"]
    assert [(each.by.name, each.answer.verdict) for each in thing.openings] == [
        ("policy", Verdict.PUBLIC),
        ("acl", Verdict.UNDECIDED),
    ]


def test_what_is_only_read_is_not_judged() -> None:
    assert found(Resource(BUCKET, "theirs", {"policy": OPEN}, external=True)) == {}


def test_a_sidecar_is_of_the_thing_that_it_was_computed_from() -> None:
    queue = Resource("aws:sqs/queue:Queue", "jobs", {})
    policy = Resource(
        "aws:sqs/queuePolicy:QueuePolicy",
        "sidecar",
        {"queueUrl": UNKNOWN, "policy": document(allow("sqs:SendMessage", "*", Principal="*"))},
        property_dependencies={"queueUrl": (queue.urn,)},
    )
    things = found(queue, Resource("aws:sqs/queue:Queue", "other", {}), policy)
    assert {name: each.verdict.value for name, each in things.items()} == {"jobs": "public", "other": "not-public"}


@pytest.mark.parametrize(
    "carrier",
    [
        Resource("aws:dynamodb/resourcePolicy:ResourcePolicy", "it", {"policy": OPEN}),
        Resource("aws:efs/fileSystemPolicy:FileSystemPolicy", "it", {"policy": OPEN}),
        Resource("aws:secretsmanager/secretPolicy:SecretPolicy", "it", {"policy": OPEN, "blockPublicPolicy": True}),
    ],
)
def test_a_document_that_aws_refuses_is_a_breach_that_says_so(carrier: Resource) -> None:
    thing = found(carrier)["it"]
    assert thing.verdict is Verdict.PUBLIC
    assert thing.opening.answer.why.endswith("; AWS refuses this document, so the update fails")


def test_the_example_of_a_role_names_the_role() -> None:
    trust = document(allow("sts:AssumeRole", None, Principal={"AWS": "*"}))
    thing = found(Resource("aws:iam/role:Role", "reader", {"name": "acme", "assumeRolePolicy": trust}))["reader"]
    told = "anyone with an AWS account, from 198.51.100.7, may `sts:AssumeRole` on `arn:aws:iam::*:role/acme`"
    assert str(thing.opening.answer.witness) == told


def api(**inputs: Any) -> Resource:
    return Resource("aws:apigateway/restApi:RestApi", "orders", inputs)


def test_the_document_in_the_definition_of_an_api_counts() -> None:
    definition = {
        "openapi": "3.0.1",
        "x-amazon-apigateway-policy": document(allow("execute-api:*", "*", Principal="*")),
    }
    thing = found(api(body=json.dumps(definition)))["orders"]
    assert thing.verdict is Verdict.PUBLIC
    assert thing.opening.path == "body.x-amazon-apigateway-policy.Statement[0]"
    assert verdict("orders", api(body="x-amazon-apigateway-policy:\n  Statement: []\n")) is Verdict.UNDECIDED


def test_nothing_is_claimed_of_an_api_without_a_document() -> None:
    """Its methods decide, each by its own authorization."""
    assert found(api(), api(body="{}"), Resource("aws:ecrpublic/repository:Repository", "images", {})) == {}


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
    tokens = {*document_properties(), *OWNERS, *SHARES, *JOINED}
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


def controls(bucket: Any, setting: Any) -> Resource:
    return Resource(CONTROLS, "controls", {"bucket": bucket, "rule": {"objectOwnership": setting}})


def acl(bucket: Any) -> Resource:
    return Resource("aws:s3/bucketAcl:BucketAcl", "acl", {"bucket": bucket, "acl": "public-read"})


def test_controls_of_a_bucket_that_is_not_known_yet_decide_where_they_switch_acls_off() -> None:
    bucket, other = Resource(BUCKET, "inbox", {"bucket": "acme"}), Resource(BUCKET, "other", {})
    assert verdict("inbox", bucket, other, acl("acme"), controls(UNKNOWN, "BucketOwnerEnforced")) is Verdict.UNDECIDED
    assert verdict("inbox", bucket, other, acl("acme"), controls(UNKNOWN, UNKNOWN)) is Verdict.UNDECIDED
    assert verdict("inbox", bucket, other, acl("acme"), controls(UNKNOWN, "ObjectWriter")) is Verdict.PUBLIC


def test_controls_of_a_bucket_outside_the_stack() -> None:
    assert verdict("acl", acl("theirs"), controls("theirs", "BucketOwnerEnforced")) is Verdict.NOT_PUBLIC
    assert verdict("acl", acl("theirs"), controls("others", "BucketOwnerEnforced")) is Verdict.PUBLIC


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ({"bucket": "acme", "restrictPublicBuckets": UNKNOWN}, "is not known yet"),
        ({"bucket": UNKNOWN, "restrictPublicBuckets": True}, "may or may not be of this bucket"),
    ],
)
def test_the_reason_says_why_a_switch_is_open_ended(block: Any, reason: str) -> None:
    bucket, other = Resource(BUCKET, "inbox", {"bucket": "acme", "policy": OPEN}), Resource(BUCKET, "other", {})
    thing = found(bucket, other, Resource(BUCKET_BLOCK, "block", block))["inbox"]
    told = f"`restrictPublicBuckets` of `block` decides, and {reason}"
    assert (thing.verdict, thing.opening.answer.why) == (Verdict.UNDECIDED, told)


@pytest.mark.parametrize("switch", ["blockPublicPolicy", "blockPublicAcls"])
def test_of_a_switch_that_is_not_known_nothing_is_noted(switch: str) -> None:
    inputs = {"bucket": "acme", **({"policy": OPEN} if switch == "blockPublicPolicy" else {"acl": "public-read"})}
    block = Resource(BUCKET_BLOCK, "block", {"bucket": "acme", switch: UNKNOWN})
    thing = found(Resource(BUCKET, "inbox", inputs), block)["inbox"]
    assert thing.verdict is Verdict.PUBLIC
    assert switch not in thing.opening.answer.why


def test_what_an_access_point_does_not_tell_yet_decides() -> None:
    point = Resource(POINT, "point", {"bucket": "theirs", "policy": OPEN, "vpcConfiguration": UNKNOWN, **ALL_OFF})
    thing = found(point)["point"]
    assert (thing.verdict, thing.opening.path) == (Verdict.UNDECIDED, "vpcConfiguration")
    inside = document(allow(Principal={"AWS": "111122223333"}))
    closed = Resource(POINT, "point", {"bucket": "b", "policy": inside, "vpcConfiguration": UNKNOWN, **ALL_OFF})
    assert verdict("point", closed) is Verdict.NOT_PUBLIC
    settings = Resource(POINT, "point", {"bucket": "b", "policy": OPEN, "publicAccessBlockConfiguration": UNKNOWN})
    assert found(settings)["point"].opening.path == "publicAccessBlockConfiguration.restrictPublicBuckets"


def test_an_access_point_of_one_of_several_buckets() -> None:
    point = Resource(POINT, "point", {"bucket": UNKNOWN, "policy": OPEN, **ALL_OFF})
    buckets = Resource(BUCKET, "one", {"bucket": "one"}), Resource(BUCKET, "two", {"bucket": "two"})
    block = Resource(BUCKET_BLOCK, "block", {"bucket": "one", "restrictPublicBuckets": True})
    assert verdict("point", *buckets, point) is Verdict.PUBLIC
    assert verdict("point", *buckets, point, block) is Verdict.UNDECIDED
    assert verdict("point", buckets[0], point, block) is Verdict.NOT_PUBLIC, "there is only one that it can be of"


def test_a_multi_region_access_point_whose_settings_are_not_known_yet() -> None:
    token = "aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint"
    details = {"name": "global", "publicAccessBlock": UNKNOWN}
    sidecar = "aws:s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy"
    policy = Resource(sidecar, "policy", {"details": {"name": "global", "policy": json.dumps(OPEN)}})
    assert verdict("point", Resource(token, "point", {"details": details}), policy) is Verdict.UNDECIDED
    off = {"name": "global", "publicAccessBlock": {"restrictPublicBuckets": False}}
    assert verdict("point", Resource(token, "point", {"details": off}), policy) is Verdict.PUBLIC


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ({"allowedAccountIds": ["1"]}, {"allowedAccountIds": ["1"], "profile": "p"}, Verdict.NOT_PUBLIC),
        ({"allowedAccountIds": '["1"]'}, {"allowedAccountIds": '["1"]', "profile": "p"}, Verdict.NOT_PUBLIC),
        ({"allowedAccountIds": ["1", "2"]}, {"allowedAccountIds": ["1", "2"], "profile": "p"}, Verdict.UNDECIDED),
        ({"allowedAccountIds": ["1", "2"]}, {"allowedAccountIds": ["2"], "profile": "p"}, Verdict.UNDECIDED),
        ({"allowedAccountIds": ["1"]}, {"profile": "p"}, Verdict.UNDECIDED),
        ({"profile": UNKNOWN}, {"profile": UNKNOWN}, Verdict.UNDECIDED),
        ({"assumeRoles": [{"roleArn": UNKNOWN}]}, {"assumeRoles": [{"roleArn": UNKNOWN}]}, Verdict.UNDECIDED),
        ({"assumeRoles": [{"roleArn": "a"}]}, {"assumeRoles": [{"roleArn": "a"}]}, Verdict.NOT_PUBLIC),
    ],
)
def test_what_tells_two_providers_accounts_apart(mine: Any, theirs: Any, expected: Verdict) -> None:
    assert account_wide(provider("mine", **mine), provider("theirs", **theirs)) is expected
