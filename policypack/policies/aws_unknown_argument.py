"""An argument that a resource does not have is a setting that nobody makes.

The program reads as if a bucket were closed or a notification filtered; the provider never hears of it, or the update
fails half-way. Python's typed classes refuse such an argument, but templates, transforms and other languages do not.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from functools import cache

import msgspec

from policypack.aws.tables import argument_names, canonical, source_version
from policypack.policy import Policy, Reading, Resource, Severity, Violation

SET_BY_THE_PROVIDER = frozenset({"tagsAll"})
"""What pulumi-aws itself adds to the inputs when it checks them."""
_DEFAULT_PROVIDER = re.compile(r"::default_(\d+)_\d+_\d+")

ELSEWHERE = {
    "aws:s3/bucket:Bucket": dict.fromkeys(
        (
            "blockPublicAccess",
            "blockPublicAcls",
            "blockPublicPolicy",
            "ignorePublicAcls",
            "publicAccessBlock",
            "publicAccessBlockConfiguration",
            "restrictPublicBuckets",
        ),
        "it belongs into a `BucketPublicAccessBlock` of its own",
    ),
    "aws:s3/bucketNotification:BucketNotification": dict.fromkeys(
        ("filter", "filterPrefix", "filterRules", "filterSuffix", "filters"),
        "`filterPrefix` and `filterSuffix` belong into each of `lambdaFunctions`, `queues` or `topics`",
    ),
}
"""Where an argument that is often misplaced belongs, by canonical type."""


class Arguments(msgspec.Struct, frozen=True):
    """What was written on a resource, and what its type takes."""

    type: str
    written: tuple[str, ...]
    known: frozenset[str]


def arguments(resource: Resource) -> Iterator[Reading[Arguments]]:
    """The arguments of a resource whose type, and the provider's major version, the table describes."""
    known = argument_names(resource.type)
    major = _DEFAULT_PROVIDER.search(resource.provider)
    if known is not None and (major is None or major[1] == source_version().partition(".")[0]):
        yield "", Arguments(resource.type, tuple(resource.inputs), known | SET_BY_THE_PROVIDER)


def check(arguments: Arguments) -> Iterator[Violation]:
    for name in arguments.written:
        if name not in arguments.known:
            kind = arguments.type.rpartition(":")[2]
            yield Violation(name, f"`{kind}` takes no argument `{name}`{_hint(name, arguments.type, arguments.known)}")


@cache
def _hint(name: str, type_token: str, known: frozenset[str]) -> str:
    camel = re.sub(r"_+([a-z0-9])", lambda match: match[1].upper(), name)
    if elsewhere := ELSEWHERE.get(canonical(type_token), {}).get(camel):
        return f"; {elsewhere}"
    near = difflib.get_close_matches(camel, sorted(known), n=1, cutoff=0.75)
    return f"; did you mean `{near[0]}`?" if near else ""


POLICY = Policy(
    id="aws-unknown-argument",
    title="Argument does not exist on this type",
    why=__doc__,
    severity=Severity.HIGH,
    fix="Remove the argument, correct its name, or move it to the resource that takes it.",
    references=["https://www.pulumi.com/registry/packages/aws/api-docs/"],
    bad=Resource("aws:s3/bucket:Bucket", "inbox", {"bucket": "acme-inbox", "blockPublicAcls": True}),
    good=Resource("aws:s3/bucket:Bucket", "inbox", {"bucket": "acme-inbox", "forceDestroy": False}),
    reads=arguments,
    check=check,
)
