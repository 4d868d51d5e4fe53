"""Families of policy documents that are made to take long, each out of one kind of element."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from policypack.core.examples import allow, deny, document

Statement = dict[str, Any]
Family = Callable[[Random], Iterator[Statement]]
SERVICES = ("s3", "sqs", "iam", "ec2", "lambda", "kms", "sts", "*")


def word(random: Random, alphabet: str, longest: int) -> str:
    return "".join(random.choices(alphabet, k=random.randint(1, longest)))


def either(random: Random, *arguments: Any, **elements: Any) -> Statement:
    return random.choice([allow, deny])(*arguments, **elements)


def on_all(random: Random, **elements: Any) -> Statement:
    return either(random, "s3:*", "*", **elements)


def address(random: Random) -> str:
    if random.random() < 0.5:
        return f"{'.'.join(str(random.randrange(256)) for _ in range(4))}/{random.randrange(9, 33)}"
    return f"{':'.join(f'{random.randrange(65536):x}' for _ in range(8))}/{random.randrange(20, 129)}"


def arn(random: Random, tail: str) -> str:
    return f"arn:aws:{random.choice(['s3:::', 'sqs:eu-west-1:111122223333:', 'iam::111122223333:role/'])}{tail}"


def action(random: Random) -> str:
    return f"{random.choice(SERVICES)}:{word(random, '*?abGetPuDl', random.choice([2, 5, 12]))}"


def condition(random: Random, operators: list[str], names: list[str], values: Callable[[], str], most: int) -> Any:
    return {random.choice(operators): {random.choice(names): [values() for _ in range(random.randint(1, most))]}}


def repeated(make: Callable[[Random], Statement]) -> Family:
    def family(random: Random) -> Iterator[Statement]:
        while True:
            yield make(random)

    family.__name__ = make.__name__
    return family


@repeated
def addresses(random: Random) -> Statement:
    return on_all(
        random, Condition=condition(random, ["IpAddress", "NotIpAddress"], ["aws:SourceIp"], lambda: address(random), 4)
    )


@repeated
def numbers(random: Random) -> Statement:
    operators = [f"Numeric{kind}" for kind in ("Equals", "NotEquals", "LessThan", "GreaterThanEquals")]

    def number() -> str:
        return random.choice([str(random.randrange(10**6)), str(random.random()), "1e308", "-5"])

    return on_all(random, Condition=condition(random, operators, ["s3:max-keys", "s3:signatureAge"], number, 60))


@repeated
def dates(random: Random) -> Statement:
    operators = [f"Date{kind}" for kind in ("Equals", "NotEquals", "LessThan", "GreaterThanEquals")]

    def date() -> str:
        return f"20{random.randrange(10, 99)}-0{random.randrange(1, 10)}-1{random.randrange(10)}T00:00:00Z"

    return on_all(random, Condition=condition(random, operators, ["aws:CurrentTime", "aws:TokenIssueTime"], date, 40))


@repeated
def globs(random: Random) -> Statement:
    return either(random, "s3:*", arn(random, word(random, "*?ab", random.choice([5, 12, 40, 400]))))


@repeated
def action_globs(random: Random) -> Statement:
    kind = random.choice(["Action", "NotAction"])
    return {"Effect": random.choice(["Allow", "Deny"]), kind: [action(random) for _ in range(40)], "Resource": "*"}


@repeated
def any_service(random: Random) -> Statement:
    return allow([f"*:{word(random, '*ab', 6)}" for _ in range(60)], "*")


@repeated
def misspelt(random: Random) -> Statement:
    service = random.choice(["ec2", "iam", "s3", word(random, "abc3", 4)])
    letters = "eraitnsCDo"
    return {
        **either(random, [f"{service}:{word(random, letters, 25)}" for _ in range(60)], "*"),
        "Principal": {"Service": [f"{word(random, letters.lower(), 12)}.amazonaws.com" for _ in range(20)]},
        "Condition": {"StringLike": {f"s3:{word(random, letters, 20)}": "x"}},
    }


@repeated
def not_crowds(random: Random) -> Statement:
    services = [f"{service}:{word(random, 'ABCDGP', 1)}*" for service in SERVICES[:-1] for _ in range(3)]
    return {
        "Effect": random.choice(["Allow", "Deny"]),
        "NotAction": [*services, *(action(random) for _ in range(random.choice([3, 300])))],
        random.choice(["Resource", "NotResource"]): [arn(random, word(random, "ab*", 6)) for _ in range(20)],
    }


@repeated
def principals(random: Random) -> Statement:
    count = random.choice([3, 50])
    names = [
        random.choice(
            [
                f"arn:aws:iam::{random.randrange(10**11, 10**12)}:role/r{random.randrange(99)}",
                str(random.randrange(10**11, 10**12)),
            ]
        )
        for _ in range(count)
    ]
    if random.random() < 0.3:
        return {**deny("s3:*", "*"), "NotPrincipal": {"AWS": names}}
    return {
        **on_all(random),
        "Principal": {"AWS": names, "Service": [f"{word(random, 'abcd', 4)}.amazonaws.com" for _ in range(3)]},
    }


@repeated
def services(random: Random) -> Statement:
    name = random.choice(["s3", "sns", "events", "lambda", "logs", "config", "ec2", word(random, "abc", 5)])
    return {
        **on_all(random),
        "Principal": {"Service": f"{name}.amazonaws.com"},
        "Condition": condition(
            random,
            ["StringLike", "ArnLike", "StringNotLike", "ArnNotEquals"],
            ["aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID"],
            lambda: f"arn:aws:s3:::{word(random, 'ab*?', 8)}",
            3,
        ),
    }


@repeated
def keys(random: Random) -> Statement:
    return on_all(
        random,
        Condition={
            random.choice(["StringLike", "StringNotLike", "StringEqualsIfExists"]): {
                f"aws:RequestTag/k{random.randrange(60)}": word(random, "*ab", 4) for _ in range(5)
            },
            "Null": {f"aws:RequestTag/k{random.randrange(60)}": random.choice(["true", "false"])},
        },
    )


@repeated
def several_values(random: Random) -> Statement:
    operators = [
        f"{quantor}:String{kind}" for quantor in ("ForAllValues", "ForAnyValue") for kind in ("Like", "NotLike")
    ]
    return on_all(
        random,
        Condition=condition(
            random, operators, ["aws:TagKeys", "aws:PrincipalOrgPaths"], lambda: word(random, "ab*", 5), 4
        ),
    )


@repeated
def variables(random: Random) -> Statement:
    names = [
        "${aws:username}",
        "${aws:userid}",
        "${aws:PrincipalTag/a}",
        "${s3:prefix}",
        "${*}",
        "${aws:username, 'x'}",
    ]

    def text() -> str:
        return (
            f"{random.choice(['', 'x*', 'a?'])}{random.choice(names)}/{random.choice(names)}{random.choice(['', '*'])}"
        )

    return either(
        random,
        "s3:*",
        arn(random, text()),
        Condition=condition(
            random, ["StringLike", "StringNotEquals"], ["aws:username", "s3:prefix", "aws:userid"], text, 3
        ),
    )


def long_texts(random: Random) -> Iterator[Statement]:
    unit = random.choice(["*a", "?*a", "*a?", "${", "${aws:username}", "a", "é", "*b?a", "/*", ":*"])
    while True:
        yield random.choice(
            [
                either(random, "s3:*", arn(random, unit * 4000)),
                either(random, f"s3:{unit * 4000}", "*"),
                on_all(random, Condition={"StringLike": {"aws:UserAgent": unit * 4000}}),
                {**on_all(random), "Sid": unit * 4000},
            ]
        )


def tiny(random: Random) -> Iterator[Statement]:
    kind = random.randrange(3)
    while True:
        yield ({}, {"Effect": "Allow"}, allow("s3:*"))[kind]


def nested(random: Random) -> Iterator[Statement]:
    deep: Any = "x"
    for _ in range(200):
        deep = [deep] if random.random() < 0.5 else {word(random, "ab", 2): deep}
    while True:
        yield {**allow("s3:*"), random.choice(["Condition", "Resource", "Action", "Principal", "Sid"]): deep}


@repeated
def unicode(random: Random) -> Statement:
    text = word(random, "aé\u202e\U0001f600\u0130*?\u0000", 20)
    return either(random, f"s3:{text}", arn(random, text), Condition={"StringLike": {f"aws:{text}": text}})


@repeated
def network_keys(random: Random) -> Statement:
    return on_all(
        random,
        Condition={
            **condition(
                random,
                ["StringEquals", "StringNotEquals", "StringNotEqualsIfExists", "StringLike"],
                ["aws:SourceVpc", "aws:SourceVpce", "aws:PrincipalOrgID", "aws:PrincipalArn", "aws:PrincipalAccount"],
                lambda: random.choice([f"vpc-{word(random, '0f*', 5)}", f"o-{word(random, 'ab', 3)}", "111122223333"]),
                3,
            ),
            **condition(
                random,
                ["Bool", "BoolIfExists", "Null"],
                ["aws:SecureTransport", "aws:ViaAWSService", "aws:PrincipalIsAWSService", "aws:SourceIp"],
                lambda: random.choice(["true", "false"]),
                1,
            ),
        },
    )


@repeated
def escalating(random: Random) -> Statement:
    names = ["iam:Pass*", "iam:Put*", "lambda:*", "ec2:Run*", "sts:Assume*", "iam:*Policy*", "cloudformation:*"]
    return either(
        random,
        [random.choice(names) for _ in range(3)],
        [
            f"arn:aws:{random.choice(['iam::', 'lambda:*:', 'ec2:eu-*:'])}{random.randrange(10**11, 10**12)}:{word(random, 'ab*/', 9)}"
            for _ in range(4)
        ],
        Condition=condition(
            random,
            ["StringLike", "StringNotLike"],
            ["iam:PassedToService", "aws:RequestedRegion", "aws:PrincipalTag/a"],
            lambda: word(random, "ab*", 6),
            3,
        ),
    )


@repeated
def mixture(random: Random) -> Statement:
    first, second = (next(random.choice(FAMILIES[:-1])(random)) for _ in range(2))
    return {**first, **{name: second[name] for name in ("Condition", "Resource") if name in second}}


FAMILIES: tuple[Family, ...] = (
    addresses, numbers, dates, globs, action_globs, any_service, misspelt, not_crowds, principals, services, keys, several_values,
    variables, long_texts, tiny, nested, unicode, network_keys, escalating, mixture,
)  # fmt: skip


def hostile(family: Family, size: int, seed: int, *, principal: bool) -> dict[str, Any]:
    """A document of a family of about `size` characters."""
    random = Random(f"{family.__name__} {seed}")
    opening: Statement = allow("s3:*", "*")
    statements, length = [opening], 100
    for statement in family(random):
        long = len(json.dumps(statement, ensure_ascii=False)) + (20 if principal else 0)
        if length + long > size and len(statements) > 1:
            break
        statements.append(statement)
        length += long
    if principal:
        for statement in statements:
            if "NotPrincipal" not in statement:
                statement.setdefault("Principal", "*")
    else:
        statements = [
            {name: value for name, value in statement.items() if name not in ("Principal", "NotPrincipal")}
            for statement in statements
        ]
    return document(*statements)
