"""An argument that the resource type does not have, or a key that an object in its arguments does not have, sets nothing.

The program reads as if a bucket were closed, versions kept or a notification filtered. The provider ignores the name,
or refuses it during the update. Python's typed classes refuse an argument, but no key of a dictionary, and templates,
transforms and other languages refuse neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import msgspec

from policypack.core.arguments import UnknownKey
from policypack.core.examples import bucket, construct, example, notification, target
from policypack.core.policy import Placed, Policy, Severity, Stack, Unknown, Violation, over_stack
from policypack.core.spelling import quotable, similar
from policypack.core.tags import Tag
from policypack.iam.tables import argument_names, arguments_of, canonical, known_types, source_version
from policypack.resources.providers import numbers, provider_version

MOST_SIBLINGS = 3
MOST_MEANT, MOST_LISTED = 3, 10
"""The number of keys that a message names as those that may be meant, and as all that there are."""
WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
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
    """An argument that a resource's type does not take, or a key in one, and what could stand in its place."""

    type: str
    unknown: UnknownKey


@over_stack
def unknown_arguments(stack: Stack) -> Iterator[Placed[Argument]]:
    """What each resource has beyond the arguments of its type in the program's own SDK, else in the table.

    The table does not cover another major version, nor what a newer minor version adds: an argument is undecided then.
    A key is silent, as a provider refuses those that it does not know before a state or a preview can have them.
    """
    ours = numbers(source_version())
    for resource in stack.resources:
        version = provider_version(stack, resource) or ours
        known = resource.accepts
        if known is None and version[:1] == ours[:1]:
            known = arguments_of(resource.type)
        if known is not None and resource.custom and not resource.external:
            newer = resource.accepts is None and version > ours
            for unknown in known.unknown(resource.inputs):
                if not newer:
                    yield resource, unknown.path, Argument(resource.type, unknown)
                elif not unknown.holder:
                    yield resource, unknown.path, NEWER


def check(argument: Argument) -> Iterator[Violation]:
    unknown = argument.unknown
    if unknown.holder:
        message = f"`{unknown.holder}` takes no key `{quotable(unknown.name)}`{_hint(unknown)}"
    else:
        message = problem(unknown.name, argument.type, frozenset(unknown.known))
    yield Violation("", message, value_counts=False)


def _hint(unknown: UnknownKey) -> str:
    """Which key may be meant, or which values take it; else all keys, if they are few."""
    camel, known = camel_case(unknown.name), sorted(unknown.known)
    if camel in unknown.known:
        return f"; write `{camel}`"
    if near := similar(camel, known, cutoff=0.8):
        return f"; did you mean `{near[0]}`?"
    if unknown.inner:
        return f"; {_listed(unknown.inner[:MOST_MEANT], 'and')} {'takes' if len(unknown.inner) == 1 else 'take'} it"
    if meant := _same_words(camel, known) or similar(camel, known):
        return f"; did you mean {_listed(meant, 'or')}?"
    return f"; it takes {_listed(known, 'and')}" if len(known) <= MOST_LISTED else ""


def _same_words(name: str, known: Sequence[str]) -> Sequence[str]:
    """The keys that have all words of a name, or whose words the name has; else those with one of them. None if many."""
    words = _words(name)
    within = [key for key in known if words <= _words(key) or _words(key) <= words]
    shared = within or [key for key in known if words & _words(key)]
    return shared if len(shared) <= MOST_MEANT else ()


def _words(name: str) -> frozenset[str]:
    return frozenset(word.lower() for word in WORDS.findall(name))


def _listed(names: Sequence[str], conjunction: str) -> str:
    """Names as in prose: `a`, `b` and `c`."""
    *first, last = (f"`{name}`" for name in names)
    return f"{', '.join(first)} {conjunction} {last}" if first else last


def camel_case(name: str) -> str:
    """A Python name as the schema writes it: `filter_prefix` is `filterPrefix`."""
    return re.sub(r"_+([a-z0-9])", lambda match: match[1].upper(), name)


@cache
def problem(name: str, type_token: str, known: frozenset[str], inner: tuple[str, ...] = ()) -> str:
    """The clause about an argument that a type does not have; `inner` are the types of its arguments that have it."""
    camel = camel_case(name)
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


def _rule(**more: Any) -> dict[str, Any]:
    return {"id": "old", "status": "Enabled", "expiration": {"days": 30}, **more}


POLICY = Policy(
    id="aws-unknown-argument",
    title="Argument or key does not exist on this type",
    why=__doc__,
    severity=Severity.HIGH,
    generic=True,
    tags=[Tag.AWS, Tag.CORRECTNESS],
    fix="Remove the argument or key, correct its name, or move it to what takes it.",
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
        example(
            construct(VERSIONING, "inbox", bucket="inbox", versioningConfiguration={"state": "Enabled"}),
            path="versioningConfiguration.state",
            note="a key that an object in an argument does not take",
        ),
        example(
            construct(LIFECYCLE, "inbox", bucket="inbox", rules=[_rule(filter={"filter_prefix": "in/"})]),
            path="rules[0].filter.filter_prefix",
            note="a key in Python that no type translates",
        ),
    ],
    good=[
        example(bucket(forceDestroy=False)),
        example(bucket(region="eu-west-1"), note="an argument of every resource since pulumi-aws 7"),
        example(notification(target(prefix="in/")), note="a filter of a target"),
        example(
            construct(VERSIONING, "inbox", bucket="inbox", versioningConfiguration={"status": "Enabled"}),
            note="a key that it takes",
        ),
        example(
            construct(LIFECYCLE, "inbox", bucket="inbox", rules=[_rule(filter={"prefix": "in/"})]), note="a prefix"
        ),
        example(bucket(tags={"state": "Enabled"}), note="a mapping, which takes any key"),
        example(construct("acme:index:Site", "site", blockPublicAcls=True), note="a resource of another provider"),
    ],
    subsumes=["s3-overlapping-notification"],
    reads=unknown_arguments,
    check=check,
)
