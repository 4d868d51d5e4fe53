"""`get_policy_document`, against what the AWS provider writes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackguard.preview.provider.policy_document import get_policy_document

VERSION = "2012-10-17"


def document(**args: Any) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(get_policy_document(args)["json"])
    return parsed


def statement(**args: Any) -> dict[str, Any]:
    (only,) = document(statements=[args])["Statement"]
    return dict(only)


@pytest.mark.parametrize(
    ("args", "element", "written"),
    [
        ({}, "Effect", "Allow"),
        ({"effect": "Deny"}, "Effect", "Deny"),
        ({"sid": "One"}, "Sid", "One"),
        ({"actions": ["s3:GetObject"]}, "Action", "s3:GetObject"),
        ({"actions": ["a:A", "c:C", "b:B", "a:A"]}, "Action", ["c:C", "b:B", "a:A"]),
        ({"notActions": ["a:A", "b:B"]}, "NotAction", ["b:B", "a:A"]),
        ({"resources": ["arn:aws:s3:::a/&{aws:username}"]}, "Resource", "arn:aws:s3:::a/${aws:username}"),
        ({"notResources": ["*"]}, "NotResource", "*"),
        ({"principals": [{"type": "*", "identifiers": ["*"]}]}, "Principal", "*"),
        ({"principals": [{"type": "AWS", "identifiers": ["*"]}]}, "Principal", {"AWS": "*"}),
        ({"notPrincipals": [{"type": "AWS", "identifiers": ["1", "2"]}]}, "NotPrincipal", {"AWS": ["2", "1"]}),
        (
            {
                "principals": [
                    {"type": "Service", "identifiers": ["b.amazonaws.com", "a.amazonaws.com"]},
                    {"type": "AWS", "identifiers": ["1"]},
                    {"type": "AWS", "identifiers": ["2"]},
                ]
            },
            "Principal",
            {"AWS": ["1", "2"], "Service": ["b.amazonaws.com", "a.amazonaws.com"]},
        ),
        (
            {"conditions": [{"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]}]},
            "Condition",
            {"Bool": {"aws:SecureTransport": "false"}},
        ),
        (
            {
                "conditions": [
                    {"test": "StringLike", "variable": "s3:prefix", "values": ["z", "a"]},
                    {"test": "StringLike", "variable": "aws:x", "values": ["&{aws:userid}"]},
                    {"test": "StringLike", "variable": "s3:prefix", "values": ["m"]},
                ]
            },
            "Condition",
            {"StringLike": {"aws:x": "${aws:userid}", "s3:prefix": ["z", "a", "m"]}},
        ),
    ],
)
def test_a_statement_is_written_as_the_provider_writes_it(args: dict[str, Any], element: str, written: Any) -> None:
    assert statement(**args)[element] == written


def test_the_text_is_the_providers_to_the_letter() -> None:
    result = get_policy_document(
        {
            "policyId": "id",
            "statements": [
                {
                    "resources": ["arn:aws:s3:::a", "arn:aws:s3:::a/*"],
                    "actions": ["s3:ListBucket"],
                    "conditions": [{"test": "NumericLessThan", "variable": "s3:max-keys", "values": ["<1&2>"]}],
                }
            ],
        }
    )
    assert result["json"] == (
        '{\n  "Version": "2012-10-17",\n  "Id": "id",\n  "Statement": [\n    {\n      "Effect": "Allow",\n'
        '      "Action": "s3:ListBucket",\n      "Resource": [\n        "arn:aws:s3:::a/*",\n'
        '        "arn:aws:s3:::a"\n      ],\n      "Condition": {\n        "NumericLessThan": {\n'
        '          "s3:max-keys": "\\u003c1\\u00262\\u003e"\n        }\n      }\n    }\n  ]\n}'
    )
    assert result["minifiedJson"].startswith('{"Version":"2012-10-17","Id":"id","Statement":[{"Effect":"Allow",')
    assert json.loads(result["minifiedJson"]) == json.loads(result["json"])
    assert result["id"].isdigit()
    assert result["statements"][0]["effect"] == "Allow"


def test_nothing_gives_a_version() -> None:
    assert document() == {"Version": VERSION}
    assert document(version="2008-10-17") == {"Version": "2008-10-17"}


BASE = json.dumps(
    {
        "Version": "2008-10-17",
        "Id": "base",
        "Statement": [
            {
                "Sid": "Keep",
                "Effect": "Allow",
                "Action": ["b:B", "a:A"],
                "Resource": "*",
                "Principal": {"AWS": ["1", "2"], "Service": "s"},
                "Condition": {"Bool": {"aws:SecureTransport": True}, "NumericEquals": {"x": 1}, "Null": {"y": ["z"]}},
            },
            {"Sid": "Swap", "Effect": "Allow", "Action": "a:A", "Resource": "*", "Principal": "*"},
        ],
    }
)


def test_source_documents_come_first_and_are_rewritten() -> None:
    merged = document(sourcePolicyDocuments=[None, BASE], statements=[{"sid": "Swap", "actions": ["c:C"]}, {}])
    assert merged["Id"] == "base"
    assert merged["Version"] == VERSION
    keep, swap, last = merged["Statement"]
    assert keep == {
        "Sid": "Keep",
        "Effect": "Allow",
        "Action": ["b:B", "a:A"],
        "Resource": "*",
        "Principal": {"AWS": ["2", "1"], "Service": "s"},
        "Condition": {"Bool": {"aws:SecureTransport": "true"}, "Null": {"y": "z"}},
    }
    assert swap == {"Sid": "Swap", "Effect": "Allow", "Action": "c:C"}
    assert last == {"Effect": "Allow"}


def test_override_documents_replace_statements_by_sid() -> None:
    merged = document(
        overridePolicyDocuments=[BASE], statements=[{"sid": "Swap", "actions": ["c:C"]}, {"sid": "Own"}], policyId="own"
    )
    assert [merged_statement["Sid"] for merged_statement in merged["Statement"]] == ["Swap", "Own", "Keep"]
    assert merged["Statement"][0]["Principal"] == "*"
    assert merged["Id"] == "base"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"statements": [{"sid": "A"}, {"sid": "A"}]}, "duplicate Sid `A` in the statements"),
        ({"sourcePolicyDocuments": [BASE, BASE]}, "duplicate Sid `Keep` in the source documents"),
        ({"statements": [{"sid": "not valid"}]}, "must only include alphanumeric"),
        ({"statements": [{"effect": "allow"}]}, "effect must be `Allow` or `Deny`"),
        ({"version": "2012-10-18"}, "version must be one of"),
        ({"version": "2008-10-17", "statements": [{"resources": ["&{a}"]}]}, "needs document version 2012-10-17"),
        ({"sourcePolicyDocuments": ["{"]}, "merging source document 0: not JSON"),
        ({"sourcePolicyDocuments": ["[]"]}, "expected an object"),
        ({"overridePolicyDocuments": ['{"Statement": {}}']}, "merging override document 0: expected an object"),
        ({"sourceJson": '{"Statement": [1]}'}, "a statement must be an object"),
        ({"sourceJson": '{"Statement": [{"Principal": {"AWS": 1}}]}'}, "a principal must map types to strings"),
        ({"sourceJson": '{"Statement": [{"Condition": {"Bool": "x"}}]}'}, "a condition must map operators"),
        ({"sourceJson": '{"Statement": [{"Condition": {"Bool": {"x": [1]}}}]}'}, "condition values must be strings"),
    ],
)
def test_what_the_provider_refuses_is_refused(args: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("{", r"\{")):
        get_policy_document(args)


words = st.text(st.characters(codec="utf-8", exclude_characters="&"), max_size=8)
sets = st.lists(words, min_size=1, max_size=5)
conditions = st.lists(st.fixed_dictionaries({"test": words, "variable": words, "values": sets}), max_size=3)
principals = st.lists(st.fixed_dictionaries({"type": words, "identifiers": sets}), min_size=1, max_size=3)
statements = st.fixed_dictionaries(
    {"actions": sets},
    optional={"resources": sets, "effect": st.sampled_from(["Allow", "Deny"]), "conditions": conditions},
)


@given(st.lists(statements, max_size=3), st.randoms())
def test_the_order_and_number_of_set_members_do_not_matter(given_statements: list[Any], random: Any) -> None:
    shuffled = [
        {**drawn, "actions": random.sample(2 * drawn["actions"], 2 * len(drawn["actions"]))}
        for drawn in given_statements
    ]
    assert (
        get_policy_document({"statements": shuffled})["json"]
        == (get_policy_document({"statements": given_statements})["json"])
    )


@given(st.lists(statements, max_size=3))
def test_a_document_is_its_own_source(given_statements: list[Any]) -> None:
    text = get_policy_document({"statements": given_statements})["json"]
    assert get_policy_document({"sourcePolicyDocuments": [text]})["json"] == text


@given(principals)
def test_no_principal_is_lost(given_principals: list[Any]) -> None:
    written = statement(principals=given_principals)["Principal"]
    kinds = {"*": ["*"]} if written == "*" else written
    for principal in given_principals:
        identifiers = kinds[principal["type"]]
        assert {*principal["identifiers"]} <= {*([identifiers] if isinstance(identifiers, str) else identifiers)}
