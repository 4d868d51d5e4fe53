from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

from policypack.core.policy import EnforcementLevel, Kind, Outcome, Policy, Position, Resource, Severity, Stack
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.places import fingerprints
from policypack.evaluation.redaction import redacted
from policypack.evaluation.settings import Settings
from policypack.policies.iam.principals.public_policy import POLICY as PUBLIC_POLICY
from stackguard import reports
from stackguard.reports import Change, Report, Screen
from stackguard.reports.json_types import OutcomesReport, schema
from tests.reports import runs, sample
from tests.reports.sample import render

SCHEMA = Path(reports.__file__).parent / "outcomes.schema.json"
STYLE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def judged(
    policies: tuple[Policy[Any], ...] = sample.POLICIES,
    resources: tuple[Resource, ...] | None = None,
    settings: Settings | None = None,
    **more: Any,
) -> Report:
    stack = Stack(sample.resources() if resources is None else resources, settings or Settings())
    return Report("state.json", tuple(evaluate(policies, stack)), len(stack.resources), len(policies), **more)


def one(policy: Policy[Any], resource: Resource) -> str:
    return render(judged((policy,), (resource,)), "text", Screen())


def without_lines(text: str) -> str:
    """The text without the line number of the crash in `sample.py`."""
    return re.sub(r"at crash:\d+", "at crash:LINE", text)


def test_the_text_reads_well(snapshot: SnapshotAssertion) -> None:
    assert without_lines(render(judged((*sample.POLICIES, sample.CRASH)), "text", Screen())) == snapshot


def test_the_text_is_wrapped_on_a_narrow_terminal(snapshot: SnapshotAssertion) -> None:
    assert STYLE.sub("", render(judged(), "text", Screen(terminal=True, width=60))) == snapshot


def test_the_json_reads_well(snapshot: SnapshotAssertion) -> None:
    assert without_lines(render(judged((*sample.POLICIES, sample.CRASH)), "json", Screen())) == snapshot


def test_a_clean_run_is_one_line_and_how_it_came_about() -> None:
    assert render(judged((sample.RESOURCE,), sample.resources()[:3]), "text", Screen()) == (
        "clean: 3 resources, 1 policy in state.json\njudged in 1.5 s by stackguard 0.1.0\n"
    )


def test_an_empty_stack_is_reported() -> None:
    assert "there is nothing to judge" in render(judged((sample.RESOURCE,), ()), "text", Screen())


def waiting(count: int) -> tuple[Policy[Any], ...]:
    return tuple(replace(sample.RESOURCE, id=f"iam-policy-with-a-rather-long-name-{number}") for number in range(count))


def test_off_a_terminal_an_unknown_value_is_on_plain_lines() -> None:
    many = waiting(30)
    lines = render(judged(many), "text", Screen()).splitlines()
    (title,) = (number for number, line in enumerate(lines) if line.endswith("  policy.Statement[0].Resource"))
    assert lines[title] == "  undecided  pulumi-unknown-value  policy.Statement[0].Resource"
    assert all(f"`{policy.id}`" in lines[title + 1] for policy in many)
    assert "\x1b" not in "".join(lines)
    assert not [text for text in lines if text != text.rstrip()]


def test_on_a_terminal_it_is_wrapped() -> None:
    many = waiting(9)
    text = STYLE.sub("", render(judged(many), "text", Screen(terminal=True, width=80)))
    assert "  undecided  pulumi-unknown-value  policy.Statement[0].Resource" in text.splitlines()
    assert all(len(line) <= 80 for line in text.splitlines())
    assert all(policy.id in text for policy in many)


@pytest.mark.parametrize(
    ("variable", "terminal", "coloured"),
    [(None, True, True), (None, False, False), ("NO_COLOR", True, False), ("FORCE_COLOR", False, True)],
)
def test_colour_is_for_terminals_and_force_color(
    monkeypatch: pytest.MonkeyPatch, variable: str | None, *, terminal: bool, coloured: bool
) -> None:
    if variable:
        monkeypatch.setenv(variable, "1")
    text = render(judged(), "text", Screen(terminal=terminal))
    assert bool(re.search(r"\x1b\[[0-9;]*3[0-9]m", text)) is coloured


def test_a_position_is_relative_to_where_the_command_ran() -> None:
    text = render(judged(folder=Path("stack")), "text", Screen())
    assert "aws:s3:Bucket inbox  stack/storage.py:41" in text


@pytest.mark.parametrize("statement", ["Statement", "Statement[0]"])
def test_the_statement_is_shown_with_the_element_marked(statement: str) -> None:
    allowed = sample.allow(["*"], "*")
    text = one(
        sample.WILDCARD,
        sample.role_policy("r", {"Version": "2012-10-17", "Statement": allowed if "[" not in statement else [allowed]}),
    )
    assert f"critical  iam-wildcard-action  policy.{statement}.Action" in text
    assert [line for line in text.splitlines() if line.startswith("    >")] == [
        '    >   "Action": [',
        '    >     "*"',
        "    >   ],",
    ]


def test_a_long_statement_is_shown_around_the_element() -> None:
    allowed = {
        "Sid": "Long",
        "Resource": [f"arn:aws:s3:::b{number}" for number in range(500)],
        "Effect": "Allow",
        "Action": "*",
    }
    text = one(sample.WILDCARD, sample.role_policy("r", sample.document(allowed)))
    assert '    >   "Action": "*"' in text
    assert "lines above" in text
    assert len(text.splitlines()) < 30


@pytest.mark.parametrize("secret", ["policy", "policy.Statement[0]"])
def test_a_secret_statement_is_not_shown(secret: str) -> None:
    resource = sample.role_policy(
        "r", sample.document(sample.allow("s3:Hush*", sample.MARKER)), secrets=frozenset({secret})
    )
    for name in ("text", "json", "sarif"):
        text = render(judged((sample.WILDCARD,), (resource,)), name, Screen())
        assert "policy.Statement[0].Action" in text
        assert "allows `…`, on `…`" in text
        assert "hush" not in text.lower()


@pytest.mark.parametrize("name", ["text", "json", "sarif"])
@pytest.mark.parametrize(
    "message",
    [
        f"reads `{sample.MARKER}`",
        f"reads {sample.MARKER} somewhere",
        f"reads `{sample.MARKER[8:]}`",
        "is `48151623`",
    ],
)
def test_a_secret_is_not_quoted_from_elsewhere_in_the_resource(name: str, message: str) -> None:
    inputs = {"env": {"TOKEN": f"x{sample.MARKER}y", "PIN": 48151623}, "tags": [sample.MARKER]}
    resource = Resource("a:b:C", "c", inputs, secrets=frozenset({"env.TOKEN", "tags[0]", "env.PIN"}))
    outcome = Outcome(Kind.VIOLATION, sample.WILDCARD, resource, "handler", message, "fix it")
    text = render(Report("x", (redacted(outcome),), 1, 1), name, Screen())
    assert "hush" not in text
    assert "48151623" not in text


def test_a_request_of_a_secret_document_is_not_shown() -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{sample.MARKER}/*"}
        ],
    }
    policy = Resource("aws:s3/bucketPolicy:BucketPolicy", "open", {"bucket": "inbox", "policy": json.dumps(document)})
    secret = replace(policy, secrets=frozenset({"policy"}))
    for resource, shown in ((policy, True), (secret, False)):
        (entry,) = json.loads(render(judged((PUBLIC_POLICY,), (resource,)), "json", Screen()))["outcomes"]
        assert entry["witness"]["principal"] in entry["message"]
        assert (sample.MARKER in entry["witness"]["resource"]) is shown
        for name in ("html", "json", "sarif"):
            assert ("hush" in render(judged((PUBLIC_POLICY,), (resource,)), name, Screen())) is shown


def test_names_stay_readable_beside_a_secret() -> None:
    resource = Resource("a:b:C", "reader", {"policy": sample.MARKER, "role": "x"}, secrets=frozenset({"policy"}))
    message = "`policy.Statement[0].Action` of `reader` has `Action` beside `NotAction` and `role`; write `Allow`, `s3:GetObject` or `hush`"
    outcome = Outcome(Kind.VIOLATION, sample.WILDCARD, resource, "policy.Statement[0].Action", message, "fix it")
    assert message.replace("`hush`", "`…`") in render(Report("x", (redacted(outcome),), 1, 1), "text", Screen())


def test_a_resource_without_secrets_is_quoted_in_full() -> None:
    assert f"allows `*`, on `{sample.MARKER}`" in one(
        sample.WILDCARD, sample.role_policy("r", sample.document(sample.allow("*", sample.MARKER)))
    )


@pytest.mark.parametrize("name", ["text", "json", "sarif"])
def test_a_crash_never_quotes_its_value(name: str) -> None:
    text = render(judged((sample.CRASH,)), name, Screen())
    assert "s3-crash" in text
    assert "hush" not in text


@pytest.mark.parametrize("name", ["text", "json", "sarif"])
@pytest.mark.parametrize("sly", ["a\x1b[2Jb", "a\n::error::b", "a\u202eb", "a\ud800b", "a\x9bb"])
def test_control_characters_in_names_are_escaped(name: str, sly: str) -> None:
    resource = replace(
        sample.role_policy("r", sample.document(sample.allow("*", "*", Sid=sly))), name=sly, urn=f"{sample.STACK}{sly}"
    )
    text = render(judged((sample.WILDCARD,), (resource,)), name, Screen())
    assert sly not in text
    assert not set(text) & set("\x1b\u202e\ud800\x9b")
    assert not [line for line in text.splitlines() if line.startswith("::error")]


def test_the_published_schema_is_current() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == json.loads(json.dumps(schema()))


def test_every_field_of_a_report_is_in_the_published_schema() -> None:
    report = json.loads(render(judged((*sample.POLICIES, sample.CRASH)), "json", Screen()))
    definitions = json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"]
    assert set(report) == set(definitions["OutcomesReport"]["properties"])
    assert set(report["summary"]) == set(definitions["Summary"]["properties"])
    for outcome in report["outcomes"]:
        assert set(outcome) == set(definitions["OutcomeEntry"]["properties"])
    assert msgspec.convert(report, OutcomesReport).version == 1


def test_every_property_of_the_schema_is_described() -> None:
    missing = [
        f"{name}.{key}"
        for name, definition in schema()["$defs"].items()
        for key, value in definition.get("properties", {}).items()
        if not value.get("description")
    ]
    assert missing == []
    assert schema()["$id"].endswith("/stackguard/reports/outcomes.schema.json")


def test_one_stack_says_how_the_run_came_about() -> None:
    document = json.loads(reports.render(runs.run(), "json", Screen()))
    jsonschema.validate(document, schema())
    names = ("organization", "project", "stack", "accounts", "region", "commit", "startedAt", "settingsDigest")
    assert [document[name] for name in names] == [
        *("acme", "shop", "prod", ["111122223333"], "eu-west-1", "0a1b2c3d", "2026-11-29T08:30:00Z", "5e77"),
    ]
    assert document["versions"] == {"stackguard": "0.1.0"}
    assert document["policyIds"] == ["iam-wildcard-action"]
    assert next(iter(document)) == "version"
    assert [*document][-1] == "outcomes"


def test_several_stacks_are_one_document_in_which_each_outcome_names_its_stack(snapshot: SnapshotAssertion) -> None:
    text = reports.render(runs.everything(), "json", Screen())
    document = json.loads(text)
    jsonschema.validate(document, schema())
    assert [(stack["project"], stack["stack"], stack["target"]) for stack in document["stacks"]] == [
        ("shop", "prod", "stack"),
        ("shop", "dev", "stack"),
    ]
    assert [stack["stack"] for stack in document["failed"]] == ["broken"]
    assert {(outcome["project"], outcome["stack"]) for outcome in document["outcomes"]} == {("shop", "prod")}
    assert document["summary"]["exitCode"] == 2
    assert document["summary"]["resources"] == 14
    assert document["waiverProblems"][0]["kind"] == "expired"
    assert without_lines(text) == snapshot


def test_the_change_against_a_base_is_data(snapshot: SnapshotAssertion) -> None:
    text = reports.render(runs.changed(), "json", Screen())
    document = json.loads(text)
    jsonschema.validate(document, schema())
    assert [outcome["change"] for outcome in document["outcomes"]] == [None, None, "new", *["unchanged"] * 5]
    change = document["change"]
    assert (change["new"], change["unchanged"], [fixed["change"] for fixed in change["fixed"]]) == (1, 5, ["fixed"])
    assert change["access"][0]["witness"]["action"] == "s3:GetObject"
    assert change == snapshot


def test_without_a_comparison_the_reason_is_data() -> None:
    report = replace(runs.report(), change=Change("main", problem="`main` cannot be judged: the program failed"))
    document = json.loads(reports.render(runs.run(report, runs.report(stack="dev")), "json", Screen()))
    jsonschema.validate(document, schema())
    assert [stack["change"] and stack["change"]["problem"] for stack in document["stacks"]] == [
        "`main` cannot be judged: the program failed",
        None,
    ]
    assert {outcome["change"] for outcome in document["outcomes"]} == {None}


def test_an_exempt_outcome_names_its_waiver() -> None:
    document = json.loads(reports.render(runs.run(runs.report(exempt=True)), "json", Screen()))
    waived, baselined, live, *_ = document["outcomes"]
    assert waived["exemption"] == {
        "kind": "waived",
        "reason": "the reader moves in January",
        "owner": "platform",
        "expires": "2027-01-31",
        "ticket": "SEC-12",
        "approver": "ann",
        "source": "stackguard-waivers.yaml:2",
    }
    assert (waived["waived"], waived["blocks"], baselined["waived"], baselined["blocks"]) == (True, False, False, False)
    assert baselined["exemption"]["kind"] == "baselined"
    assert live["exemption"] is None
    summary = document["summary"]
    assert (summary["waived"], summary["baselined"], summary["blocking"]) == (1, 1, len(document["outcomes"]) - 2)


def test_a_waiver_to_edit_closes_the_gate_in_the_document() -> None:
    clean = runs.report((sample.RESOURCE,), *sample.resources()[:3])
    document = json.loads(reports.render(runs.run(clean, problems=(runs.PROBLEM,)), "json", Screen()))
    assert document["summary"]["exitCode"] == 1


def prints(*policies_: Policy[Any], resource: Resource) -> list[str]:
    return fingerprints(judged(policies_, (resource,)).outcomes)


def with_sids(*sids: str | None) -> Resource:
    statements = [sample.allow("*", "*") | ({"Sid": sid} if sid else {}) for sid in sids]
    return sample.role_policy("r", sample.document(*statements))


def test_fingerprints_are_distinct() -> None:
    hashes = fingerprints(judged((*sample.POLICIES, sample.CRASH)).outcomes)
    assert len(set(hashes)) == len(hashes) > 5


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (lambda resource: replace(resource, position=Position("x.py", 99)), True),
        (lambda _: with_sids("B", "A"), True),
        (lambda _: with_sids("New", "A", "B"), True),
        (lambda resource: replace(resource, urn=resource.urn + "2"), False),
        (lambda _: with_sids("A2", "B2"), True),
    ],
    ids=["moved in the program", "statements swapped", "statement added", "another resource", "other Sids"],
)
def test_a_fingerprint_survives_edits_elsewhere(change: Callable[[Resource], Resource], *, same: bool) -> None:
    before = with_sids("A", "B")
    kept = set(prints(sample.WILDCARD, resource=before)) & set(prints(sample.WILDCARD, resource=change(before)))
    assert len(kept) == (2 if same else 0)


def test_a_fingerprint_survives_other_words() -> None:
    outcomes = judged((sample.WILDCARD,)).outcomes
    others = [replace(outcome, message=f"in other words, {outcome.message}; so fix it") for outcome in outcomes]
    assert fingerprints(others) == fingerprints(outcomes)


@pytest.mark.parametrize("sids", [(None, None), ("A", "A")])
def test_statements_without_a_unique_sid_have_fingerprints_by_position(sids: tuple[str | None, ...]) -> None:
    assert len(set(prints(sample.WILDCARD, resource=with_sids(*sids)))) == 2


@pytest.mark.parametrize(
    ("policies_", "fail_on", "settings", "code"),
    [
        ((sample.RESOURCE,), Severity.LOW, {}, 1),
        ((sample.WILDCARD,), Severity.CRITICAL, {}, 1),
        ((sample.PLAINTEXT,), Severity.MEDIUM, {}, 0),
        ((sample.RESOURCE,), Severity.CRITICAL, {}, 0),
        ((sample.TRUST,), Severity.LOW, {"unknown": EnforcementLevel.ADVISORY}, 0),
        ((sample.PLAINTEXT,), Severity.LOW, {"enforcement": {"s3-plaintext-transport": EnforcementLevel.ADVISORY}}, 0),
        ((sample.CRASH,), Severity.CRITICAL, {"enforcement": {"s3-crash": EnforcementLevel.ADVISORY}}, 2),
        ((sample.CRASH, sample.WILDCARD), Severity.LOW, {}, 2),
    ],
)
def test_the_exit_code(policies_: Any, fail_on: Severity, settings: dict[str, Any], code: int) -> None:
    report = judged(policies_, settings=Settings(**settings), fail_on=fail_on)
    assert report.exit_code == code
    text = render(report, "text", Screen())
    assert ("not block" in text) is (code == 0)
    assert "1 of them do " not in text
    assert json.loads(render(report, "json", Screen()))["summary"]["exitCode"] == code
