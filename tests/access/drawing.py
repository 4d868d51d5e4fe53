"""Policy documents and requests of a small world, for property tests: whatever is drawn often meets."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.access.reference import Asked

ACCOUNT, OTHER = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/me"
ACTIONS = ["s3:GetObject", "s3:GetObjectAcl", "s3:PutObject", "s3:ListBucket", "sqs:SendMessage"]
ACTION_PATTERNS = [*ACTIONS, "s3:Get*", "s3:*", "*", "S3:getobject", "s3:?etObject", "s3:*Object*"]
RESOURCES = [
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/a",
    "arn:aws:s3:::b/ab",
    "arn:aws:s3:::b/abc/x",
    "arn:aws:s3:::c/a",
    "arn:aws:s3:::b/bob/x",
    "arn:aws:s3:::b/xbob/x",
    "arn:aws:s3:::b/bob/bob",
    "arn:aws:s3:::b/*",
]
RESOURCE_PATTERNS = [
    *RESOURCES[:5],
    "*",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::b*",
    "arn:aws:s3:::?/a*",
    "arn:aws:s3:::b/a?",
    "arn:aws:s3:::*/*c*",
    "arn:aws:s3:::b/${aws:username}/*",
    "arn:aws:s3:::b/${aws:username, 'bob'}/*",
    "arn:aws:s3:::b/${aws:userid}/*",
    "arn:aws:s3:::b/x${aws:userid}/*",
    "arn:aws:s3:::b/${aws:userid}/${aws:username}",
    "arn:aws:s3:::b/${*}",
]
PRINCIPALS: list[Any] = [
    "*",
    {"AWS": "*"},
    {"AWS": ACCOUNT},
    {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    {"AWS": ROLE},
    {"AWS": SESSION},
    {"AWS": [ROLE, OTHER]},
    {"AWS": [ROLE, ACCOUNT]},
    {"Service": "sns.amazonaws.com"},
    {"Service": ["s3.amazonaws.com", "sns.amazonaws.com"], "AWS": OTHER},
    {"Federated": "accounts.google.com"},
    {"CanonicalUser": "79a59df900b949e5"},
]
SENDERS = [
    ("", (), None),
    ("AWS", (ROLE,), ACCOUNT),
    ("AWS", (SESSION, ROLE), ACCOUNT),
    ("AWS", (f"arn:aws:iam::{ACCOUNT}:user/x",), ACCOUNT),
    ("AWS", (f"arn:aws:iam::{ACCOUNT}:root",), ACCOUNT),
    ("AWS", (f"arn:aws:iam::{OTHER}:role/reader",), OTHER),
    ("AWS", ("arn:aws:iam::777777777777:role/x",), "777777777777"),
    ("Service", ("sns.amazonaws.com",), None),
    ("Service", ("ec2.amazonaws.com",), None),
    ("Federated", ("accounts.google.com",), None),
    ("CanonicalUser", ("79a59df900b949e5",), None),
]
KEYS: dict[str, tuple[list[str], list[str]]] = {
    # patterns, values
    "s3:prefix": (
        ["a*", "ab", "?b*", "*", "${aws:username}*", "${aws:userid}", "x"],
        ["a", "ab", "abc", "x", "", "bob", "bobx"],
    ),
    "aws:username": (["bob", "b*", "${aws:userid}"], ["bob", "bill", "eve"]),
    "aws:userid": (["bob", "x*", "${aws:username}"], ["bob", "bill", "xbob"]),
    "aws:PrincipalOrgID": (["o-1", "o-*"], ["o-1", "o-2"]),
    "aws:TagKeys": (["a", "b", "a*"], ["a", "ab", "b", "c"]),
    "aws:SourceVpce": (["vpce-1", "vpce-*"], ["vpce-1", "vpce-2"]),
}
STRINGS = ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringLike", "StringNotLike"]
CIDRS = ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "203.0.113.0/24", "203.0.113.128/25", "::/0", "2001:db8::/32"]
ADDRESSES = ["203.0.113.7", "203.0.113.200", "9.9.9.9", "198.51.100.7", "2001:db8::1", "2a00::1"]


def conditions() -> st.SearchStrategy[tuple[str, str, Any]]:
    """One operator on one key."""

    def on(key: str) -> st.SearchStrategy[tuple[str, str, Any]]:
        operators = [f"{each}{suffix}" for each in STRINGS for suffix in ("", "IfExists")]
        if key == "aws:TagKeys":
            operators = [f"{qualifier}:{each}" for qualifier in ("ForAllValues", "ForAnyValue") for each in operators]
        values = st.lists(st.sampled_from(KEYS[key][0]), min_size=1, max_size=2, unique=True)
        return st.tuples(st.sampled_from(operators), st.just(key), values)

    null = st.tuples(st.just("Null"), st.sampled_from([*KEYS, "aws:SourceIp"]), st.sampled_from(["true", "false"]))
    address = st.tuples(
        st.sampled_from(["IpAddress", "NotIpAddress", "IpAddressIfExists", "NotIpAddressIfExists"]),
        st.just("aws:SourceIp"),
        st.lists(st.sampled_from(CIDRS), min_size=1, max_size=2, unique=True),
    )
    plain = st.tuples(
        st.sampled_from(["Bool", "BoolIfExists"]), st.just("aws:SecureTransport"), st.sampled_from(["true", "false"])
    )
    number = st.tuples(
        st.sampled_from(["NumericLessThan", "NumericGreaterThanEquals", "NumericEquals", "NumericNotEqualsIfExists"]),
        st.just("s3:max-keys"),
        st.sampled_from(["5", "10", 7]),
    )
    arn = st.tuples(
        st.sampled_from(["ArnLike", "ArnNotLike", "ArnEquals", "ArnLikeIfExists"]),
        st.just("aws:PrincipalArn"),
        st.sampled_from([ROLE, f"arn:aws:iam::{ACCOUNT}:*", "arn:aws:iam::*:role/reader", "arn:aws:iam:*:role/*"]),
    )
    return st.one_of(null, address, plain, number, arn, *map(on, KEYS))


def statements(*, principals: bool) -> st.SearchStrategy[dict[str, Any]]:
    """One statement."""

    def either(name: str, patterns: list[Any]) -> st.SearchStrategy[dict[str, Any]]:
        some = st.lists(st.sampled_from(patterns), min_size=1, max_size=2, unique=True)
        return st.builds(lambda no, each: {f"{no}{name}": each}, st.sampled_from(["", "", "", "Not"]), some)

    def nested(conditions: list[tuple[str, str, Any]]) -> dict[str, Any]:
        condition: dict[str, dict[str, Any]] = {}
        for operator, key, values in conditions:
            condition.setdefault(operator, {})[key] = values
        return {"Condition": condition} if condition else {}

    whom = st.builds(
        lambda no, each: {f"{no}Principal": each}, st.sampled_from(["", "", "", "Not"]), st.sampled_from(PRINCIPALS)
    )
    return st.builds(
        lambda effect, *parts: {"Effect": effect} | {name: value for part in parts for name, value in part.items()},
        st.sampled_from(["Allow", "Allow", "Deny"]),
        either("Action", ACTION_PATTERNS),
        either("Resource", RESOURCE_PATTERNS),
        st.lists(conditions(), max_size=2).map(nested),
        whom if principals else st.just({}),
    )


def documents(*, principals: bool) -> st.SearchStrategy[dict[str, Any]]:
    """A policy document of one to four statements."""
    return st.builds(
        lambda drawn: {"Version": "2012-10-17", "Statement": drawn},
        st.lists(statements(principals=principals), min_size=1, max_size=4),
    )


VARIABLES = ["${aws:username}", "${aws:userid}", "${aws:username, 'bob'}"]
PIECES = [*VARIABLES, *VARIABLES, "*", "b*", "x", "bob"]


def documents_of_variables() -> st.SearchStrategy[dict[str, Any]]:
    """A policy document in which variables meet each other in names of one or two parts, and in conditions on keys."""
    parts = st.lists(
        st.builds("".join, st.lists(st.sampled_from(PIECES), min_size=1, max_size=2)), min_size=1, max_size=2
    )
    names = parts.map(lambda drawn: f"arn:aws:s3:::b/{'/'.join(drawn)}")
    compared = st.tuples(
        st.sampled_from(["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"]),
        st.sampled_from(["aws:username", "aws:userid", "s3:prefix"]),
        st.sampled_from(PIECES),
    )
    return st.lists(
        st.builds(
            lambda effect, name, condition: {
                "Effect": effect,
                "Action": "s3:GetObject",
                "Resource": name,
                **({"Condition": {condition[0]: {condition[1]: condition[2]}}} if condition else {}),
            },
            st.sampled_from(["Allow", "Deny"]),
            st.one_of(names, st.just("*")),
            st.one_of(st.none(), compared),
        ),
        min_size=1,
        max_size=3,
    ).map(lambda drawn: {"Version": "2012-10-17", "Statement": drawn})


def sampled_with_variables(chance: Random) -> Asked:
    """A random request whose name consists of its values for the variables."""
    values = ["bob", "bx", "x", "xbob", "eve"]
    sent = {key: chance.choice([*values, ""]) for key in ("aws:username", "aws:userid", "s3:prefix")}
    known = [value for value in sent.values() if value]
    parts = [
        "".join(chance.choices([*values, *known, *known], k=chance.randint(1, 2))) for _ in range(chance.randint(1, 2))
    ]
    context = {key: (value,) for key, value in sent.items() if value}
    return Asked("AWS", ("self",), None, "s3:GetObject", f"arn:aws:s3:::b/{'/'.join(parts)}", context)


REFERRING = ["aws:username", "aws:userid"]
REFERRING_VALUES = ["x", "b", "xb", "bx", "xx", "bb", "xbb", "q"]


def documents_of_references() -> st.SearchStrategy[dict[str, Any]]:
    """A policy document with conditions on keys that refer to one another's values, beside other alternatives."""

    def on(key: str) -> st.SearchStrategy[tuple[str, str, list[str]]]:
        other = "".join(f"${{{each}}}" for each in REFERRING if each != key)
        refers = st.sampled_from([other, other, other, f"x{other}", f"{other}b"])
        plain = st.sampled_from(["x*", "*b", "b", "bx", "?b*", "xb*"])
        return st.tuples(
            st.sampled_from(["StringLike", "StringNotLike", "StringLikeIfExists", "StringNotLikeIfExists"]),
            st.just(key),
            st.one_of(st.tuples(refers), st.tuples(plain, refers), st.tuples(plain, plain, refers)).map(list),
        )

    def statement(effect: str, found: list[tuple[str, str, list[str]]]) -> dict[str, Any]:
        condition: dict[str, dict[str, list[str]]] = {}
        for operator, key, values in found:
            condition.setdefault(operator, {})[key] = values
        return {"Effect": effect, "Action": "s3:GetObject", "Resource": "*", "Condition": condition}

    found = st.lists(st.sampled_from(REFERRING).flatmap(on), min_size=2, max_size=3)
    first = st.builds(statement, st.just("Allow"), found)
    more = st.lists(st.builds(statement, st.sampled_from(["Allow", "Deny"]), found), max_size=1)
    return st.builds(lambda one, rest: {"Version": "2012-10-17", "Statement": [one, *rest]}, first, more)


def requests_of_references() -> list[Asked]:
    """Every request of the small world in which two keys refer to one another."""
    several = product([None, *REFERRING_VALUES], repeat=len(REFERRING))
    return [
        Asked(
            "AWS",
            ("self",),
            None,
            "s3:GetObject",
            "arn:aws:s3:::b/x",
            {key.lower(): (value,) for key, value in zip(REFERRING, values, strict=True) if value},
        )
        for values in several
    ]


def sampled(chance: Random, *, principals: bool) -> Asked:
    """A random possible request: its keys depend on its sender and network."""

    def some(values: list[str], most: int = 1) -> tuple[str, ...]:
        return tuple(chance.sample(values, chance.randint(0, most)))

    kind, names, account = chance.choice(SENDERS) if principals else ("AWS", ("self",), None)
    sent = {key.lower(): some(values, 3 if key == "aws:TagKeys" else 1) for key, (_, values) in KEYS.items()}
    sent["aws:sourceip"] = some(ADDRESSES)
    sent["aws:securetransport"] = (chance.choice(["true", "false"]),)
    sent["s3:max-keys"] = some(["4", "5", "7", "9", "10", "11"])
    sent["aws:principalarn"] = some([ROLE, f"arn:aws:iam::{OTHER}:role/reader", f"arn:aws:iam::{ACCOUNT}:user/x"])
    if principals:
        _goes_with(sent, kind, names, through_endpoint=chance.random() < 0.5)
    context = {key: values for key, values in sent.items() if values}
    return Asked(kind, names, account, chance.choice(ACTIONS), chance.choice(RESOURCES), context)


def _goes_with(sent: dict[str, tuple[str, ...]], kind: str, names: tuple[str, ...], *, through_endpoint: bool) -> None:
    """Leave out what such a caller, or a request from there, never sends, and add what it always does."""
    sent["aws:sourceip" if through_endpoint or kind == "Service" else "aws:sourcevpce"] = ()
    arns = {"AWS": names[-1:], "CanonicalUser": ("arn:aws:iam::999999999999:root",)}
    sent["aws:principalarn"] = arns.get(kind, ())
    if kind not in arns:
        sent["aws:principalorgid"] = sent["aws:username"] = sent["aws:userid"] = ()
