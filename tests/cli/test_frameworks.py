"""`--framework`: the controls in every format of `check`, and in `explain`."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Ran, RanApart, written
from tests.reports.sarif_schema import log
from tests.sources.states import state

OWN = """\
id: acme
title: Acme's baseline
version: "3"
requirements:
  - {id: "1", title: queues are encrypted, service: Queues, policies: [sqs-missing-encryption]}
  - {id: "2", title: queues refuse plain HTTP, policies: [{policy: sqs-plaintext-transport, types: ["aws:sqs/"]}]}
  - {id: "3", title: buckets are versioned, policies: [s3-missing-versioning]}
  - {id: "4", title: staff is trained @all}
"""
NAMES = ("--framework", "acme.yaml", "--framework", "aws-fsbp")


@pytest.fixture
def export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("acme.yaml").write_text(OWN)
    return written(tmp_path / "queue.json", state("aws:sqs/queue:Queue", "jobs", {"sqsManagedSseEnabled": False}))


def statuses(framework: dict[str, Any]) -> dict[str, str]:
    return {control["id"]: control["status"] for control in framework["controls"]}


def test_the_json_has_every_control(export: str, capfd: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capfd, "check", export, *NAMES, "--format", "json")
    acme, fsbp = json.loads(ran.out)["frameworks"]
    assert statuses(acme) == {"1": "violated", "2": "violated", "3": "not-applicable", "4": "not-judged"}
    assert acme["controls"][0]["violations"] == 1
    assert acme["summary"]["withoutPolicy"] == 1
    of = statuses(fsbp)
    assert (of["SQS.1"], of["S3.5"], of["EC2.20"]) == ("violated", "not-applicable", "not-judged")
    assert sum(count for name, count in fsbp["summary"].items() if name != "withoutPolicy") == len(of)


def test_several_stacks_are_one_roll_up(export: str, tmp_path: Path) -> None:
    encrypted = state("aws:sqs/queue:Queue", "jobs", {"kmsMasterKeyId": "alias/jobs"})
    other = written(tmp_path / "other.json", encrypted)
    ran = RanApart("check", export, other, *NAMES, "--format", "json")
    report = json.loads(ran.out)
    (control, *_) = report["frameworks"][0]["controls"]
    assert (control["status"], control["violations"], control["passes"]) == ("violated", 1, 1)
    alone = json.loads(RanApart("check", other, *NAMES, "--format", "json").out)["frameworks"]
    assert (statuses(alone[0])["1"], statuses(alone[1])["SQS.1"]) == ("satisfied", "satisfied")
    Path("broken.json").write_text("{")
    ran = RanApart("check", other, "broken.json", *NAMES, "--format", "json")
    assert statuses(json.loads(ran.out)["frameworks"][0])["1"] == "partly-satisfied"
    assert ran.code == 2


def test_the_text_has_counts_and_what_is_reported(export: str, capfd: pytest.CaptureFixture[str]) -> None:
    text = Ran(capfd, "check", export, *NAMES).out
    assert "controls of Acme's baseline 3\n  4 controls: 2 violated, 1 not applicable, 1 not judged\n" in text
    assert "  violated  1  Queues: queues are encrypted\n    by: `sqs-missing-encryption`: 1 violation\n" in text
    assert "  1 control has no policy that checks it; `--verbose` lists them\n" in text
    assert "staff is trained" not in text
    assert "staff is trained" in Ran(capfd, "check", export, *NAMES, "--verbose").out
    assert "queues are encrypted" not in Ran(capfd, "check", export, *NAMES, "--quiet").out


def test_the_sarif_has_taxonomies(export: str, capfd: pytest.CaptureFixture[str]) -> None:
    (run,) = log(Ran(capfd, "check", export, *NAMES, "--format", "sarif").out)["runs"]
    driver, taxonomies = run["tool"]["driver"], run["taxonomies"]
    assert driver["supportedTaxonomies"] == [{"name": "acme", "index": 0}, {"name": "aws-fsbp", "index": 1}]
    assert [taxonomy["name"] for taxonomy in taxonomies] == ["acme", "aws-fsbp"]
    (rule,) = (rule for rule in driver["rules"] if rule["id"] == "sqs-missing-encryption")
    for relationship in rule["relationships"]:
        target = relationship["target"]
        assert taxonomies[target["toolComponent"]["index"]]["taxa"][target["index"]]["id"] == target["id"]
    assert {relationship["target"]["id"] for relationship in rule["relationships"]} == {"1", "SQS.1"}


@pytest.mark.parametrize("format_", ["markdown", "html"])
def test_pages_have_a_section(export: str, capfd: pytest.CaptureFixture[str], format_: str) -> None:
    text = Ran(capfd, "check", export, *NAMES, "--format", format_).out
    assert "4 controls: 2 violated, 1 not applicable, 1 not judged" in text
    assert "queues are encrypted" in text
    assert "Acme's baseline 3" in html.unescape(text)


@pytest.mark.parametrize("format_", ["text", "json", "sarif", "markdown", "html"])
def test_without_the_option_nothing_is_added(export: str, capfd: pytest.CaptureFixture[str], format_: str) -> None:
    text = Ran(capfd, "check", export, "--format", format_).out
    assert "Acme" not in text
    assert "taxonomies" not in text


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "aws-fsb",
            "cannot judge: there is no framework `aws-fsb`, and no file of that name; did you mean `aws-fsbp`?",
        ),
        ("bad.yaml", "bad.yaml:5: there is no policy `sqs-missing-encyption`; did you mean `sqs-missing-encryption`"),
    ],
)
@pytest.mark.parametrize("command", [("check", "queue.json"), ("explain",)], ids=["check", "explain"])
def test_what_does_not_fit_ends_the_command(
    export: str, capfd: pytest.CaptureFixture[str], command: tuple[str, ...], name: str, message: str
) -> None:
    Path("bad.yaml").write_text(OWN.replace("sqs-missing-encryption", "sqs-missing-encyption"))
    ran = Ran(capfd, *command, "--framework", name)
    assert ran.code == 2
    assert message in ran.err
    assert not ran.out


def test_explain_lists_controls(export: str, capfd: pytest.CaptureFixture[str]) -> None:
    text = Ran(capfd, "explain", "--framework", "acme.yaml").out
    assert "4 controls: 3 covered, 0 partly, 1 none" in text
    assert "covered  1  Queues: queues are encrypted\n         sqs-missing-encryption\n" in text
    assert "none     4  staff is trained @all\n" in text
    assert Ran(capfd, "explain", "s3-public-acl", "--framework", "aws-fsbp").code == 2
