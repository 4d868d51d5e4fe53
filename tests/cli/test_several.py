"""Several stacks in one run, as a process of its own: it forks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import psutil
import pytest

from stackguard import cli
from stackguard.reports.json_types import schema
from tests.processes import appears, gone, own
from tests.sources.states import as_bytes, export, state
from tests.warm.apart import stackguard

pytestmark = pytest.mark.outside

PROGRAM = """
import pulumi
import pulumi_aws as aws
from common import bucket

print("in", pulumi.get_stack())
bucket("data")
if pulumi.get_stack() == "prod":
    aws.sqs.Queue("jobs", sqs_managed_sse_enabled=False)
if pulumi.get_stack() == "broken":
    raise ValueError("no region")
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two stacks, one with a stack that fails, and an export."""
    root = tmp_path_factory.mktemp("several")
    for project, stacks in (("shop", ("dev", "prod")), ("bill", ("broken",))):
        folder = root / "infra" / project
        folder.mkdir(parents=True)
        (folder / "Pulumi.yaml").write_text(f"name: {project}\nruntime: python\n")
        (folder / "__main__.py").write_text(PROGRAM)
        (folder / "common.py").write_text("import pulumi_aws\n\ndef bucket(name):\n    pulumi_aws.s3.Bucket(name)\n")
        for stack in stacks:
            (folder / f"Pulumi.{stack}.yaml").touch()
    (root / "state.json").write_bytes(as_bytes(export([state("aws:s3/bucket:Bucket", "inbox", {"bucket": "inbox"})])))
    return root


@pytest.fixture(scope="module")
def ran(repository: Path) -> subprocess.CompletedProcess[str]:
    formats = ("--format", "text", "--format", "json", "-o", "all.json", "--format", "sarif", "-o", "all.sarif")
    return stackguard(repository, "check", "infra", "state.json", "--all-stacks", *formats)


@pytest.fixture(scope="module")
def document(ran: subprocess.CompletedProcess[str], repository: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((repository / "all.json").read_text())
    return value


def test_the_exit_code_is_that_of_the_worst(ran: subprocess.CompletedProcess[str]) -> None:
    assert ran.returncode == 2


def test_each_stack_has_its_heading_and_the_run_a_summary(ran: subprocess.CompletedProcess[str]) -> None:
    lines = ran.stdout.splitlines()
    headings = [line for line in lines if line.startswith("== ")]
    assert headings == ["== shop/dev", "== shop/prod", "== pipeline/dev"]
    assert any(line.startswith("cannot judge: bill/broken: ") for line in lines)
    assert lines[-2].startswith(
        "4 stacks: 0 pass, 3 do not (shop/dev, shop/prod, pipeline/dev), 1 could not be judged (bill/broken); "
    )


def test_progress_is_a_line_for_each_stack(ran: subprocess.CompletedProcess[str]) -> None:
    lines = [line for line in ran.stderr.splitlines() if line.startswith("[")]
    assert [line.partition("]")[0] for line in lines] == ["[1/4", "[2/4", "[3/4", "[4/4"]
    assert any("bill/broken (infra/bill): could not be judged, " in line for line in lines)
    assert any("shop/prod (infra/shop): " in line and line.endswith(" s") for line in lines)


def test_what_failed_is_reported_with_its_output(
    ran: subprocess.CompletedProcess[str], document: dict[str, Any]
) -> None:
    assert "ValueError: no region" in ran.stdout
    assert 'raise ValueError("no region")' in ran.stderr
    assert "cannot judge: bill/broken: " in ran.stderr
    (failed,) = document["failed"]
    assert (failed["project"], failed["stack"], failed["target"]) == ("bill", "broken", "infra/bill")


def test_the_document_has_all_stacks_and_each_outcome_its_stack(document: dict[str, Any]) -> None:
    jsonschema.validate(document, schema())
    stacks = [(stack["project"], stack["stack"], stack["target"]) for stack in document["stacks"]]
    assert stacks[:2] == [("shop", "dev", "infra/shop"), ("shop", "prod", "infra/shop")]
    assert stacks[2][2] == "state.json"
    assert document["summary"]["violations"] == len(document["outcomes"])
    assert document["summary"]["exitCode"] == 2
    queues = {(outcome["project"], outcome["stack"]) for outcome in document["outcomes"] if outcome["name"] == "jobs"}
    assert queues == {("shop", "prod")}


def test_a_stack_has_the_outcomes_of_a_run_of_its_own(repository: Path, document: dict[str, Any]) -> None:
    alone = json.loads(stackguard(repository, "check", "infra/shop", "--stack", "prod", "--format", "json").stdout)
    together = [
        outcome for outcome in document["outcomes"] if (outcome["project"], outcome["stack"]) == ("shop", "prod")
    ]
    assert together == alone["outcomes"]
    (entry,) = [stack for stack in document["stacks"] if stack["stack"] == "prod"]
    assert (entry["summary"], entry["notes"], entry["withoutPolicy"]) == (
        alone["summary"],
        alone["notes"],
        alone["withoutPolicy"],
    )


def test_sarif_has_a_run_with_an_id_for_each_stack(ran: subprocess.CompletedProcess[str], repository: Path) -> None:
    assert ran.returncode == 2
    runs = json.loads((repository / "all.sarif").read_text())["runs"]
    ids = [run["automationDetails"]["id"] for run in runs]
    assert ids[:2] == ["stackguard/shop/dev/", "stackguard/shop/prod/"]
    assert len(set(ids)) == 3, "a run without results would close the alerts of the stack that failed"
    assert [run["invocations"][0]["executionSuccessful"] for run in runs] == [False, True, True]


def test_the_form_does_not_depend_on_how_many_stacks_there_are_today(repository: Path) -> None:
    ran = stackguard(repository / "infra" / "bill", "check", "--all-stacks", "--format", "json")
    assert len(json.loads(ran.stdout)["failed"]) == 1


def test_a_waiver_that_no_stack_uses_is_reported_once(repository: Path) -> None:
    (repository / "waivers.yaml").write_text("""waivers:
  - policy: sqs-missing-encryption
    resource: {type: "aws:sqs/queue:Queue", name: jobs}
    reason: moves next month
    expires: 2999-01-01
  - policy: s3-public-acl
    resource: {type: "aws:s3/bucket:Bucket", name: data}
    reason: moves next month
    expires: 2999-01-01
""")
    ran = stackguard(repository, "check", "infra/shop", "--all-stacks", "--waivers", "waivers.yaml")
    assert ran.returncode == 1, ran.stdout
    assert ran.stdout.count("unused waiver: ") == 1
    assert "unused waiver: waivers.yaml:6: the waiver of `s3-public-acl`" in ran.stdout


def test_a_baseline_of_all_stacks(repository: Path) -> None:
    file = repository / "known.json"
    ran = stackguard(repository, "baseline", "infra", "--stack", "shop/*", "-o", str(file))
    assert ran.returncode == 0, ran.stderr
    stacks = {key.partition(" ")[0] for key in json.loads(file.read_text()) if " " in key}
    assert stacks == {"shop/dev", "shop/prod"}
    again = stackguard(repository, "check", "infra", "--stack", "shop/*", "--baseline", str(file))
    assert again.returncode == 0, again.stdout


def slow(folder: Path, tag: str) -> Path:
    """Two programs: a quick one, and one that starts a daemon and waits."""
    for project, source in (
        ("quick", "import pulumi\n"),
        ("slow", f"import pulumi, subprocess, time\nsubprocess.Popen(['sleep', '{tag}'])\ntime.sleep(600)\n"),
    ):
        (folder / project).mkdir()
        (folder / project / "Pulumi.yaml").write_text(f"name: {project}\nruntime: python\n")
        (folder / project / "Pulumi.dev.yaml").touch()
        (folder / project / "__main__.py").write_text(source)
    return folder


@pytest.mark.parametrize(
    ("number", "tag"),
    [(signal.SIGINT, 73001), (signal.SIGTERM, 73002), (signal.SIGHUP, 73003), (signal.SIGKILL, 73004)],
)
def test_the_end_of_a_run_ends_all_that_it_started(tmp_path: Path, number: int, tag: int) -> None:
    folder = slow(tmp_path, own(tag))
    temporary = folder / "temporary"
    temporary.mkdir()
    with subprocess.Popen(
        [sys.executable, "-m", "stackguard", "check", "quick", "slow", "-j", "2"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    ) as gate:
        assert gate.stderr is not None
        first = gate.stderr.readline()
        assert appears(own(tag))
        children = psutil.Process(gate.pid).children(recursive=True)
        gate.send_signal(number)
        _, rest = gate.communicate(timeout=60)
    assert first.startswith("[1/2] quick (quick): clean, ")
    assert gone(own(tag))
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive
    assert not [*temporary.glob("pulumi-*")]
    if number != signal.SIGKILL:
        assert gate.returncode == 130
        assert "judged 1 of 2 stacks; not slow" in rest
        assert "interrupted" in rest
        assert "Traceback" not in rest


def test_a_process_that_is_killed_fails_its_stack_only(tmp_path: Path) -> None:
    folder = slow(tmp_path, own(73005))
    with subprocess.Popen(
        [sys.executable, "-m", "stackguard", "check", "quick", "slow", "-j", "2"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as gate:
        assert gate.stderr is not None
        gate.stderr.readline()
        assert appears(own(73005))
        workers = [
            child
            for child in psutil.Process(gate.pid).children()
            if "stackguard" in " ".join(child.cmdline()[:4]) and "host.py" not in " ".join(child.cmdline())
        ]
        assert len(workers) == 1
        workers[0].kill()
        out, _ = gate.communicate(timeout=60)
    assert gate.returncode == 2
    assert "was killed by signal 9 (the machine may be out of memory; see --jobs)" in out
    assert "2 stacks: 1 pass, 0 do not, 1 could not be judged (slow); " in out
    assert gone(own(73005))


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--all-stacks", "--stack", "dev"), "`--all-stacks` selects every stack; leave out `--stack`"),
        (("--jobs", "0"), "--jobs"),
        (("no*thing",), "no folder or file fits `no*thing`"),
    ],
)
def test_wrong_options(capfd: pytest.CaptureFixture[str], args: tuple[str, ...], message: str) -> None:
    assert cli.main(["check", *args]) == 2
    assert message in capfd.readouterr().err
