"""Each switch of Block Public Access closes another way to make data public, and one open way is enough.

A switch that is not set is off: with three of four set, the fourth way stays open. Only on access points are switches
on by default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policypack.core.controls import Control
from policypack.core.examples import construct, example
from policypack.core.policy import Judgement, Policy, Reading, Resource, Severity, Undecided, Unknown, Violation
from policypack.core.tags import Tag

TYPES = (
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
)
NESTED = {
    "aws:s3/accessPoint:AccessPoint": ("publicAccessBlockConfiguration",),
    "aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint": ("details", "publicAccessBlock"),
}
"""Where an access point has its own switches, which are on by default."""
SWITCHES = {
    "blockPublicAcls": "requests that set a public ACL are accepted",
    "blockPublicPolicy": "a public policy document is accepted",
    "ignorePublicAcls": "public ACLs that exist already are honoured",
    "restrictPublicBuckets": "a policy document that is public lets in everybody it names",
}

Switches = Mapping[str, bool | Unknown | None]


def access_switches(resource: Resource) -> Iterator[Reading[Switches]]:
    """The switches of an access block, None for one that is not set, or those that an access point sets."""
    if resource.type in TYPES:
        yield "", {name: _switch(resource.inputs.get(name)) for name in SWITCHES}
    elif names := NESTED.get(resource.type):
        nested: object = resource.inputs
        for name in names:
            nested = nested.get(name) if isinstance(nested, Mapping) else nested
        if isinstance(nested, Unknown):
            yield ".".join(names), nested
        elif isinstance(nested, Mapping):
            yield ".".join(names), {name: _switch(nested[name]) for name in SWITCHES if nested.get(name) is not None}


def _switch(value: object) -> bool | Unknown | None:
    return value if value is None or isinstance(value, Unknown) else str(value).lower() == "true"


def check(switches: Switches) -> Iterator[Judgement]:
    for name, value in switches.items():
        if isinstance(value, Unknown):
            yield Undecided(name, value.why)
        elif not value:
            yield Violation(
                name, f"`{name}` is {'off' if value is False else 'not set, and off by default'}: {SWITCHES[name]}"
            )


CLOSED: dict[str, Any] = dict.fromkeys(SWITCHES, True)


def _block(**switches: Any) -> Resource:
    return construct("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "inbox", bucket="acme-inbox", **switches)


def _access_point(**switches: Any) -> Resource:
    return construct(
        "aws:s3/accessPoint:AccessPoint", "point", bucket="acme-inbox", publicAccessBlockConfiguration=switches
    )


POLICY = Policy(
    id="s3-open-access-block",
    title="Access block leaves a switch off",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.S3, Tag.PUBLIC_ACCESS, Tag.AWS_FSBP],
    controls=[
        Control("aws-fsbp/S3.8", types=(TYPES[0],)),
        Control("aws-fsbp/S3.1", partly=True, types=(TYPES[1],)),
        Control("aws-fsbp/S3.19", types=("aws:s3/accessPoint:",)),
        Control("aws-fsbp/S3.24", types=("aws:s3control/multiRegionAccessPoint:",)),
        Control("cis-aws-5.0/2.1.4", types=TYPES),
    ],
    fix="Set `blockPublicAcls`, `blockPublicPolicy`, `ignorePublicAcls` and `restrictPublicBuckets` to true.",
    references=["https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"],
    bad=[
        example(_block(**{**CLOSED, "blockPublicPolicy": False}), path="blockPublicPolicy"),
        example(
            _block(blockPublicAcls=True, ignorePublicAcls=True),
            path=["blockPublicPolicy", "restrictPublicBuckets"],
            note="a switch that is not set is off",
        ),
        example(
            construct(
                "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
                "account",
                **{**CLOSED, "ignorePublicAcls": False},
            ),
            path="ignorePublicAcls",
            note="the account's access block",
        ),
        example(
            _access_point(restrictPublicBuckets=False),
            path="publicAccessBlockConfiguration.restrictPublicBuckets",
            note="an access point's own switches",
        ),
    ],
    good=[
        example(_block(**CLOSED)),
        example(_access_point(ignorePublicAcls=True), note="an access point, where switches are on by default"),
    ],
    reads=access_switches,
    check=check,
)
