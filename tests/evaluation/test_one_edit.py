"""What one edit ends is one report: misnamed filters, wrong buckets and effects, names and lists that others repeat."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policypack.core.examples import ACCOUNT, CREATED, allow, bucket, construct, deny, notification
from policypack.core.policy import UNKNOWN, Resource
from tests.evaluation.test_grouping import judged
from tests.evaluation.test_related import INBOX, PARCELS, PLAIN, bucket_document, reports


def routed(*filters: dict[str, Any]) -> list[Resource]:
    """A bucket that sends to queues with these filters."""
    queues = [{"queueArn": f"{PARCELS}-{number}", "events": CREATED, **one} for number, one in enumerate(filters)]
    return [bucket(), notification(at="queues", lambdaFunctions=None, queues=queues)]


BY_RULES = {"filter_rules": [{"name": "prefix", "value": "scans/"}]}
BY_API = {"filter": {"Key": {"FilterRules": [{"Name": "Prefix", "Value": "scans/"}]}}}
NO_KEY, OVERLAP = "aws-unknown-argument", "s3-overlapping-notification"


@pytest.mark.parametrize(
    "filters",
    [
        (BY_RULES, {"filter_prefix": "img/"}),
        (BY_RULES, {"filterPrefix": "img/"}),
        (BY_API, {"filterPrefix": "img/"}),
        ({"filter_suffix": ".png"}, {"filterSuffix": ".csv"}),
        ({"prefix": "a/"}, {"filterPrefix": "b/"}),
    ],
)
def test_an_overlap_that_follows_from_a_misnamed_filter_is_one_report(filters: tuple[dict[str, Any], ...]) -> None:
    ((causes, follows),) = reports(judged(*routed(*filters)))
    assert {*causes} == {NO_KEY}
    assert follows == [OVERLAP]


@pytest.mark.parametrize(
    "filters",
    [
        (BY_RULES, {"filterPrefix": "scans/new/"}),
        (BY_RULES, {}),
        ({"comment": "prefix"}, {"filterPrefix": "img/"}),
        ({"filter_prefix": "a/", "filterSuffix": ".csv"}, {"filterSuffix": ".csv"}),
    ],
)
def test_an_overlap_that_the_right_name_leaves_is_a_report_of_its_own(filters: tuple[dict[str, Any], ...]) -> None:
    assert reports(judged(*routed(*filters))) == [([OVERLAP], []), ([NO_KEY], [])]


CLOSED = {"blockPublicAcls": True, "blockPublicPolicy": True, "ignorePublicAcls": True, "restrictPublicBuckets": True}
CONTESTED, OPEN = "aws-contested-resource", "s3-missing-access-block"


def closing(*buckets: str, closed: str) -> list[Resource]:
    """Buckets, and access blocks by the first letters of their names."""
    named = {name[0]: name for name in buckets}
    blocks = [
        construct("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", f"b{index}", bucket=named[letter], **CLOSED)
        for index, letter in enumerate(closed)
    ]
    return [*(construct("aws:s3/bucket:Bucket", name, bucket=name) for name in buckets), *blocks]


@pytest.mark.parametrize(
    ("closed", "expected"),
    [
        ("rrl", [([CONTESTED], [OPEN])]),
        ("rrll", [([CONTESTED], []), ([CONTESTED], []), ([OPEN], [])]),
        ("rrrl", [([CONTESTED], []), ([CONTESTED], []), ([OPEN], [])]),
        ("rr", [([CONTESTED], []), ([OPEN], []), ([OPEN], [])]),
        ("rl", [([OPEN], [])]),
        ("rlc", []),
    ],
)
def test_a_block_on_the_wrong_bucket_is_one_report(closed: str, expected: list[tuple[list[str], list[str]]]) -> None:
    found = reports(judged(*closing("raw-scans", "logs-acme", "cooked-scans", closed=closed)), OPEN)
    assert found == expected


def test_a_versioning_on_the_wrong_bucket_is_one_report() -> None:
    kept = {"bucket": "raw-scans", "versioningConfiguration": {"status": "Enabled"}}
    twice = [construct("aws:s3/bucketVersioning:BucketVersioning", name, **kept) for name in ("first", "second")]
    found = reports(judged(*closing("raw-scans", "cooked-scans", closed="rc"), *twice), "s3-missing-versioning")
    assert found == [([CONTESTED], ["s3-missing-versioning"])]


PUBLIC, WIDE = "iam-public-policy", "iam-wildcard-action"


def tls(effect: str, *more: dict[str, Any], value: str = "false", action: str = "s3:*") -> list[Resource]:
    plain = {"Bool": {"aws:SecureTransport": value}}
    statement = deny(action, [INBOX, f"{INBOX}/*"], Principal="*", Condition=plain) | {"Effect": effect}
    return [bucket(), bucket_document(statement, *more)]


def test_a_grant_that_is_meant_as_a_denial_of_plain_http_is_one_report() -> None:
    report = judged(*tls("Allow"))
    assert ([PUBLIC], ["iam-unscoped-list", WIDE, PLAIN]) in reports(report, PUBLIC, WIDE, PLAIN)
    assert len(reports(report, PUBLIC, WIDE, PLAIN)) == 1
    assert {PUBLIC, WIDE, PLAIN} <= {outcome.policy.id for outcome in report.outcomes if report.blocks(outcome)}


@pytest.mark.parametrize(
    "resources",
    [
        tls("Allow", value="true"),
        tls("Allow", action="s3:GetObject"),
        [bucket(), bucket_document(allow("s3:*", [INBOX, f"{INBOX}/*"], Principal="*"))],
    ],
)
def test_a_public_grant_beside_a_missing_denial_is_a_report_of_its_own(resources: list[Resource]) -> None:
    found = reports(judged(*resources), PUBLIC, WIDE, PLAIN)
    assert ([PLAIN], []) in found
    assert PUBLIC in [causes[0] for causes, _ in found]


def test_a_mistake_in_another_statement_or_element_is_no_part_of_a_wrong_effect() -> None:
    other = allow("s3:GetObjekt", f"{INBOX}/*", Principal={"AWS": ACCOUNT})
    found = reports(judged(*tls("Allow", other)), PUBLIC, WIDE, PLAIN)
    assert "iam-unknown-action" in [causes[0] for causes, _ in found]
    assert PUBLIC in [causes[0] for causes, _ in found]


def named(text: str, *taken_by: str, by_reference: bool = True) -> list[Resource]:
    """A bucket of this name, and versionings of it that take its name."""
    inbox = construct("aws:s3/bucket:Bucket", "inbox", bucket=text)
    kept = {"bucket": text, "versioningConfiguration": {"status": "Enabled"}}
    origin = ((inbox,), "bucket") if by_reference else ((), "")
    versionings = [
        construct("aws:s3/bucketVersioning:BucketVersioning", one, *origin[0], at=origin[1], **kept) for one in taken_by
    ]
    return [inbox, *versionings]


WRONG = "aws-impossible-value"


def test_a_name_that_is_taken_by_reference_is_reported_at_its_origin() -> None:
    report = judged(*named("acme inbox", "kept"))
    assert [found for found in reports(report) if found[0] == [WRONG]] == [([WRONG], [WRONG])]
    assert sum(outcome.policy.id == WRONG for outcome in report.outcomes) == 2


def test_a_name_that_is_written_twice_is_two_reports() -> None:
    found = reports(judged(*named("acme inbox", "kept", by_reference=False)))
    assert [one for one in found if one[0] == [WRONG]] == [([WRONG], [])] * 2


def test_another_name_than_the_one_of_the_origin_is_a_report_of_its_own() -> None:
    inbox, *_ = named("acme inbox")
    kept = construct("aws:s3/bucketVersioning:BucketVersioning", "kept", inbox, at="bucket", bucket="acme inbox/logs")
    assert [one for one in reports(judged(inbox, kept)) if one[0] == [WRONG]] == [([WRONG], [])] * 2


def test_resources_that_take_a_name_from_each_other_end() -> None:
    first, second = named("acme inbox", "kept")
    circular = replace(first, property_dependencies={"bucket": (second.urn,)})
    assert WRONG in [causes[0] for causes, _ in reports(judged(circular, second))]


def walled(*titles: str, group: str = "wall") -> list[Resource]:
    """A security group with an inline rule, and separate rules."""
    inner = {"protocol": "tcp", "cidrBlocks": ["10.0.0.0/8"], "fromPort": 5432, "toPort": 5432}
    wall = construct("aws:ec2/securityGroup:SecurityGroup", group, ingress=[inner])
    token = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    rule = {"ipProtocol": "tcp", "cidrIpv4": "10.1.0.0/16", "securityGroupId": UNKNOWN}
    rules = [
        construct(token, title, wall, at="securityGroupId", fromPort=number, toPort=number, **rule)
        for number, title in enumerate(titles, 1)
    ]
    return [wall, *rules]


def test_one_inline_list_beside_several_rules_is_one_report() -> None:
    report = judged(*walled("first", "second", "third"))
    assert reports(report) == [([CONTESTED], [CONTESTED])]
    assert sum(outcome.policy.id == CONTESTED for outcome in report.outcomes) == 3


def test_inline_lists_of_two_groups_are_two_reports() -> None:
    resources = [*walled("first"), *walled("second", group="fence")]
    assert reports(judged(*resources)) == [([CONTESTED], [])] * 2
