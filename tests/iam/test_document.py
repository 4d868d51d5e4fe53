from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from policypack.core.examples import allow, deny, document
from policypack.core.policy import UNKNOWN
from policypack.core.wire import UNKNOWN_STRING
from policypack.iam.document import OPERATORS, Effect, PolicyDocument, Principal, split_operator
from policypack.iam.grammar import parse
from policypack.iam.tables import DocumentKind

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"


def read(raw: Any, kind: DocumentKind = DocumentKind.IDENTITY, token: str = ROLE_POLICY) -> PolicyDocument:
    return parse(raw, kind, token)


def problems(*statements: Any, **top: Any) -> list[str]:
    return [path for path, _ in read({**document(*statements), **top}).problems]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
ELEMENTS = ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"]
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "Version": JSON,
        "Id": JSON,
        "Statement": st.lists(st.dictionaries(st.sampled_from(ELEMENTS), JSON, max_size=6) | JSON, max_size=3) | JSON,
    },
)


@given(JSON | NEARLY, st.sampled_from(DocumentKind))
@example(
    {"Version": [], "Statement": {"Effect": {}, "Principal": {"AWS": {}}, "Condition": {"": {"": None}}}},
    DocumentKind.TRUST,
)
def test_any_json_is_read(raw: Any, kind: DocumentKind) -> None:
    """No JSON makes the parser raise, and violations of the grammar are reported."""
    for written in (raw, json.dumps(raw)):
        parsed = read(written, kind)
        assert parsed.problems or parsed.statements
        assert all(isinstance(path, str) and message for path, message in parsed.problems)


@given(st.text())
@example("[" * 100_000)
@example('{"Version": NaN}')
@example("9" * 5_000)
@example('"\\ud800"')
@example("\ufeff{}")
def test_any_text_is_read(text: str) -> None:
    assert read(text).problems


NAMES = st.text("abcXYZ*?:/-_.${}", min_size=1, max_size=12)
STRINGS = NAMES | st.lists(NAMES, min_size=1, max_size=3)
ACTIONS = st.text("abcXYZ*?/-_.${}", max_size=12).map(lambda name: f"s3:{name}")
RESOURCES = NAMES.map(lambda name: f"arn:aws:sqs:::{name}") | st.just("*")
CONDITIONS = st.dictionaries(
    st.sampled_from(sorted(name for name in OPERATORS.values() if not name.startswith("Date"))),
    st.dictionaries(NAMES.map(lambda name: f"aws:{name}"), STRINGS, max_size=2),
    max_size=2,
)
STATEMENTS = st.builds(
    lambda effect, action, resource, condition: {
        "Effect": effect,
        "Action": action,
        "Resource": resource,
        "Condition": condition,
    },
    st.sampled_from(["Allow", "Deny"]),
    ACTIONS | st.lists(ACTIONS, min_size=1, max_size=3),
    RESOURCES | st.lists(RESOURCES, min_size=1, max_size=3),
    CONDITIONS,
)


def listed(value: Any, same: Callable[[str], str] = str) -> tuple[str, ...]:
    """The items of an element, each once: of equal ones, the first."""
    items = value if isinstance(value, list) else [value]
    return tuple({same(item): item for item in reversed(items)}[text] for text in dict.fromkeys(map(same, items)))


@given(st.lists(STATEMENTS, min_size=1, max_size=3))
def test_a_document_is_parsed_alike_as_text_and_as_a_mapping(statements: list[Any]) -> None:
    mapping = document(*statements)
    parsed = read(mapping)
    assert parsed.problems == ()
    for text in (json.dumps(mapping), json.dumps(mapping, indent=3)):
        from_text = read(text)
        assert from_text.raw == parsed.raw == mapping
        assert msgspec.structs.replace(from_text, source=mapping) == parsed
    assert len(parsed.statements) == len(statements)
    for written, statement in zip(statements, parsed.statements, strict=True):
        assert (statement.effect, statement.actions, statement.resources) == (
            Effect(written["Effect"]),
            listed(written["Action"], str.lower),
            listed(written["Resource"]),
        )
        assert {(condition.operator, condition.key, condition.values) for condition in statement.conditions} == {
            (operator, key, listed(values))
            for operator, keys in written["Condition"].items()
            for key, values in keys.items()
        }


@given(st.lists(STATEMENTS, min_size=1, max_size=2))
def test_size_counts_no_white_space(statements: list[Any]) -> None:
    compact = json.dumps(document(*statements), separators=(",", ":"))
    assert read(json.dumps(document(*statements), indent=8)).size == len(compact)


def test_one_statement_needs_no_list() -> None:
    (statement,) = read({"Version": "2012-10-17", "Statement": allow()}).statements
    assert (statement.path, statement.at("Action")) == ("Statement", "Statement.Action")


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", [Principal("AWS", "*")]),
        ({"AWS": "*"}, [Principal("AWS", "*")]),
        (
            {"AWS": ["111122223333"], "Service": "s3.amazonaws.com"},
            [Principal("AWS", "111122223333"), Principal("Service", "s3.amazonaws.com")],
        ),
    ],
)
def test_principals(principal: Any, expected: list[Principal]) -> None:
    (statement,) = read(document(allow(Principal=principal)), DocumentKind.RESOURCE).statements
    assert list(statement.principals or ()) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("StringLike", ("", "StringLike", False)),
        ("stringlikeifexists", ("", "StringLike", True)),
        ("ForAllValues:StringNotEquals", ("ForAllValues", "StringNotEquals", False)),
        ("foranyvalue:ARNLIKEIFEXISTS", ("ForAnyValue", "ArnLike", True)),
        ("NullIfExists", ("", None, False)),
        ("ForSomeValues:StringLike", ("", None, False)),
        (":StringLike", ("", None, False)),
        ("StringMatches", ("", None, False)),
        ("", ("", None, False)),
    ],
)
def test_operators(written: str, expected: tuple[str, str | None, bool]) -> None:
    assert split_operator(written) == expected


def test_condition_values_are_read_as_aws_reads_them() -> None:
    condition = {"Bool": {"aws:SecureTransport": False}, "NumericLessThan": {"s3:TlsVersion": [1.2, 1]}}
    (statement,) = read(document(allow(Condition=condition))).statements
    assert [condition.values for condition in statement.conditions] == [("false",), ("1.2", "1")]
    assert [condition.name for condition in statement.conditions] == ["aws:securetransport", "s3:tlsversion"]


@pytest.mark.parametrize(
    ("raw", "fragment"),
    [
        ('{"Version": "2012-10-17", "Version": "2008-10-17", "Statement": []}', "twice"),
        (json.dumps(json.dumps(document(allow()))), "encode it once"),
        ("arn:aws:iam::111122223333:policy/x", "is not JSON"),
        ("<pulumi.output.Output object at 0x7f>", "Output"),
    ],
)
def test_messages(raw: str, fragment: str) -> None:
    assert any(fragment in message for _, message in read(raw).problems)


def test_a_value_that_could_be_a_secret_is_never_quoted() -> None:
    secret = "hunter2 correct horse battery staple"
    raw = {
        "Version": secret,
        secret: 1,
        "Statement": {**allow(secret), "Effect": secret, secret: {}, "Principal": secret},
    }
    for written in (raw, json.dumps(raw), json.dumps(secret), f"{{{secret}"):
        assert all(secret not in path + message for path, message in read(written).problems)


def test_grammar() -> None:
    assert problems(allow()) == []
    assert problems(allow(), Statements=[]) == ["Statements"]
    assert problems({**allow(), "NotResource": "*"}) == ["Statement[0].NotResource"]
    assert problems({**allow(), "Principal": "*"}) == ["Statement[0].Principal"]
    assert problems(allow(Sid="A"), deny("*", "*", Sid="A")) == ["Statement[1].Sid"]
    assert problems(allow(Condition={"IpAddress": {"aws:SourceIp": []}})) == [
        "Statement[0].Condition.IpAddress.aws:SourceIp"
    ]


def test_unknowns_are_named_by_element_and_path() -> None:
    statement = allow(
        ["s3:GetObject", UNKNOWN], UNKNOWN_STRING, Condition={"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", UNKNOWN]}}
    )
    parsed = read(document(statement))
    assert parsed.unknowns == (
        ("Action", "Statement[0].Action[1]"),
        ("Resource", "Statement[0].Resource"),
        ("Condition", "Statement[0].Condition.IpAddress.aws:SourceIp"),
    )
    (statement,) = parsed.statements
    assert statement.actions == ("s3:GetObject",)
    assert statement.conditions[0].values == ("10.0.0.0/8",)
    assert statement.unknown == {"Action", "Resource", "Condition"}
    assert parsed.problems == ()


def test_an_unknown_statement_may_have_any_element() -> None:
    elements = {element for element, _ in read(document(allow(), UNKNOWN)).unknowns}
    assert elements >= {"Statement", "Action", "Condition", "Principal"}
