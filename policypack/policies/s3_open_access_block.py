"""Each switch of Block Public Access closes another way to the public, and a way left open is enough.

A switch that is not written is off: an access block with three of the four still lets in what the fourth would stop.
Only of an access point the switches are on where they are not written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policypack.policy import Judgement, Policy, Reading, Resource, Severity, Undecided, Unknown, Violation

TYPES = (
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
)
NESTED = {
    "aws:s3/accessPoint:AccessPoint": ("publicAccessBlockConfiguration",),
    "aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint": ("details", "publicAccessBlock"),
}
"""Where an access point has its own switches, all of them on where they are not written."""
SWITCHES = {
    "blockPublicAcls": "requests that set a public ACL are accepted",
    "blockPublicPolicy": "a public policy document is accepted",
    "ignorePublicAcls": "public ACLs that exist already are honoured",
    "restrictPublicBuckets": "a policy document that is public lets in everybody it names",
}

Switches = Mapping[str, bool | Unknown | None]


def switches(resource: Resource) -> Iterator[Reading[Switches]]:
    """The switches of an access block, None for one that is not written, or those that an access point has written."""
    if resource.type in TYPES:
        yield "", {name: _switch(resource.inputs.get(name)) for name in SWITCHES}
    elif names := NESTED.get(resource.type):
        found: object = resource.inputs
        for name in names:
            found = found.get(name) if isinstance(found, Mapping) else found
        if isinstance(found, Unknown):
            yield ".".join(names), found
        elif isinstance(found, Mapping):
            yield ".".join(names), {name: _switch(found[name]) for name in SWITCHES if found.get(name) is not None}


def _switch(value: object) -> bool | Unknown | None:
    return value if value is None or isinstance(value, Unknown) else str(value).lower() == "true"


def check(found: Switches) -> Iterator[Judgement]:
    for name, value in found.items():
        if isinstance(value, Unknown):
            yield Undecided(name, value.why)
        elif not value:
            yield Violation(
                name, f"`{name}` is {'off' if value is False else 'not set, and off by default'}: {SWITCHES[name]}"
            )


POLICY = Policy(
    id="s3-open-access-block",
    title="Access block leaves a switch off",
    why=__doc__,
    severity=Severity.HIGH,
    fix="Set `blockPublicAcls`, `blockPublicPolicy`, `ignorePublicAcls` and `restrictPublicBuckets` to true.",
    references=["https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"],
    bad=Resource(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "inbox",
        {"bucket": "acme-inbox", "blockPublicAcls": True, "blockPublicPolicy": False, "ignorePublicAcls": True},
    ),
    good=Resource(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "inbox",
        {
            "bucket": "acme-inbox",
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
    ),
    reads=switches,
    check=check,
)
