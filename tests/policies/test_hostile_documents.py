"""Any value in place of a policy document: each policy about documents ends, without a crash."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.examples import allow, document
from policypack.core.policy import UNKNOWN, Kind, Outcome, Resource, Stack
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.settings import Settings
from policypack.iam.actions import expand
from policypack.iam.parliament import engine as parliament
from policypack.iam.parliament import linter
from policypack.policies import POLICIES

ABOUT_DOCUMENTS = [policy for policy in POLICIES if policy.id.startswith("iam-")]
CARRIERS = {
    "aws:iam/rolePolicy:RolePolicy": "policy",
    "aws:s3/bucketPolicy:BucketPolicy": "policy",
    "aws:iam/role:Role": "assumeRolePolicy",
}

WORDS = st.sampled_from(
    [
        "s3:GetObject",
        "ec2:*",
        "*",
        "iam:PassRole",
        "arn:aws:s3:::inbox/*",
        "aws:SourceIp",
        "${aws:username}",
        "*a*a*a*?",
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | WORDS
    | st.just(UNKNOWN)
)
NAMES = st.sampled_from(
    ["Action", "Resource", "StringLike", "ForAllValues:Bool", "AWS", "iam:PassedToService"]
) | st.text(max_size=4)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)
OPERATORS = st.sampled_from(
    ["StringEquals", "NumericLessThan", "Null", "IpAddress", "ForAnyValue:ArnLike", "DateEqualsIfExists"]
)
KEYS = st.sampled_from(["aws:SourceIp", "s3:prefix", "iam:PassedToService", "aws:CurrentTime", "aws:nothing", "plain"])
CONDITIONS = st.dictionaries(OPERATORS, st.dictionaries(KEYS, ANYTHING, max_size=2) | ANYTHING, max_size=2)
ELEMENTS = {
    "Sid": ANYTHING,
    "Effect": st.sampled_from(["Allow", "Deny", "allow"]) | LEAVES,
    "Action": WORDS | st.lists(WORDS, max_size=3) | ANYTHING,
    "NotAction": ANYTHING,
    "Resource": WORDS | ANYTHING,
    "NotResource": ANYTHING,
    "Principal": ANYTHING,
    "NotPrincipal": ANYTHING,
    "Condition": CONDITIONS | ANYTHING,
}
STATEMENTS = st.fixed_dictionaries({}, optional=ELEMENTS)
DOCUMENTS = ANYTHING | st.fixed_dictionaries(
    {}, optional={"Version": st.just("2012-10-17") | ANYTHING, "Statement": st.lists(STATEMENTS, max_size=3) | ANYTHING}
)


def outcomes(raw: Any, kind: str = "aws:iam/rolePolicy:RolePolicy") -> list[Outcome]:
    resource = Resource(kind, "hostile", {"role": "r", "bucket": "b", CARRIERS[kind]: raw})
    return evaluate(ABOUT_DOCUMENTS, Stack((resource,), Settings()))


@given(DOCUMENTS, st.sampled_from(sorted(CARRIERS)))
def test_anything_at_all_has_an_outcome_or_none(raw: Any, kind: str) -> None:
    assert [outcome.message for outcome in outcomes(raw, kind) if outcome.kind is Kind.ERROR] == []


DEEP: dict[str, Any] = {}
_place = DEEP
for _ in range(900):
    _place = _place.setdefault("a", {})

HOSTILE = {
    "a number in a condition": document(allow(Condition={"StringEquals": {"aws:PrincipalAccount": 5}})),
    "a text for a statement": {"Version": "2012-10-17", "Statement": "x"},
    "six globs against six": document(allow(resource=["arn:aws:s3:::" + "*a" * 6, "arn:aws:s3:::" + "*a" * 6 + "*"])),
    "20 kB of wildcards": document(allow(resource="arn:aws:s3:::" + "*ab?" * 5000)),
    "20 kB of wildcards in an action": document(allow("s3:" + "*G?t" * 5000)),
    "100 statements": document(*(allow("iam:*", f"arn:aws:ec2:*:*:instance/i-{number}*") for number in range(100))),
    "10 wide statements": document(
        *(allow(["ec2:*", "ec2:*e*"], f"arn:aws:ec2:*:*:instance/x{number}:i") for number in range(10))
    ),
    "100 keys": document(
        allow("ec2:*", "*", Condition={"StringLike": {f"ec2:{number}": ["*"] * 10 for number in range(100)}})
    ),
    "nesting": document(allow(Condition=DEEP)),
    "odd characters": document(
        allow(
            "s3:Ge\u0130t*",
            "arn:aws:s3:::\U0001f600*/\u0000",
            Sid="\u202e",
            Condition={"StringLike": {"aws:\u2028": "\ud800"}},
        )
    ),
}


@pytest.fixture
def tenth(monkeypatch: pytest.MonkeyPatch) -> int:
    """A tenth of the steps that Parliament has, for documents of a tenth of the size."""
    steps = parliament.MAX_STEPS // 10
    for module in (parliament, linter):
        monkeypatch.setattr(module, "MAX_STEPS", steps)
    return steps


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("kind", ["aws:iam/rolePolicy:RolePolicy", "aws:s3/bucketPolicy:BucketPolicy"])
def test_hostile_documents_come_to_an_end_by_counted_work(raw: Any, kind: str, tenth: int) -> None:
    before = parliament.steps_taken()
    assert [each.message for each in outcomes(raw, kind) if each.kind is Kind.ERROR] == []
    assert parliament.steps_taken() - before <= 2 * tenth


def test_a_document_whose_statements_together_are_too_much_is_reported() -> None:
    """Each statement alone is within the bound; none of the work is repeated for the next one once it is spent."""
    everywhere = [f"arn:aws:s3:::b{number}*/*" for number in range(40)]
    wide = [allow("ec2:*", [*everywhere, f"arn:aws:ec2:*:*:vpc/{number}?"]) for number in range(16)]
    messages = [outcome.message for outcome in outcomes(document(*wide)) if "NOT_LINTED" in outcome.message]
    assert messages == [
        "is too large for Parliament, so it is not linted; split it or write it more plainly (`NOT_LINTED`, high)"
    ]


def test_patterns_of_actions_are_compared_in_bounded_work(tenth: int) -> None:
    """AWS refuses a wildcard in the service, so such a pattern is compared with no action at all."""
    before = parliament.steps_taken()
    outcomes(document(allow([f"*:*a{number}*b*" for number in range(900)])))
    assert parliament.steps_taken() - before <= 2 * tenth
    assert expand("*:Get*") == frozenset()
    assert expand("*:*")
