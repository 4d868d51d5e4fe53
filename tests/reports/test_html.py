from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from policypack.core.policy import Judgement, Resource, Violation
from policypack.core.stack_name import StackName
from policypack.core.witness import Witness
from stackguard.reports import Failed, Run, Screen, render
from stackguard.reports.formatting import printable
from stackguard.reports.html.documents import LONGEST, Outline
from stackguard.reports.html.overview import stacks
from stackguard.stand_in import NOTE, STAND_IN_ACCOUNT
from tests.reports import html_runs, runs, sample
from tests.reports.html_runs import HOSTILE, html, report

TAG = re.compile(r"<(script|style)([^>]*)>(.*?)</\1>", re.DOTALL)


def data(page: str) -> dict[str, Any]:
    """The JSON that the page's script reads."""
    (text,) = (content for _, attributes, content in TAG.findall(page) if "application/json" in attributes)
    return dict(json.loads(text))


def document_of(resource: Resource) -> tuple[list[str], list[int], list[int]]:
    """The lines of the document of the only outcome, and the ranges of its statement and of its element."""
    parsed = data(html(report((resource,), (sample.WILDCARD,))))
    (outcome,) = parsed["outcomes"]
    return parsed["documents"][outcome["document"]]["lines"], outcome["statement"], outcome["element"]


def test_the_page_needs_nothing_from_outside() -> None:
    page = html_runs.everything()
    own = TAG.sub("", page)
    assert "<main>" in own
    assert not re.findall(r"<(?:link|img|iframe|object|embed|base|video|audio)\b", own)
    assert not re.findall(r"\b(?:src|href|srcset|action)=(?!\"#)", own)
    assert not re.findall(r"url\(|@import|fetch\(|XMLHttpRequest|import\(|innerHTML|eval\(", page)


def test_only_the_pages_own_script_and_style_may_run() -> None:
    page = html_runs.hostile()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    run = [(name, text) for name, attributes, text in TAG.findall(page) if not attributes]
    assert [name for name, _ in run] == ["style", "script"]
    assert "default-src 'none'" in policy
    for name, text in run:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert page.index("Content-Security-Policy") < page.index("<style")


def test_no_text_from_outside_becomes_html_or_a_control_character() -> None:
    page = html_runs.hostile()
    assert page.count("<script") == 2
    assert "<img" not in page
    assert page.count("{{ 7*7 }}") > 20
    assert not re.findall(r"[\x00-\x09\x0b-\x1f\u200e\u200f\u202a-\u202e\u2066-\u2069]", page)
    texts = json.dumps(data(page))
    assert not re.findall(r"\\u(?:202e|001b)", texts.replace("\\\\", ""))
    (outcome,) = data(page)["outcomes"]
    assert outcome["message"] == HOSTILE.replace("\u202e", "\\u202e").replace("\x1b", "\\x1b")


def test_the_whole_document_is_there_with_the_statement_and_the_element() -> None:
    lines, statement, element = document_of(html_runs.reader(0))
    assert json.loads("\n".join(lines))["Statement"][0]["Sid"] == "Read"
    assert [line.strip() for line in lines[slice(*statement)]][:2] == ["{", '"Effect": "Allow",']
    assert [line.strip() for line in lines[slice(*element)]] == ['"Action": [', '"logs:PutLogEvents",', '"*"', "],"]
    assert statement[0] < element[0] < element[1] < statement[1]


def test_a_document_is_there_once_for_all_its_outcomes() -> None:
    twice = sample.role_policy("r", sample.document(sample.allow("s3:*", "*"), sample.allow("iam:*", "*")))
    parsed = data(html(report((twice,), (sample.WILDCARD,))))
    assert len(parsed["outcomes"]) == 2
    assert len(parsed["documents"]) == len(parsed["resources"]) == len(parsed["policies"]) == 1


def test_a_statement_that_is_no_list_is_marked() -> None:
    single = {"Version": "2012-10-17", "Statement": sample.allow("*", "*")}
    lines, statement, element = document_of(sample.role_policy("r", single))
    assert lines[slice(*statement)][0] == '  "Statement": {'
    assert [line.strip() for line in lines[slice(*element)]] == ['"Action": "*",']


def test_of_a_long_document_the_lines_around_the_statement_are_there() -> None:
    filler = [sample.allow("s3:GetObject", [f"arn:aws:s3:::b{number}/*" for number in range(2000)])]
    lines, statement, element = document_of(
        sample.role_policy("r", sample.document(*filler, sample.allow("*", "*"), *filler))
    )
    assert len(lines) == LONGEST
    assert [line.strip() for line in lines[slice(*element)]] == ['"Action": "*",']
    assert statement[0] < element[0]


@pytest.mark.parametrize("secret", ["policy", "policy.Statement[0]"])
def test_a_secret_document_is_not_there(secret: str) -> None:
    policy = sample.document(sample.allow("s3:Hush*", sample.MARKER))
    page = html(report((sample.role_policy("r", policy, secrets=frozenset({secret})),), (sample.WILDCARD,)))
    assert data(page)["outcomes"]
    assert sample.MARKER not in page
    assert data(page)["documents"] == []


def test_a_document_with_a_lone_surrogate_is_shown() -> None:
    text = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "\\ud800"}}'
    resource = replace(sample.role_policy("r", {}), inputs={"policy": text, "role": "r"})
    lines, _, _ = document_of(resource)
    assert any("\\ud800" in line for line in lines)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (["a"], ['"a": [', "1,", "[],", "{", '"b": 2', "}", "],"]),
        (["a", 1], ["[],"]),
        (["a", 2, "b"], ['"b": 2']),
        (["a", 9], ['"a": [', "1,", "[],", "{", '"b": 2', "}", "],"]),
        (["c"], ['"c": {}']),
        (["c", 0], ['"c": {}']),
    ],
)
def test_the_span_of_a_path(steps: list[str | int], expected: list[str]) -> None:
    value = {"a": [1, [], {"b": 2}], "c": {}}
    first, last = Outline(value).span(steps)
    assert [line.strip() for line in json.dumps(value, indent=2).split("\n")[first:last]] == expected


def test_the_example_request_is_data() -> None:
    witness = Witness(
        "anyone", "198.51.100.7", "s3:GetObject", f"arn:aws:s3:::{HOSTILE}", (("aws:SecureTransport", "true"),)
    )

    def public(bucket: Resource) -> Iterator[Judgement]:
        yield Violation("", "nothing closes it", witness=witness)

    policies = (replace(sample.PLAINTEXT, check=public), sample.WILDCARD)
    first, second = data(html(report(sample.resources()[:4], policies)))["outcomes"]
    assert "request" not in first
    assert second["message"].startswith("anyone, from 198.51.100.7, may `s3:GetObject` on `arn:aws:s3:::")
    assert second["request"] == {
        "principal": "anyone",
        "action": "s3:GetObject",
        "resource": printable(f"arn:aws:s3:::{HOSTILE}"),
        "context": {"aws:SourceIp": "198.51.100.7", "aws:SecureTransport": "true"},
    }


def test_what_needs_somebody_comes_first() -> None:
    parsed = data(html_runs.everything())
    order = [(outcome["status"], outcome["kind"], outcome["severity"]) for outcome in parsed["outcomes"]]
    assert order[0][:2] == ("blocks", "error")
    assert order.index(("blocks", "violation", "critical")) < order.index(("blocks", "violation", "low"))
    assert [status for status, _, _ in order][-4:] == ["baselined", "waived", "waived", "waived"]


def test_the_counts_and_the_stacks_need_no_script() -> None:
    text = re.sub(r"<[^>]+>|\s+", " ", TAG.sub("", html_runs.everything()))
    for part in (
        "Could not judge everything",
        "acme/old/dev : the program ends with an error",
        "expired stackguard-waivers.yaml:9 the waiver ended",
        "acme/pipeline/prod",
        "aws:ec2/vpc:Vpc 3",
        "stands in for this program's own account".replace("'", "&#39;"),
        "Settings 5e77",
        "Commit 0a1b2c3d",
        "2026-11-29 08:30:00 UTC",
        "not applicable",
    ):
        assert part in re.sub(r" +", " ", text), part


def test_stacks_that_block_come_first_and_a_stand_in_account_is_marked() -> None:
    clean = runs.report((), stack="clean")
    blocked = runs.report(stack="blocked", accounts=(STAND_IN_ACCOUNT,), notes=(NOTE,))
    rows = stacks(runs.run(clean, blocked))
    assert [row.report.stack.stack for row in rows] == ["blocked", "clean"]
    assert [row.place for row in rows] == [
        f"{STAND_IN_ACCOUNT} (stands in for an unknown one), eu-west-1",
        "111122223333, eu-west-1",
    ]


def test_positions_are_relative_to_the_repository() -> None:
    places = {resource.get("place") for resource in data(html_runs.everything())["resources"]}
    assert "stack/__main__.py:12" in places


def test_many_outcomes_make_a_file_of_a_sensible_size() -> None:
    page = html_runs.many(200)
    assert len(page) / 200 < 2_000


def test_what_was_not_judged_did_not_pass() -> None:
    failed = html(failed=(Failed("infra", StackName(), "there is no `Pulumi.yaml`"),))
    assert "Nothing was judged" in failed
    assert "passed" not in TAG.sub("", failed)
    assert "There is nothing to judge" in html(report(()))


@pytest.mark.parametrize("name", ["markdown", "text", "json", "sarif"])
def test_titles_of_a_framework_are_texts(name: str) -> None:
    run = Run((), sample.PROVENANCE, frameworks=html_runs.rolled_up(f"{html_runs.HOSTILE} @all"), several=True)
    text = render(run, name, Screen())
    assert not set(text) & set("\x1b\u202e")
    if name == "markdown":
        assert "<script" not in text
        assert "@all" not in text
