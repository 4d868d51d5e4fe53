"""An argument that the resource type does not have sets nothing.

The program reads as if a bucket were closed or a notification filtered. The provider ignores the argument, or the
update fails half-way. Python's typed classes refuse such an argument, but templates, transforms and other languages
do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import msgspec

from policypack.core.examples import bucket, construct, example, notification, target
from policypack.core.policy import Placed, Policy, Severity, Stack, Unknown, Violation, over_stack
from policypack.core.spelling import similar
from policypack.core.tags import Tag
from policypack.iam.tables import argument_names, canonical, known_types, source_version
from policypack.resources.providers import numbers, provider_version

MOST_SIBLINGS = 3
SET_BY_THE_PROVIDER = frozenset({"tagsAll"})
"""What pulumi-aws itself adds to the inputs when it checks them."""
NEWER = Unknown(
    "may be an argument that a newer pulumi-aws has: the resource's provider is newer than the table of arguments",
    "Install a newer release of the policy pack.",
)

ELSEWHERE = {
    "aws:s3/bucket:Bucket": (
        {"blockPublicAccess", "blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "publicAccessBlock"}
        | {"publicAccessBlockConfiguration", "restrictPublicBuckets"},
        "it belongs in a separate `BucketPublicAccessBlock`",
    ),
    "aws:s3/bucketNotification:BucketNotification": (
        {"filter", "filterPrefix", "filterRules", "filterSuffix", "filters"},
        "`filterPrefix` and `filterSuffix` belong in each of `lambdaFunctions`, `queues` or `topics`",
    ),
}
"""Arguments that are often misplaced, and where they belong, by canonical type."""


class Argument(msgspec.Struct, frozen=True):
    """An argument that a resource's type does not take, and those that it does."""

    type: str
    name: str
    known: frozenset[str]


@over_stack
def unknown_arguments(stack: Stack) -> Iterator[Placed[Argument]]:
    """What each resource has beyond the arguments of its type in the program's own SDK, else in the table.

    The table does not cover another major version, nor what a newer minor version adds.
    """
    ours = numbers(source_version())
    for resource in stack.resources:
        version = provider_version(stack, resource) or ours
        known = resource.accepts
        if known is None and version[:1] == ours[:1]:
            known = argument_names(resource.type)
        if known is not None and resource.custom and not resource.external:
            newer = resource.accepts is None and version > ours
            for name in resource.inputs:
                if name not in known and name not in SET_BY_THE_PROVIDER:
                    yield resource, name, NEWER if newer else Argument(resource.type, name, known)


def check(argument: Argument) -> Iterator[Violation]:
    yield Violation("", problem(argument.name, argument.type, argument.known))


@cache
def problem(name: str, type_token: str, known: frozenset[str], inner: tuple[str, ...] = ()) -> str:
    """The clause about an argument that a type does not have; `inner` are the types of its arguments that have it."""
    camel = re.sub(r"_+([a-z0-9])", lambda match: match[1].upper(), name)
    misplaced, elsewhere = ELSEWHERE.get(canonical(type_token), (set(), ""))
    hint = ""
    if camel in misplaced:
        hint = f"; {elsewhere}"
    elif near := similar(camel, sorted(known), cutoff=0.75):
        hint = f"; did you mean `{near[0]}`?"
    elif holders := inner or _siblings(camel, type_token):
        hint = f"; {', '.join(f'`{holder}`' for holder in holders)} {'takes' if len(holders) == 1 else 'take'} it"
    return f"`{type_token.rpartition(':')[2]}` takes no argument `{name}`{hint}"


def _siblings(name: str, type_token: str) -> tuple[str, ...]:
    """The types of the same service that have an argument, unless there are many."""
    service = type_token.partition("/")[0]
    tokens = sorted(
        token
        for token in known_types()
        if token.startswith(f"{service}/") and canonical(token) == token and name in (argument_names(token) or ())
    )
    return tuple(token.rpartition(":")[2] for token in tokens) if len(tokens) <= MOST_SIBLINGS else ()


POLICY = Policy(
    id="aws-unknown-argument",
    title="Argument does not exist on this type",
    why=__doc__,
    severity=Severity.HIGH,
    generic=True,
    tags=[Tag.AWS, Tag.CORRECTNESS],
    fix="Remove the argument, correct its name, or move it to the resource that takes it.",
    references=["https://www.pulumi.com/registry/packages/aws/api-docs/"],
    bad=[
        example(bucket(blockPublicAcls=True), path="blockPublicAcls"),
        example(bucket(forceDestory=True), path="forceDestory", note="a misspelled argument"),
        example(
            construct("aws:s3/bucketNotification:BucketNotification", "events", bucket="inbox", filterPrefix="in/"),
            path="filterPrefix",
            note="a filter that belongs in each target",
        ),
        example(
            construct("aws:lambda/permission:Permission", "p", function="read", sourceArns=[]),
            path="sourceArns",
            note="a plural of an argument",
        ),
    ],
    good=[
        example(bucket(forceDestroy=False)),
        example(bucket(region="eu-west-1"), note="an argument of every resource since pulumi-aws 7"),
        example(notification(target(prefix="in/")), note="a filter of a target"),
        example(construct("acme:index:Site", "site", blockPublicAcls=True), note="a resource of another provider"),
    ],
    reads=unknown_arguments,
    check=check,
)
