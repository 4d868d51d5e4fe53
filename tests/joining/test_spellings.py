"""Spellings of what two or three stacks say together, and of what only looks like it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from policypack.core.examples import allow, deny, document
from policypack.core.policy import Resource
from tests.joining.fleet import ACCOUNT, OTHER, deployed, facts_of, fleet, refuted, shown, together
from tests.joining.test_join import (
    ACCOUNT_BLOCK,
    BLOCK,
    BUCKET,
    CLOSED,
    PASSING,
    ROLE,
    ROLE_POLICY,
    RUNNING,
    TRUST,
    bucket,
    managed,
    role,
)

SIDECARS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "block": (BLOCK, CLOSED),
    "versioning": (
        "aws:s3/bucketVersioningV2:BucketVersioningV2",
        {"versioningConfiguration": {"status": "Enabled"}},
    ),
    "suspended": ("aws:s3/bucketVersioning:BucketVersioning", {"versioningConfiguration": {"status": "Suspended"}}),
    "encryption": (
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
    ),
}
MISSING = "s3-missing-access-block"


def beside(kind: str, of: str = "data", **inputs: Any) -> list[Resource]:
    token, settings = SIDECARS[kind]
    return [deployed(token, "beside", bucket=of, **settings, **inputs)]


def rights(name: str, *statements: Any) -> Resource:
    return deployed(ROLE_POLICY, name, role="worker", policy=document(*statements))


@pytest.mark.parametrize(
    ("owner", "other", "expected"),
    [
        (bucket(), beside("block"), {MISSING}),
        (replace(bucket(), type="aws:s3/bucketV2:BucketV2"), beside("block"), {MISSING}),
        (Resource(BUCKET, "data", {}, outputs={"bucket": "data-1a2b3c4"}), beside("block", "data-1a2b3c4"), {MISSING}),
        (Resource(BUCKET, "data", {}, id="data-1a2b3c4"), beside("block", "data-1a2b3c4"), {MISSING}),
        (bucket(), beside("versioning"), {"s3-missing-versioning"}),
        (bucket(), beside("suspended"), set()),
        (bucket(), beside("encryption"), {"s3-missing-encryption"}),
        (bucket(), beside("block", "data2"), set()),
        (bucket("data", "aws-us-gov"), beside("block", region="us-gov-west-1"), {MISSING}),
        (bucket("data", "aws-us-gov"), beside("block", region="eu-west-1"), set()),
        (bucket(), [deployed(ACCOUNT_BLOCK, "all", **dict.fromkeys(CLOSED, "true"))], {MISSING}),
        (bucket(), [replace(deployed(ACCOUNT_BLOCK, "all", **CLOSED), external=True)], set()),
        (bucket("data", "aws-us-gov"), [deployed(ACCOUNT_BLOCK, "all", **CLOSED)], set()),
    ],
)
def test_what_another_stack_refutes_about_a_bucket(
    owner: Resource, other: Sequence[Resource], expected: set[str]
) -> None:
    joined, answers = together(fleet(app=[owner], other=list(other)))
    assert {policy for _, policy in refuted(joined, answers)} == expected
    assert shown(answers) == {}


@pytest.mark.parametrize(("of", "expected"), [(ACCOUNT, {MISSING}), (OTHER, set())])
def test_an_access_block_names_its_account(of: str, expected: set[str]) -> None:
    block = deployed(ACCOUNT_BLOCK, "all", accountId=of, **CLOSED)
    joined, answers = together([facts_of("app", [ACCOUNT], bucket()), facts_of("other", [OTHER], block)])
    assert {policy for _, policy in refuted(joined, answers)} == expected


USER_ARN, GROUP_ARN = f"arn:aws:iam::{ACCOUNT}:user/ann", f"arn:aws:iam::{ACCOUNT}:group/ops"


@pytest.mark.parametrize(
    "stacks",
    [
        {
            "one": [
                deployed(
                    ROLE,
                    "worker",
                    f"arn:aws:iam::{ACCOUNT}:role/team/worker",
                    name="worker",
                    path="/team/",
                    assumeRolePolicy=TRUST,
                ),
                rights("pass", PASSING),
            ],
            "two": [rights("run", RUNNING)],
        },
        {"one": [role(), rights("pass", PASSING)], "two": [replace(role(), external=True), rights("run", RUNNING)]},
        {
            "one": [role(), rights("pass", PASSING)],
            "two": [
                managed("run", RUNNING),
                deployed(
                    "aws:iam/policyAttachment:PolicyAttachment",
                    "all",
                    roles=["worker"],
                    policyArn=f"arn:aws:iam::{ACCOUNT}:policy/run",
                ),
            ],
        },
        {
            "one": [
                deployed("aws:iam/user:User", "ann", USER_ARN, name="ann"),
                deployed("aws:iam/userPolicy:UserPolicy", "pass", user="ann", policy=document(PASSING)),
            ],
            "two": [
                deployed("aws:iam/group:Group", "ops", GROUP_ARN, name="ops"),
                deployed("aws:iam/groupPolicy:GroupPolicy", "run", group="ops", policy=document(RUNNING)),
            ],
            "three": [deployed("aws:iam/userGroupMembership:UserGroupMembership", "ann", user="ann", groups=["ops"])],
        },
    ],
    ids=["a path", "a role that is read", "a list of roles", "a group"],
)
def test_halves_of_a_way_in_several_stacks(stacks: Mapping[str, list[Resource]]) -> None:
    _, answers = together(fleet(**stacks))
    assert [key for key in shown(answers) if key[1] == "iam-privilege-escalation"] == [
        ("one", "iam-privilege-escalation")
    ]


def test_a_denial_of_another_stack_closes_a_way() -> None:
    joined, answers = together(
        fleet(app=[role(), rights("both", PASSING, RUNNING)], limits=[rights("deny", deny("iam:PassRole", "*"))])
    )
    assert refuted(joined, answers) == {("app", "iam-privilege-escalation"): ("app", "limits")}


@pytest.mark.parametrize(
    ("one", "two", "policy"),
    [
        (rights("a", allow()), rights("b", allow()), "iam-duplicate-grant"),
        (
            deployed("aws:s3/bucketNotification:BucketNotification", "n", bucket="data", eventbridge=True),
            deployed("aws:s3/bucketNotification:BucketNotification", "n", bucket="data", eventbridge=True),
            "aws-contested-resource",
        ),
        (
            deployed("aws:iam/accountPasswordPolicy:AccountPasswordPolicy", "p", minimumPasswordLength=14),
            deployed("aws:iam/accountPasswordPolicy:AccountPasswordPolicy", "p", minimumPasswordLength=8),
            "aws-contested-resource",
        ),
    ],
)
def test_what_two_stacks_do_twice(one: Resource, two: Resource, policy: str) -> None:
    owners = [role(), bucket()]
    _, answers = together(fleet(base=owners, one=[one], two=[two]))
    assert [key[1] for key in shown(answers)] == [policy]
    elsewhere = [facts_of("base", [ACCOUNT], *owners), facts_of("one", [ACCOUNT], one), facts_of("two", [OTHER], two)]
    assert shown(together(elsewhere)[1]) == {}


def test_stacks_of_one_name_in_two_organizations_are_two() -> None:
    one = facts_of("prod", [ACCOUNT], bucket())
    two = msgspec.structs.replace(facts_of("prod", [ACCOUNT], *beside("block")), stack="other/app/prod")
    joined, answers = together([one, two])
    assert {policy for _, policy in refuted(joined, answers)} == {MISSING}
