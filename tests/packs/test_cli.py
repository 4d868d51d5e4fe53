"""The real CLI and the gate run the same pack over the same program, and over the same state, with the same results."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from policypack.core.policy import Kind
from stackguard.gate.request import CheckRequest, judge
from stackguard.notes import NoteKind
from stackguard.packs import PackSpec
from stackguard.reports import Report
from stackguard.sources import RunOptions
from tests.packs.making import PYTHON, pack_of, policy
from tests.standin_aws.project import run_pulumi, with_standin

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.cli,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="needs the `pulumi` CLI on PATH"),
    pytest.mark.skipif(not (ROOT / ".venv").exists(), reason="the CLI starts the pack in `.venv`, which is not there"),
]

PROGRAM = """
import pulumi
import pulumi_aws as aws

class Store(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("my:index:Store", name)
        below = pulumi.ResourceOptions(parent=self)
        self.bucket = aws.s3.Bucket(name, acl="public-read", tags={"team": "orders"}, opts=below)
        self.register_outputs({"url": "https://example.com"})

eu = aws.Provider("eu", region="eu-west-1")
store = Store("orders")
aws.s3.Bucket("plain", opts=pulumi.ResourceOptions(provider=eu, protect=True, ignore_changes=["tags"]))
aws.sqs.Queue("jobs", name="jobs", policy=store.bucket.arn.apply(lambda arn: arn))
aws.sns.Topic("news", name="news", display_name=pulumi.Output.secret("hush-1234"))
pulumi.export("acl", store.bucket.acl)
"""
IS_BUCKET = "args.resource_type == 'aws:s3/bucket:Bucket'"
POLICIES = (
    policy("acl", f"if {IS_BUCKET}: report('acl is ' + str(args.props.get('acl'))); report('')"),
    policy(
        "private",
        "report('left over')",
        level="REMEDIATE",
        remediates=f"if {IS_BUCKET}:\n    args.props['acl'] = 'private'\n    return args.props",
    ),
    policy(
        "tagged",
        "",
        level="REMEDIATE",
        remediates=f"if {IS_BUCKET}:\n    return {{**args.props, 'tags': {{'acl': args.props['acl']}}}}",
    ),
    policy("tags", f"if {IS_BUCKET}: report(str(sorted(dict(args.props.get('tags') or ()).items())), 'some-urn')", level="ADVISORY"),
    policy("unknown", "if args.name == 'jobs': report(args.props['policy'])"),
    policy("skips", "args.not_applicable('never')"),
    policy("off", "report('never reported')", level="DISABLED"),
    policy("configured", "if args.name == 'jobs': report(str(args.get_config()['word']))", level="DISABLED",
           more=", config_schema=PolicyConfigSchema(properties={'word': {'type': 'string', 'default': 'low'}})"),
    policy("options", "o = args.opts; p = args.provider; report(repr((o.protect, list(o.ignore_changes), o.parent,"
           " p and (p.name, p.props.get('region')))))", level="ADVISORY"),
    policy("root", "report(str(sorted(resource.name for resource in args.resources)))", over_stack=True),
    policy("one", "[report('named', resource.urn) for resource in args.resources if resource.name == 'news']",
           over_stack=True, level="REMEDIATE"),
    policy("late", "[r.props['arn'] for r in args.resources if r.name == 'orders' and 'arn' in r.props];"
           " [r.props['policy'] for r in args.resources if r.name == 'jobs']", over_stack=True),
)  # fmt: skip
CONFIG = {"configured": {"enforcementLevel": "mandatory", "word": "loud"}}
DID_NOT_RUN = re.compile(r"^can't run policy .* during preview: (.*)$")
Violations = set[tuple[str, str, str, str]]


@pytest.fixture
def pack(tmp_path: Path) -> PackSpec:
    runtime = f"{PYTHON.strip().replace('python', '')}\n  name: python\n  options:\n    virtualenv: {ROOT / '.venv'}\n"
    config = tmp_path / "config.json"
    config.write_text(json.dumps(CONFIG), encoding="utf-8")
    return PackSpec(pack_of(tmp_path / "pack", *POLICIES, settings=runtime), config)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n", encoding="utf-8")
    (folder / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-central-1\n", encoding="utf-8")
    (folder / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    return folder


def of_engine(events: Iterable[dict[str, Any]]) -> tuple[Violations, set[tuple[str, str]]]:
    """Violations, and which policy remediated which resource, in the engine's events.

    Its advisory about a policy that did not run has the level `did not run`.
    """
    violations: Violations = set()
    remediations = set()
    for event in events:
        if violation := event.get("policyEvent"):
            _, _, message = violation["message"].strip().partition("\n")
            unknown = DID_NOT_RUN.match(violation["message"].strip())
            level = "did not run" if unknown else violation["enforcementLevel"]
            text = unknown[1] if unknown else message or violation["message"].strip()
            violations.add((violation["policyName"], violation["resourceUrn"], level, text))
        if remediation := event.get("policyRemediationEvent"):
            remediations.add((remediation["policyName"], remediation["resourceUrn"]))
    return violations, remediations


def of_gate(report: Report) -> tuple[Violations, set[tuple[str, str]]]:
    violations = {
        (
            outcome.policy.id.partition("/")[2],
            outcome.resource.urn,
            "did not run" if outcome.kind is Kind.UNDECIDED else outcome.enforcement.value,
            outcome.message.rpartition(" (")[2].removesuffix(")")
            if outcome.kind is Kind.UNDECIDED
            else outcome.message,
        )
        for outcome in report.outcomes
    }
    remediations = {
        (note.about.partition("/")[2], urn)
        for note in report.notes
        if note.kind is NoteKind.REMEDIATED
        for urn in note.urns
    }
    return violations, remediations


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def assert_the_same(
    engine: tuple[Violations, set[tuple[str, str]]], gate: tuple[Violations, set[tuple[str, str]]]
) -> None:
    assert sorted(gate[0]) == sorted(engine[0])
    assert sorted(gate[1]) == sorted(engine[1])
    assert {"acl", "tags", "configured", "root", "one"} <= {policy for policy, *_ in engine[0]}


def test_a_preview(tmp_path: Path, program: Path, pack: PackSpec) -> None:
    project = with_standin(program, tmp_path / "standin")
    assert run_pulumi(tmp_path, project, "stack", "init", "dev").returncode == 0
    events = tmp_path / "events.json"
    arguments = (
        "--policy-pack",
        str(pack.folder),
        "--policy-pack-config",
        str(pack.config),
        "--event-log",
        str(events),
    )
    ran = run_pulumi(
        tmp_path, project, "preview", "--stack", "dev", *arguments, environment={"PULUMI_DEBUG_COMMANDS": "true"}
    )
    assert ran.returncode != 0  # mandatory policies are violated
    report = judge(CheckRequest(str(program), RunOptions(resolve=False), packs=(pack,), own=False))
    engine = of_engine(lines_of(events.read_text(encoding="utf-8")))
    assert ("unknown", "did not run") in {(policy, level) for policy, _, level, _ in engine[0]}
    assert engine[1]
    assert_the_same(engine, of_gate(report))


def test_a_state(tmp_path: Path, program: Path, pack: PackSpec) -> None:
    project = with_standin(program, tmp_path / "standin")
    assert run_pulumi(tmp_path, project, "stack", "init", "dev").returncode == 0
    updated = run_pulumi(tmp_path, project, "up", "--stack", "dev", "--yes", "--skip-preview")
    assert updated.returncode == 0, updated.stdout + updated.stderr
    state = tmp_path / "state.json"
    exported = run_pulumi(
        tmp_path, project, "stack", "export", "--stack", "dev", "--show-secrets", "--file", str(state)
    )
    assert exported.returncode == 0, exported.stderr
    arguments = (
        "--file",
        str(state),
        "--json",
        "--policy-pack",
        str(pack.folder),
        "--policy-pack-config",
        str(pack.config),
    )
    ran = run_pulumi(tmp_path, project, "policy", "analyze", *arguments)
    assert ran.returncode != 0
    report = judge(CheckRequest(str(state), packs=(pack,), own=False))
    assert_the_same(of_engine(lines_of(ran.stdout)), of_gate(report))
