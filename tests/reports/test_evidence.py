"""Evidence: every policy and resource has a record, and the counts in the reports are those of the records."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from policypack import policies
from policypack.core.policy import (
    EnforcementLevel,
    Judgement,
    Policy,
    Reading,
    Resource,
    Stack,
    Unknown,
    Violation,
    over_stack,
)
from policypack.core.stack_name import StackName
from policypack.evaluation.evaluate import Evaluation
from policypack.evaluation.settings import Settings
from stackguard.gate.evidence import Evidence
from stackguard.reports import Failed, Report, Run, evidence
from stackguard.reports.evidence import Came, Record
from tests.cli.running import Ran, written
from tests.reports import sample
from tests.sources.states import state

BUCKET, TOPIC = "aws:s3/bucket:Bucket", "aws:sns/topic:Topic"


def named(resource: Resource) -> Iterator[Reading[str]]:
    """The name of a bucket; a topic has none."""
    if resource.type == BUCKET:
        yield "bucket", resource.inputs.get("bucket", Unknown())


def forbid(word: str) -> Any:
    def check(name: str) -> Iterator[Judgement]:
        if word in name:
            yield Violation("", f"contains `{word}`")

    return check


@over_stack
def topics(stack: Stack) -> Iterator[tuple[Resource, str, str]]:
    for resource in stack.of(TOPIC):
        yield resource, "name", resource.name


NAME = sample.card("s3-name", named, forbid("bad"))
FOLLOWS = replace(sample.card("s3-follows", named, forbid("ba")), requires=("s3-name",))
WHOLE = sample.card("sns-name", topics, forbid("bad"))
CRASH = sample.card("s3-crash", named, sample.crash)
OFF = sample.card("s3-off", named, sample.never)
POLICIES = (NAME, FOLLOWS, WHOLE, OFF)
RESOURCES = (
    Resource(BUCKET, "good", {"bucket": "good"}),
    Resource(BUCKET, "bad", {"bucket": "bad"}),
    Resource(BUCKET, "waiting", {}),
    Resource(BUCKET, "elsewhere", {"bucket": "bad"}, external=True),
    Resource(TOPIC, "bad"),
)


def judged(policies: tuple[Policy[Any], ...] = POLICIES, others: tuple[str, ...] = ()) -> Evidence:
    settings = Settings(enforcement={"s3-off": EnforcementLevel.DISABLED})
    ran = [policy for policy in policies if policy is not OFF]
    run = Evaluation(ran, settings)
    outcomes = [outcome for subject in (*RESOURCES, Stack(RESOURCES, settings)) for outcome in run.outcomes(subject)]
    stack = StackName("acme", "shop", "prod")
    absent = [policy for policy in (OFF, CRASH) if policy not in ran]
    return Evidence(run.readings, outcomes, RESOURCES, ran, absent, others, settings, stack, str)


def records(judged: Evidence) -> dict[tuple[str, str, str], Came]:
    return {(record.policy, record.type, record.urn.rpartition("::")[2]): record.outcome for record in judged}


def test_a_pass_is_told_from_a_policy_that_does_not_apply() -> None:
    found = records(judged())
    assert len(found) == 3 * len(RESOURCES) + 2
    of = {
        policy: {resource.name: found[policy, kind, resource.name] for resource in RESOURCES if resource.type == kind}
        for policy, kind in (("s3-name", BUCKET), ("s3-follows", BUCKET), ("sns-name", TOPIC))
    }
    waiting = {"waiting": Came.UNDECIDED, "elsewhere": Came.NOT_APPLICABLE}
    assert of["s3-name"] == {"good": Came.PASS, "bad": Came.VIOLATION} | waiting
    assert of["s3-follows"] == {"good": Came.PASS, "bad": Came.EXCUSED} | waiting
    assert of["sns-name"] == {"bad": Came.VIOLATION}
    assert found["s3-name", TOPIC, "bad"] is found["sns-name", BUCKET, "good"] is Came.NOT_APPLICABLE
    assert found["s3-off", "", ""] is Came.DISABLED
    assert found["s3-crash", "", ""] is Came.NOT_SELECTED


@pytest.mark.parametrize("ran", [POLICIES, (*POLICIES, CRASH), (NAME,), ()])
def test_the_counts_are_those_of_the_records(ran: tuple[Policy[Any], ...]) -> None:
    evidence = judged(ran, ("tagging-owner",))
    counted: dict[str, Counter[str]] = {}
    for record in evidence:
        counted.setdefault(record.policy, Counter())[record.outcome] += 1
    assert evidence.counts() == counted


@pytest.mark.parametrize("chosen", [{"s3-name", "s3-follows", "sns-name", "s3-off"}, {"s3-name"}, set[str]()])
def test_the_counts_by_type_are_those_of_the_records(chosen: set[str]) -> None:
    evidence = judged()
    counted: dict[tuple[str, str], Counter[str]] = {}
    for record in evidence:
        if record.policy in chosen and record.urn and record.outcome is not Came.NOT_APPLICABLE:
            counted.setdefault((record.policy, record.type), Counter())[record.outcome] += 1
    assert evidence.counts_by_type(chosen) == counted


def test_a_crash_is_an_error_and_no_pass() -> None:
    found = records(judged((CRASH,)))
    assert found["s3-crash", BUCKET, "good"] is Came.ERROR
    assert found["s3-crash", TOPIC, "bad"] is Came.NOT_APPLICABLE


def test_a_policy_of_another_pack_has_a_pass_of_the_stack_or_its_outcomes() -> None:
    other = replace(judged(), others=("tagging-owner", "tagging-cost"))
    (violation, *_) = other.outcomes
    other = replace(other, outcomes=[*other.outcomes, replace(violation, policy=replace(NAME, id="tagging-owner"))])
    assert [(record.urn != "", record.outcome) for record in other if record.policy == "tagging-owner"] == [
        (True, Came.VIOLATION)
    ]
    assert [(record.urn, record.outcome) for record in other if record.policy == "tagging-cost"] == [("", Came.PASS)]


@pytest.fixture
def export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(policies, "POLICIES", POLICIES)
    names = {"inbox": "good", "site": "bad site", "shop": "bad shop"}
    states = (state(BUCKET, name, {"bucket": bucket}) for name, bucket in names.items())
    return written(tmp_path / "state.json", *states)


WAIVER = f"""
waivers:
- policy: s3-name
  resource: {{type: "{BUCKET}", name: site}}
  reason: It is a web site
  expires: 2099-01-01
"""
ONLY = ("--policy", "s3-name")


def lines(file: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    first, *rest = map(json.loads, Path(file).read_text().splitlines())
    return first, rest


def test_the_command_writes_a_header_and_a_line_for_each_policy_and_resource(
    capfd: pytest.CaptureFixture[str], export: str
) -> None:
    Path("stackguard-waivers.yaml").write_text(WAIVER)
    assert Ran(capfd, "check", export, *ONLY, "--evidence", "e.jsonl").code == 1
    header, records = lines("e.jsonl")
    assert header["evidence"] == 1
    assert header["policies"] == ["s3-name"]
    assert {"started", "seconds", "commit", "settings", "versions", "failed"} <= header.keys()
    ran = [record for record in records if record["outcome"] != "not-selected"]
    assert [(record["urn"].rpartition(":")[2], record["outcome"], record["path"]) for record in ran] == [
        ("inbox", "pass", ""),
        ("site", "waived", "bucket"),
        ("shop", "violation", "bucket"),
    ]
    assert {record["policy"] for record in records} == {policy.id for policy in policies.POLICIES}
    report = json.loads(Ran(capfd, "check", export, *ONLY, "--format", "json").out)
    assert [record["fingerprint"] for record in ran[1:]] == [entry["fingerprint"] for entry in report["outcomes"]]
    counts = report["summary"]["evidence"]
    assert (counts["passes"], counts["waived"], counts["violations"]) == (1, 1, 1)
    assert counts["notSelected"] == len(records) - len(ran)


def test_the_text_ends_with_the_counts(capfd: pytest.CaptureFixture[str], export: str) -> None:
    Path("stackguard.yaml").write_text("enforcement:\n  s3-off: disabled\n")
    text = Ran(capfd, "check", export, *ONLY, "--policy", "sns-name").out
    counts = text.splitlines()[-2]
    assert counts == "judged: 1 pass, 2 violations, 3 not applicable by 2 policies; 1 disabled; 1 not selected"


@pytest.mark.parametrize("name", ["-", "report.txt", "missing/e.jsonl", "."])
def test_evidence_needs_a_file_of_its_own(capfd: pytest.CaptureFixture[str], export: str, name: str) -> None:
    ran = Ran(capfd, "check", export, "--format", "text", "--output", "report.txt", "--evidence", name)
    assert (ran.code, ran.out) == (2, "")
    assert not Path("report.txt").exists()


def test_parquet_without_its_library_is_one_line_before_the_work(
    capfd: pytest.CaptureFixture[str], export: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence.importlib.util, "find_spec", lambda _: None)
    ran = Ran(capfd, "check", export, "--evidence", "e.parquet")
    assert ran.code == 2
    assert "`e.parquet` needs `pyarrow` to be written; install `stackguard[evidence]`, or name it `e.jsonl`" in ran.err
    assert not Path("e.parquet").exists()


def test_parquet_has_the_records_and_how_the_run_came_about(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra `evidence`")
    run = Run((report(), report()), sample.PROVENANCE)
    evidence.write(run, tmp_path / os.fsdecode(b"e\xff.parquet"))
    (tmp_path / os.fsdecode(b"e\xff.parquet")).rename(tmp_path / "e.parquet")
    evidence.write(run, tmp_path / "e.jsonl")
    table = parquet.read_table(tmp_path / "e.parquet")
    _, records = lines(str(tmp_path / "e.jsonl"))
    fields = Record.__struct_fields__
    rows = [{name: row[name] or None for name in fields} for row in table.to_pylist()]
    assert rows == [{name: record[name] or None for name in fields} for record in records]
    assert {(row["commit"], row["version"]) for row in table.to_pylist()} == {("0a1b2c3d", "0.1.0")}
    assert json.loads(table.schema.metadata[b"stackguard"])["evidence"] == 1


def report() -> Report:
    judged_stack = judged()
    return Report("state.json", tuple(judged_stack.outcomes), len(RESOURCES), 3, records=judged_stack)


def test_a_stack_that_could_not_be_judged_is_in_the_header(tmp_path: Path) -> None:
    failed = Failed("infra\x1b", StackName("", "shop", "dev"), "the program failed")
    evidence.write(Run((), sample.PROVENANCE, (failed,)), tmp_path / "e.jsonl")
    header, records = lines(str(tmp_path / "e.jsonl"))
    assert header["failed"] == [{"target": "infra\\x1b", "stack": "dev", "message": "the program failed"}]
    assert records == []


def test_nothing_is_half_written(tmp_path: Path) -> None:
    def broken() -> Iterator[Record]:
        yield from judged()
        raise OSError("disk full")

    (tmp_path / "e.jsonl").write_text("before")
    with pytest.raises(OSError, match="disk full"):
        evidence.write(Run((replace(report(), records=broken()),), sample.PROVENANCE), tmp_path / "e.jsonl")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("e.jsonl", "before")]


def test_a_resource_that_is_judged_again_is_counted_once() -> None:
    settings = Settings()
    run = Evaluation((NAME, WHOLE), settings)
    for _ in range(2):
        run.outcomes(RESOURCES[0])
        run.outcomes(Stack(RESOURCES, settings))
    assert run.readings.counts()[0] == {"s3-name": 1, "sns-name": 1}
