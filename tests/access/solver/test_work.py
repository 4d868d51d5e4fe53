"""Hostile documents of many families: whatever a document is made of, its questions take a bounded number of steps."""

from __future__ import annotations

import cProfile
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from benchmarks.hostile_documents import address
from policypack.access.solver.verdict import Verdict
from policypack.core.caches import forget
from policypack.core.examples import allow, deny, document
from stackguard.access.lines import asked_diff, asked_public

MOST_CALLS = 6_000_000
"""The calls of functions, Python's own too, that one question may take: a budget that is spent takes at most a second or two."""
Family = Callable[[Random], list[Any]]


def objects(text: str) -> str:
    return f"arn:aws:s3:::b/{text}"


def letters(random: Random, alphabet: str, length: int) -> str:
    return "".join(random.choices(alphabet, k=length))


def mixed_ranges(random: Random) -> list[Any]:
    return [
        deny(
            "s3:*",
            objects("*"),
            Condition={random.choice(["IpAddress", "NotIpAddress"]): {"aws:SourceIp": address(random)}},
        )
        for _ in range(1500)
    ]


def numbers(random: Random) -> list[Any]:
    values = [str(random.randrange(10**6)) for _ in range(5000)]
    return [
        deny("s3:*", objects("*"), Condition={"NumericLessThan": {"s3:max-keys": values}}),
        deny(
            "s3:*",
            objects("*"),
            Condition={"NumericEquals": {"s3:max-keys": ["nan", "1e400", "1e308", "-inf", *values[:9]]}},
        ),
    ]


def differing(random: Random) -> list[Any]:
    return [
        random.choice([allow, deny])(
            f"s3:{random.choice(['Get', 'Put', '*'])}{random.choice('ABC')}*",
            objects(f"{letters(random, 'ab*?', 3)}{random.randrange(1000)}*"),
            Condition={random.choice(["StringLike", "StringNotLike"]): {"aws:UserAgent": f"*{random.randrange(99)}*"}},
        )
        for _ in range(2000)
    ]


def one_long_glob(random: Random) -> list[Any]:
    return [deny("s3:*", objects(random.choice(["*a", "?*a", "*a?"]) * 300_000))]


def globs(random: Random) -> list[Any]:
    return [deny("s3:*", objects(letters(random, "*?ab", random.choice([5, 12, 40])))) for _ in range(1000)]


def references(random: Random) -> list[Any]:
    names = ["${aws:username}", "${aws:userid}", "${aws:PrincipalTag/a}", "${s3:prefix}"]
    return [
        random.choice([allow, deny])(
            "s3:*",
            objects(f"{random.choice(['', 'x*'])}{random.choice(names)}/{random.choice(names)}*"),
            Condition={"StringLike": {random.choice(["aws:username", "aws:userid"]): [f"{random.choice(names)}*"]}},
        )
        for _ in range(40)
    ]


def unclosed_references(random: Random) -> list[Any]:
    return [deny("s3:*", objects(random.choice(["${", "${aws:username,", "<"]) * 20_000))]


def principals(random: Random) -> list[Any]:
    names = [f"arn:aws:iam::{random.randrange(10**11, 10**12)}:role/r{index}" for index in range(3000)]
    return [{**deny("s3:*", objects("*")), "NotPrincipal": {"AWS": names[i::20]}} for i in range(20)]


def keys(random: Random) -> list[Any]:
    return [
        deny(
            "s3:*",
            objects("*"),
            Condition={"StringLike": {f"aws:RequestTag/k{random.randrange(40)}": "*a*" for _ in range(5)}},
        )
        for _ in range(500)
    ]


def several_values(random: Random) -> list[Any]:
    operators = ["ForAllValues:StringEquals", "ForAnyValue:StringLike", "ForAllValues:StringNotLike"]
    return [
        deny(
            "s3:*",
            objects("*"),
            Condition={random.choice(operators): {"aws:TagKeys": [f"{random.randrange(30)}*", "a"]}},
        )
        for _ in range(300)
    ]


FAMILIES: tuple[Family, ...] = (
    mixed_ranges,
    numbers,
    differing,
    one_long_glob,
    globs,
    references,
    unclosed_references,
    principals,
    keys,
    several_values,
)


def calls(function: Callable[[], Any]) -> tuple[Any, int]:
    """The result of a function, and how many calls it makes."""
    profile = cProfile.Profile()
    result = profile.runcall(function)
    return result, sum(entry.callcount for entry in profile.getstats())


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
@pytest.mark.parametrize("question", ["public", "diff"])
def test_a_hostile_document_is_answered_in_bounded_work(family: Family, question: str) -> None:
    random = Random(family.__name__)
    open_to_all = {**allow("s3:*", "*"), "Principal": "*"}
    first, second = (
        document(open_to_all, *({"Principal": "*", **statement} for statement in family(random))) for _ in range(2)
    )
    for statement in (*first["Statement"], *second["Statement"]):
        if "NotPrincipal" in statement:
            statement.pop("Principal", None)
    forget()
    if question == "public":
        line = {"type": "aws:s3/bucketPolicy:BucketPolicy", "document": first}
        answer, count = calls(lambda: asked_public(line))
    else:
        answer, count = calls(lambda: asked_diff({"old": first, "new": second}))
    assert answer.verdict is not Verdict.INVALID, answer.why
    assert count < MOST_CALLS
