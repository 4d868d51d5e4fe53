from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from policypack.core.policy import Kind, Policy, Position, Resource, Severity, Stack, Unknown, Violation
from policypack.core.tags import Tag
from policypack.core.witness import Witness
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.settings import Settings
from stackguard import reports
from stackguard.notes import Note, NoteKind
from stackguard.reports import Report, Screen, sarif
from stackguard.reports.formatting import UNPRINTABLE
from tests.reports import runs, sample
from tests.reports.sample import render
from tests.reports.sarif_schema import log
from tests.reports.test_reports import without_lines

pytestmark = pytest.mark.usefixtures("repository")


def reported(
    policies: tuple[Policy[Any], ...] = sample.POLICIES, resources: tuple[Resource, ...] | None = None, **more: Any
) -> Report:
    stack = Stack(sample.resources() if resources is None else resources, Settings())
    fields: dict[str, Any] = {"target": "stack", "folder": Path("stack")}
    outcomes = tuple(evaluate(policies, stack))
    return Report(outcomes=outcomes, resources=len(stack.resources), policies=len(policies), **(fields | more))


def run(report: Report) -> dict[str, Any]:
    (only,) = log(render(report, "sarif", Screen()))["runs"]
    return dict(only)


def one(report: Report) -> dict[str, Any]:
    (result,) = run(report)["results"]
    return dict(result)


def bucket(**more: Any) -> Resource:
    return replace(sample.resources()[2], **more)


def file_of(result: dict[str, Any]) -> tuple[str, int]:
    place = result["locations"][0]["physicalLocation"]
    return place["artifactLocation"]["uri"], place["region"]["startLine"]


def test_the_sarif_reads_well(snapshot: SnapshotAssertion) -> None:
    text = render(reported((*sample.POLICIES, sample.CRASH)), "sarif", Screen())
    log(text)
    assert without_lines(text) == snapshot


def test_a_rule_has_the_tags_of_its_card() -> None:
    tagged = replace(sample.POLICIES[0], tags=(Tag.IAM, Tag.LEAST_PRIVILEGE))
    rules = {rule["id"]: rule for rule in run(reported((tagged,)))["tool"]["driver"]["rules"]}
    assert rules[tagged.id]["properties"]["tags"] == ["security", "iam", "least-privilege"]


def test_a_clean_run_is_a_log_without_results() -> None:
    clean = run(reported((sample.RESOURCE,), sample.resources()[:3]))
    assert clean["results"] == []
    assert clean["invocations"] == [{"executionSuccessful": True, "exitCode": 0}]


def test_a_rule_is_the_card() -> None:
    (rule,) = run(reported((sample.WILDCARD,), sample.resources()[3:4]))["tool"]["driver"]["rules"]
    assert rule["id"] == "iam-wildcard-action"
    assert rule["shortDescription"]["text"] == sample.WILDCARD.title
    assert rule["fullDescription"]["text"] == "One leaked credential is then a lost account."
    assert "The holder can switch off the logs, too." in rule["help"]["text"]
    assert f"Fix: {sample.WILDCARD.fix}" in rule["help"]["markdown"]
    assert rule["helpUri"] == sample.WILDCARD.references[0]
    assert rule["properties"]["security-severity"] == "9.5"


@pytest.mark.parametrize(
    ("severity", "least", "most", "level"),
    [
        (Severity.CRITICAL, 9.01, 10, "error"),
        (Severity.HIGH, 7, 8.9, "error"),
        (Severity.MEDIUM, 4, 6.9, "warning"),
        (Severity.LOW, 0.1, 3.9, "warning"),
    ],
)
def test_a_severity_maps_to_githubs(severity: Severity, least: float, most: float, level: str) -> None:
    report = reported((replace(sample.PLAINTEXT, severity=severity),), (bucket(),))
    (rule,) = run(report)["tool"]["driver"]["rules"]
    assert least <= float(rule["properties"]["security-severity"]) <= most
    assert rule["defaultConfiguration"]["level"] == one(report)["level"] == level


@pytest.mark.parametrize("references", [[], ["the team's wiki"], ["javascript:alert(1)"], ["https://a b"]])
def test_only_a_url_is_a_link(references: list[str]) -> None:
    (rule,) = run(reported((replace(sample.PLAINTEXT, references=references),), (bucket(),)))["tool"]["driver"]["rules"]
    assert "helpUri" not in rule


@pytest.mark.parametrize("kind", ["below --fail-on", "advisory"])
def test_what_does_not_close_the_gate_is_a_note(kind: str) -> None:
    report = reported((sample.PLAINTEXT,), (bucket(),))
    if kind == "advisory":
        outcomes = tuple(outcome.at("advisory") for outcome in report.outcomes)  # type: ignore[arg-type]
        report = replace(report, outcomes=outcomes)
    else:
        report = replace(report, fail_on=Severity.HIGH)
    assert one(report)["level"] == "note"
    assert one(report)["properties"]["blocks"] is False


def test_an_undecided_outcome_is_shown_as_undecided() -> None:
    """A level of `none`, which the standard requires for `kind: review`, would hide a blocking outcome."""
    result = one(reported((sample.WILDCARD,), (sample.role_policy("r", Unknown()),)))
    assert result["message"]["text"].startswith("undecided: aws:iam:RolePolicy r, policy: ")
    assert result["level"] == "error"
    assert "kind" not in result
    assert result["properties"]["outcome"] == Kind.UNDECIDED


def test_a_crash_is_a_notification_of_a_failed_run() -> None:
    crashed = run(reported((sample.CRASH,), (bucket(),)))
    assert crashed["results"] == []
    (invocation,) = crashed["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 2)
    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["level"] == "error"
    assert notification["associatedRule"]["id"] == "s3-crash"


def test_a_note_is_a_notification() -> None:
    note = Note(NoteKind.UNANSWERED, "aws:ec2/getVpc:getVpc", "its result is unknown", (sample.BUCKET,))
    (notification,) = run(reported(notes=(note,)))["invocations"][0]["toolExecutionNotifications"]
    assert notification == {
        "level": "note",
        "message": {"text": "aws:ec2/getVpc:getVpc (aws:s3:Bucket inbox): its result is unknown"},
    }


def test_a_place_is_relative_to_the_repository(monkeypatch: pytest.MonkeyPatch, repository: Path) -> None:
    for working, folder in ((repository, "stack"), (repository / "stack", "."), (repository / "stack", "../stack")):
        monkeypatch.chdir(working)
        result = one(reported((sample.PLAINTEXT,), (bucket(),), folder=Path(folder)))
        assert file_of(result) == ("stack/storage.py", 41)
    assert result["locations"][0]["logicalLocations"] == [
        {"name": "inbox", "fullyQualifiedName": sample.BUCKET, "kind": "resource"}
    ]


def test_a_file_of_another_folder_of_the_repository_is_named(repository: Path) -> None:
    shared = repository / "a library" / "bucket.py"
    shared.parent.mkdir()
    shared.touch()
    result = one(reported((sample.PLAINTEXT,), (bucket(position=Position(str(shared), 7)),)))
    assert file_of(result) == ("a%20library/bucket.py", 7)


@pytest.mark.parametrize(
    "position",
    [None, Position("/usr/lib/component.py", 3), Position("gone.py", 3), Position("x/site-packages/component.py", 3)],
)
def test_a_resource_outside_the_repositorys_files_is_at_the_project_file(
    position: Position | None, repository: Path
) -> None:
    installed = repository / "stack/x/site-packages/component.py"
    installed.parent.mkdir(parents=True)
    installed.touch()
    result = one(reported((sample.PLAINTEXT,), (bucket(position=position),)))
    assert file_of(result) == ("stack/Pulumi.yaml", 1)


def test_outcomes_of_an_export_are_at_the_export_or_its_program(
    monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    (repository / "state.json").touch()
    report = reported((sample.PLAINTEXT,), (bucket(),), target="state.json", folder=None)
    assert file_of(one(report)) == ("state.json", 1)
    monkeypatch.chdir(repository / "stack")
    assert file_of(one(replace(report, target="standard input"))) == ("stack/storage.py", 41)


def test_a_file_outside_of_every_repository_has_an_absolute_uri(
    monkeypatch: pytest.MonkeyPatch, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "state.json"
    elsewhere.touch()
    result = one(reported((sample.PLAINTEXT,), (bucket(),), target=str(elsewhere), folder=None))
    assert file_of(result) == (elsewhere.as_uri(), 1)
    assert "uriBaseId" not in result["locations"][0]["physicalLocation"]["artifactLocation"]


def test_the_log_does_not_contain_the_repositorys_path(repository: Path) -> None:
    assert str(repository) not in render(reported(), "sarif", Screen())


def test_an_alert_keeps_its_fingerprint_when_lines_move() -> None:
    before, after = (
        one(reported((sample.PLAINTEXT,), (bucket(position=Position("storage.py", line)),))) for line in (4, 9)
    )
    assert before["partialFingerprints"] == after["partialFingerprints"]
    assert before["locations"] != after["locations"]


def test_two_resources_of_one_line_are_two_alerts() -> None:
    twins = (bucket(), bucket(urn=f"{sample.BUCKET}-2", name="inbox-2"))
    first, second = run(reported((sample.PLAINTEXT,), twins))["results"]
    assert first["locations"][0]["physicalLocation"] == second["locations"][0]["physicalLocation"]
    assert first["partialFingerprints"] != second["partialFingerprints"]


def test_a_name_is_not_a_markdown_link() -> None:
    sly = "[press here](https://evil.example)"
    text = render(reported((sample.PLAINTEXT,), (bucket(name=sly, urn=sample.BUCKET + sly),)), "sarif", Screen())
    for result in json.loads(text)["runs"][0]["results"]:
        assert "press here" in result["message"]["text"]
        assert "](" not in result["message"]["text"]


@example(name="n", file="ü" * 300, why="", reference="")
@given(name=st.text(), file=st.text(min_size=1), why=st.text(), reference=st.text())
def test_the_log_is_valid_with_any_names(name: str, file: str, why: str, reference: str) -> None:
    policy = replace(sample.PLAINTEXT, title=name, why=why, references=[reference, f"https://{reference}"])
    resource = bucket(name=name, urn=sample.BUCKET + name, position=Position(file, 1))
    text = render(reported((policy,), (resource,)), "sarif", Screen())
    log(text)
    assert not UNPRINTABLE.search(text.replace("\n", ""))


def runs_of(run_: reports.Run) -> list[dict[str, Any]]:
    return [dict(entry) for entry in log(reports.render(run_, "sarif", Screen()))["runs"]]


def notifications(run_: dict[str, Any]) -> list[str]:
    return [entry["message"]["text"] for entry in run_["invocations"][0].get("toolExecutionNotifications", [])]


def test_several_stacks_are_runs_of_their_own_categories() -> None:
    prod, dev = runs_of(runs.everything())
    assert [entry["automationDetails"]["id"] for entry in (prod, dev)] == [
        "stackguard/shop/prod/",
        "stackguard/shop/dev/",
    ]
    assert "cannot judge shop/broken: the program failed: `KeyError`" in notifications(prod)
    assert "automationDetails" not in run(reported())


def test_exempt_outcomes_are_left_out_and_counted() -> None:
    prod, _ = runs_of(runs.everything())
    assert len(prod["results"]) == 3
    assert "left out of shop/prod: 1 waived, 1 in the baseline" in notifications(prod)
    assert any("expired waiver: stackguard-waivers.yaml:8" in text for text in notifications(prod))


def test_a_run_has_no_more_results_than_code_scanning_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MOST_RESULTS", 5)
    worse = replace(sample.PLAINTEXT, id="s3-worse", severity=Severity.HIGH)
    (only,) = runs_of(runs.run(runs.report((sample.PLAINTEXT, worse), *runs.buckets(4))))
    assert [result["ruleId"] for result in only["results"]] == ["s3-worse"] * 4 + ["s3-plaintext-transport"]
    assert notifications(only) == ["3 less severe results are left out, because code scanning shows 5 of a run"]


def test_a_log_has_no_more_runs_than_code_scanning_takes() -> None:
    stacks = [runs.report((sample.PLAINTEXT,), *runs.buckets(1), stack=f"s{number}") for number in range(25)]
    entries = runs_of(runs.run(*stacks))
    assert len(entries) == 20
    assert sum(len(entry["results"]) for entry in entries) == 25
    assert entries[-1]["automationDetails"]["id"] == "stackguard/further stacks/"
    assert len({entry["automationDetails"]["id"] for entry in entries}) == 20


def test_a_log_is_not_larger_than_code_scanning_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MOST_BYTES", 20_000)
    text = reports.render(runs.run(runs.report((sample.PLAINTEXT,), *runs.buckets(4000))), "sarif", Screen())
    assert len(gzip.compress(text.encode())) <= 20_000
    assert json.loads(text)["runs"][0]["results"]


def test_an_example_of_a_request_is_a_code_flow() -> None:
    def public(bucket_: Resource) -> Any:
        witness = Witness("anyone", None, "s3:GetObject", "arn:aws:s3:::x", (("aws:Referer", "y"),))
        yield Violation("policy", "nothing limits it", witness=witness)

    policy = replace(sample.PLAINTEXT, check=public)
    (flow,) = one(reported((policy,), (bucket(),)))["codeFlows"]
    steps = [step["location"]["message"]["text"] for step in flow["threadFlows"][0]["locations"]]
    assert steps == [
        "anyone may `s3:GetObject` on `arn:aws:s3:::x`, with `aws:Referer` `y`",
        "allowed by aws:s3:Bucket inbox policy: nothing limits it",
    ]
    assert "codeFlows" not in one(reported((sample.PLAINTEXT,), (bucket(),)))


def test_a_component_and_what_a_value_waits_for_are_related_locations() -> None:
    component = replace(sample.resources()[1], position=Position("__main__.py", 3))
    related = {component.urn: component, sample.BUCKET: bucket()}
    (of_bucket,) = one(reported((sample.PLAINTEXT,), (bucket(),), related=related))["relatedLocations"]
    assert of_bucket["message"]["text"] == "the component that it is in: my:index:Ingest ingest"
    assert of_bucket["physicalLocation"]["region"]["startLine"] == 3
    waiting = one(reported((sample.RESOURCE,), sample.resources()[6:], related=related))["relatedLocations"]
    assert [entry["message"]["text"] for entry in waiting] == [
        "waits for: aws:s3:Bucket inbox",
        "waits for: my:index:Ingest ingest",
    ]


def test_two_targets_of_one_stack_are_two_categories() -> None:
    one_stack = runs.run(runs.report(), runs.report(target="copy"))
    assert len({entry["automationDetails"]["id"] for entry in runs_of(one_stack)}) == 2
