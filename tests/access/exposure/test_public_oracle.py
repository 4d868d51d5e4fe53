"""The verdict against brute force: a plain evaluator of IAM's rules, asked about every request of a small world."""

from __future__ import annotations

import ipaddress
from fnmatch import fnmatchcase
from itertools import product
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from policypack.access.exposure.public import public
from policypack.access.solver.verdict import Verdict
from policypack.core.examples import document
from policypack.iam.grammar import parse
from policypack.iam.tables import DocumentKind

BUCKET = "arn:aws:s3:::inbox"
OWN_ORGANIZATION, OWN_VPC = "o-own", "vpc-own"
CIDRS = ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "203.0.113.0/24"]
VALUES = {
    "aws:SourceVpc": [OWN_VPC, "vpc-*"],
    "aws:PrincipalOrgID": [OWN_ORGANIZATION, "*"],
    "aws:Referer": ["a", "b*"],
}


def strings(key: str) -> st.SearchStrategy[tuple[str, str, Any]]:
    operators = [
        "StringEquals",
        "StringLike",
        "StringNotEquals",
        "StringNotLike",
        "StringLikeIfExists",
        "StringNotLikeIfExists",
    ]
    operators += ["ForAllValues:StringLike", "ForAnyValue:StringNotLike"]
    some = st.lists(st.sampled_from(VALUES[key]), min_size=1, max_size=2)
    return st.one_of(
        st.tuples(st.sampled_from(operators), st.just(key), some),
        st.tuples(st.just("Null"), st.just(key), st.sampled_from(["true", "false"])),
    )


CONDITION = st.one_of(
    st.tuples(
        st.sampled_from(["IpAddress", "NotIpAddress", "IpAddressIfExists", "ForAnyValue:NotIpAddress"]),
        st.just("aws:SourceIp"),
        st.lists(st.sampled_from(CIDRS), min_size=1, max_size=2),
    ),
    st.tuples(
        st.sampled_from(["Bool", "BoolIfExists"]), st.just("aws:SecureTransport"), st.sampled_from(["true", "false"])
    ),
    *map(strings, VALUES),
)


def nested(conditions: list[tuple[str, str, Any]]) -> dict[str, dict[str, Any]]:
    condition: dict[str, dict[str, Any]] = {}
    for operator, key, values in conditions:
        condition.setdefault(operator, {})[key] = values
    return condition


STATEMENT = st.builds(
    lambda effect, principal, action, resource, conditions: {
        "Effect": effect,
        **principal,
        **action,
        **resource,
        "Condition": nested(conditions),
    },
    st.sampled_from(["Allow", "Deny"]),
    st.sampled_from(
        [
            {"Principal": "*"},
            {"Principal": {"AWS": "*"}},
            {"Principal": {"AWS": "111122223333"}},
            {"NotPrincipal": {"AWS": "111122223333"}},
        ]
    ),
    st.sampled_from(
        [
            {"Action": "s3:GetObject"},
            {"Action": ["s3:Put*", "s3:GetObject"]},
            {"Action": "s3:*"},
            {"NotAction": "s3:PutObject"},
        ]
    ),
    st.sampled_from(
        [{"Resource": f"{BUCKET}/*"}, {"Resource": f"{BUCKET}/a*"}, {"Resource": "*"}, {"NotResource": f"{BUCKET}/*b"}]
    ),
    st.lists(CONDITION, max_size=2),
)


def matches(element: str, statement: dict[str, Any], value: str) -> bool:
    def any_of(patterns: Any) -> bool:
        return any(fnmatchcase(value, each) for each in (patterns if isinstance(patterns, list) else [patterns]))

    return any_of(statement[element]) if element in statement else not any_of(statement[f"Not{element}"])


def holds(operator: str, written: Any, value: str | None) -> bool:
    values = written if isinstance(written, list) else [written]
    if operator == "Null":
        return (value is None) == (values == ["true"])
    qualifier, _, name = operator.rpartition(":")
    if value is None:
        return "IfExists" in name or qualifier == "ForAllValues" or ("Not" in name and qualifier != "ForAnyValue")
    name = name.removesuffix("IfExists")
    if name.endswith("IpAddress"):
        matching = any(ipaddress.ip_address(value) in ipaddress.ip_network(each) for each in values)
    elif name.endswith("Like"):
        matching = any(fnmatchcase(value, each) for each in values)
    else:
        matching = value in values
    return matching != ("Not" in name)


def applies(statement: dict[str, Any], request: dict[str, str | None]) -> bool:
    everybody = statement.get("Principal") in ("*", {"AWS": "*"}) or "NotPrincipal" in statement
    return (
        everybody
        and matches("Action", statement, str(request["action"]))
        and matches("Resource", statement, str(request["resource"]))
        and all(
            holds(operator, values, request[key])
            for operator, keys in statement["Condition"].items()
            for key, values in keys.items()
        )
    )


def allowed(statements: list[dict[str, Any]], request: dict[str, str | None]) -> bool:
    effects = {statement["Effect"] for statement in statements if applies(statement, request)}
    return effects == {"Allow"}


TARGETS = [
    *product(
        ["s3:GetObject", "s3:PutObject", "s3:PutObjectAcl", "s3:DeleteObject"],
        [f"{BUCKET}/{key}" for key in ("x", "a", "b", "ab")],
    ),
    *product(["s3:ListBucket", "s3:PutBucketPolicy"], [BUCKET]),
]
OUTSIDERS = [
    {
        "action": action,
        "resource": resource,
        "aws:SourceIp": address,
        "aws:SourceVpc": vpc,
        "aws:PrincipalOrgID": organization,
        "aws:Referer": referer,
        "aws:SecureTransport": secure,
    }
    for (action, resource), (address, vpc), organization, referer, secure in product(
        TARGETS,
        [("9.9.9.9", None), ("150.1.1.1", None), ("2600::1", None), (None, "vpc-stranger"), (None, None)],
        [None, "o-stranger"],
        [None, "a", "b", "b*", "other"],
        ["true", "false"],
    )
    if address or vpc or not organization  # a service has none of them
]


WITHOUT_A_VPC = {"Condition": {"Null": {"aws:SourceVpc": "true"}}}
ELSEWHERE = {"Condition": {"ForAnyValue:NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}}
ANYTHING = {"Principal": "*", "Action": "s3:*", "Resource": "*"}


@settings(max_examples=300, deadline=None)
@example([{"Effect": "Allow", **ANYTHING, **WITHOUT_A_VPC}, {"Effect": "Deny", **ANYTHING, **ELSEWHERE}])
@given(st.lists(STATEMENT, min_size=1, max_size=4))
def test_public_when_and_only_when_an_outsiders_request_is_allowed(statements: list[dict[str, Any]]) -> None:
    """A caller may send `b*` literally; no VPC and no organization has this name."""
    answer = public(parse(document(*statements), DocumentKind.RESOURCE, "aws:s3/bucketPolicy:BucketPolicy"))
    request = next((outsider for outsider in OUTSIDERS if allowed(statements, outsider)), None)
    assert (answer.verdict is Verdict.PUBLIC) == (request is not None), (answer, request)
