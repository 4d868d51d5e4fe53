"""Other packs beside a program and over a state: through the gate and the command line."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from policypack.core.policy import Kind
from policypack.crossguard import message
from policypack.evaluation.places import fingerprints
from policypack.policies import POLICIES
from stackguard import cli
from stackguard.errors import CannotJudge
from stackguard.gate.request import CheckRequest, Judged, judge, judge_stack
from stackguard.notes import NoteKind
from stackguard.packs import PackSpec
from stackguard.reports import Report
from stackguard.sources import RunOptions
from tests.packs.making import pack_of, policy
from tests.sources.states import as_bytes, export, state

pytestmark = pytest.mark.outside

ROOT = Path(__file__).parents[2]
PROJECT = "name: shop\nruntime: python\n"
BUCKETS = """
import pulumi
import pulumi_aws as aws
for name in ("inbox", "orders"):
    bucket = aws.s3.Bucket(name, acl="public-read")
    pulumi.export(name, bucket.acl)
"""
FIX_ACL = policy(
    "acl",
    "report(str(args.props.get('acl')))",
    level="REMEDIATE",
    remediates="if 'acl' in args.props:\n    args.props['acl'] = 'private'\n    return args.props",
)


def program(folder: Path, source: str = BUCKETS) -> Path:
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(PROJECT, encoding="utf-8")
    (folder / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-central-1\n", encoding="utf-8")
    (folder / "__main__.py").write_text(source, encoding="utf-8")
    return folder


def gated(target: Path, *packs: Path, own: bool = False, timeout: float = 60, resolve: bool = True) -> Report:
    options = RunOptions(timeout=timeout, resolve=resolve)
    return judge(CheckRequest(str(target), options, packs=tuple(map(PackSpec, packs)), own=own))


def test_the_program_and_our_policies_use_the_result_of_a_remediation(tmp_path: Path) -> None:
    target = program(tmp_path / "program")
    over = policy("exports", "report(str(sorted(args.resources[0].props.items())))", over_stack=True)
    pack = pack_of(tmp_path / "pack", FIX_ACL, over)
    assert "s3-public-acl" in {outcome.policy.id for outcome in gated(target, own=True).outcomes}
    report = gated(target, pack, own=True)
    assert "s3-public-acl" not in {outcome.policy.id for outcome in report.outcomes}
    messages = {
        outcome.resource.name: outcome.message for outcome in report.outcomes if outcome.policy.id == "ours/acl"
    }
    assert {name: messages[name] for name in ("inbox", "orders")} == {"inbox": "private", "orders": "private"}
    (exported,) = [outcome.message for outcome in report.outcomes if outcome.policy.id == "ours/exports"]
    assert exported == "[('inbox', 'private'), ('orders', 'private')]"
    changed = [note for note in report.notes if note.kind is NoteKind.REMEDIATED]
    assert [(note.about, note.message, len(note.urns)) for note in changed] == [("ours/acl", "changes `acl`", 2)]
    assert report.policies == len(POLICIES) + 2


WAIVER = "- {{policy: {policy}, resource: {{type: {type}, name: inbox}}, reason: legacy, expires: {until}{more}}}\n"


def waived(
    target: Path,
    *packs: Path,
    policy_id: str,
    token: str = "aws:s3/bucket:Bucket",
    until: str = "2999-01-01",
    more: str = "",
) -> Judged:
    file = target.parent / "waivers.yaml"
    file.write_text("waivers:\n" + WAIVER.format(policy=policy_id, type=token, until=until, more=more))
    request = CheckRequest(str(target), packs=tuple(map(PackSpec, packs)), own=not packs, waivers=file)
    return judge_stack(request)


@pytest.mark.parametrize("form", ["program", "state"])
def test_a_waiver_accepts_a_violation_of_another_pack(tmp_path: Path, form: str) -> None:
    target = program(tmp_path / "program")
    if form == "state":
        target = tmp_path / "state.json"
        names = ("inbox", "orders")
        target.write_bytes(
            as_bytes(export([state("aws:s3/bucket:Bucket", name, {"acl": "public-read"}) for name in names]))
        )
    judges = "args.resource_type == 'aws:s3/bucket:Bucket' and report('is public')"
    pack = pack_of(tmp_path / "pack", policy("acl", judges), policy("quiet", "pass"))
    judged = waived(target, pack, policy_id="ours/acl", token="aws:s3:Bucket")
    (exempt,) = [outcome for outcome in judged.report.outcomes if outcome.exemption]
    assert (exempt.policy.id, exempt.resource.name, judged.problems) == ("ours/acl", "inbox", ())
    assert [outcome.resource.name for outcome in judged.report.outcomes if outcome.blocks] == ["orders"]
    fingerprint = fingerprints([exempt])[0]
    assert waived(target, pack, policy_id="ours/acl", more=f", finding: {fingerprint}").problems == ()
    kinds = {"ours/acl": "expired", "ours/quiet": "unused", "acl": None, "theirs/acl": None}
    for policy_id, kind in kinds.items():
        until = "2020-01-01" if kind == "expired" else "2999-01-01"
        problems = waived(target, pack, policy_id=policy_id, until=until).problems
        assert [problem.kind for problem in problems] == ([kind] if kind else [])
    assert waived(target, policy_id="ours/quiet").problems == ()


@pytest.mark.parametrize("row", ["row02_no_access_block", "row06_no_source_account", "row10_first_record_only"])
@pytest.mark.parametrize("kind", ["failing", "corrected"])
@pytest.mark.parametrize("resolve", [True, False])
def test_our_own_pack_as_another_pack_reports_what_the_gate_reports(row: str, kind: str, *, resolve: bool) -> None:
    report = gated(ROOT / "tests" / "failures" / row / kind, ROOT, own=True, resolve=resolve)
    own = {
        (f"stackguard/{outcome.policy.id}", outcome.resource.urn, outcome.blocks, message(outcome))
        for outcome in report.outcomes
        if "/" not in outcome.policy.id
    }
    others = {
        (outcome.policy.id, outcome.resource.urn, outcome.blocks, outcome.message)
        for outcome in report.outcomes
        if "/" in outcome.policy.id
    }
    assert own == others
    assert bool(own) >= (kind == "failing")


def test_resources_are_judged_while_the_program_still_runs(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    source = f"""
import pathlib, time
import pulumi
import pulumi_aws as aws
aws.s3.Bucket("inbox")
def look(_):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if pathlib.Path({str(seen)!r}).exists():
            return "judged"
        time.sleep(0.02)
    return "not judged"
pulumi.export("inbox", aws.s3.Bucket("orders", bucket="orders").bucket.apply(look))
"""
    marks = policy("marks", f"args.name == 'inbox' and open({str(seen)!r}, 'w').close()")
    over = policy("exports", "report(args.resources[0].props['inbox'])", over_stack=True)
    report = gated(program(tmp_path / "program", source), pack_of(tmp_path / "pack", marks, over))
    assert [outcome.message for outcome in report.outcomes] == ["judged"]


def test_slow_policies_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """Two packs that take a second for each of three resources: one after the other that is six seconds."""
    slow = policy("slow", "import time; time.sleep(1 if args.resource_type.startswith('aws:') else 0); report('seen')")
    packs = [pack_of(tmp_path / name, slow, name=name) for name in ("one", "two")]
    states = [state("aws:s3/bucket:Bucket", f"bucket-{number}", {}) for number in range(3)]
    target = tmp_path / "state.json"
    target.write_bytes(as_bytes(export(states)))
    began = time.monotonic()
    report = gated(target, *packs)
    assert len(report.outcomes) == 6
    assert time.monotonic() - began < 5


def test_a_state_is_judged_and_not_remediated(tmp_path: Path) -> None:
    """As `pulumi policy analyze`: remediations are notes, and policies also see resources that are only read."""
    states = [
        state("aws:s3/bucket:Bucket", "inbox", {"acl": "public-read"}, outputs={"arn": "arn:aws:s3:::inbox"}),
        state("aws:s3/bucket:Bucket", "theirs", {"acl": "private"}, external=True, outputs={}),
        state("aws:s3/bucket:Bucket", "gone", {"acl": "private"}, delete=True),
    ]
    target = tmp_path / "state.json"
    target.write_bytes(as_bytes(export(states)))
    over = policy("outputs", "report(str([dict(r.props) for r in args.resources]))", over_stack=True)
    environment = policy(
        "environment", "import os; report(str([n for n in os.environ if n in ('PULUMI_STACK', 'PULUMI_CONFIG')]))"
    )
    report = gated(target, pack_of(tmp_path / "pack", FIX_ACL, over, environment))
    assert sorted((outcome.policy.id, outcome.resource.name, outcome.message) for outcome in report.outcomes) == [
        ("ours/acl", "inbox", "public-read"),
        ("ours/acl", "theirs", "private"),
        ("ours/environment", "inbox", "[]"),
        ("ours/environment", "theirs", "[]"),
        ("ours/outputs", "pipeline-dev", "[{'arn': 'arn:aws:s3:::inbox'}, {}]"),
    ]
    assert [(note.message, note.urns) for note in report.notes] == [("would change `acl`", (states[0]["urn"],))]


def test_a_pack_that_hangs_is_named_and_not_the_program_that_waits_for_it(tmp_path: Path) -> None:
    slow = policy("slow", "", level="REMEDIATE", remediates="import time\ntime.sleep(60)")
    with pytest.raises(CannotJudge, match=r"policy pack `.*` did not answer within 3 s about .* see --timeout"):
        gated(program(tmp_path / "program"), pack_of(tmp_path / "pack", slow), timeout=3)


@pytest.mark.parametrize("over_stack", [False, True])
def test_a_policy_that_hangs_while_it_judges_is_named(tmp_path: Path, *, over_stack: bool) -> None:
    slow = policy("slow", "import time; time.sleep(60)", over_stack=over_stack)
    with pytest.raises(CannotJudge, match=r"policy pack `.*` did not answer within 3 s about .* see --timeout"):
        gated(program(tmp_path / "program"), pack_of(tmp_path / "pack", slow), timeout=3)


def test_a_pack_that_never_starts_is_named_too(tmp_path: Path) -> None:
    pack = pack_of(tmp_path / "pack", "import time; time.sleep(60)\n")
    with pytest.raises(CannotJudge, match=r"policy pack `.*` did not start within 2 s and was stopped; see --timeout"):
        gated(program(tmp_path / "program"), pack, timeout=4)


@pytest.mark.parametrize("where", ["judges", "remediates", "start"])
def test_a_pack_that_crashes_beside_a_program_is_named(tmp_path: Path, where: str) -> None:
    fatal = "raise RuntimeError('broken')"
    sources = {
        "judges": policy("p", fatal),
        "remediates": policy("p", "", level="REMEDIATE", remediates=fatal),
        "start": fatal + "\n",
    }
    began = time.monotonic()
    with pytest.raises(CannotJudge, match=r"^policy pack `") as caught:
        gated(program(tmp_path / "program"), pack_of(tmp_path / "pack", sources[where]))
    assert "RuntimeError: broken" in caught.value.detail
    assert time.monotonic() - began < 20


def test_a_program_that_fails_is_named_and_not_the_pack(tmp_path: Path) -> None:
    target = program(tmp_path / "program", "raise ValueError('no')\n")
    with pytest.raises(CannotJudge, match=r"the program in .* failed: ValueError: no"):
        gated(target, pack_of(tmp_path / "pack", FIX_ACL))


def test_a_policy_that_did_not_run_blocks_until_the_value_is_known(tmp_path: Path) -> None:
    source = """
import pulumi_aws as aws
bucket = aws.s3.Bucket("inbox", bucket="inbox")
aws.sqs.Queue("jobs", name="jobs", policy=bucket.arn)
"""
    target = program(tmp_path / "program", source)
    pack = pack_of(tmp_path / "pack", policy("policy", "if args.name == 'jobs': report(args.props['policy'])"))
    kept = gated(target, pack, resolve=False)
    (outcome,) = kept.outcomes
    assert (outcome.kind, outcome.path, kept.exit_code) == (Kind.UNDECIDED, "policy", 1)
    assert [urn.rpartition("::")[2] for urn in outcome.waits_for] == ["inbox"]
    assert [outcome.message for outcome in gated(target, pack).outcomes] == ["arn:aws:s3:::inbox"]


REMOTE = """
import pulumi
class Cluster(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("acme:index:Cluster", name, {"size": 1}, remote=True)
Cluster("main")
"""


def test_a_component_that_was_not_constructed_blocks_without_our_policies(tmp_path: Path) -> None:
    """No pack has seen its resources, so a report without violations would not be a pass."""
    target = program(tmp_path / "program", REMOTE)
    pack = pack_of(tmp_path / "pack", policy("quiet", "pass"))
    report = gated(target, pack)
    assert [(outcome.policy.id, outcome.resource.name, outcome.kind) for outcome in report.outcomes] == [
        ("pulumi-unseen-component", "main", Kind.UNDECIDED)
    ]
    assert (report.exit_code, report.policies) == (1, 1)

    settings = tmp_path / "settings.yaml"
    settings.write_text("enforcement:\n  pulumi-unseen-component: disabled\n", encoding="utf-8")
    accepted = judge(CheckRequest(str(target), RunOptions(timeout=60), settings, packs=(PackSpec(pack),), own=False))
    assert (accepted.outcomes, accepted.exit_code) == ((), 0)


@pytest.fixture
def target(tmp_path: Path) -> str:
    file = tmp_path / "state.json"
    file.write_bytes(as_bytes(export([state("aws:s3/bucket:Bucket", "inbox", {"bucket": "inbox"})])))
    return str(file)


def run(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.main(["check", *arguments])
    return code, *capfd.readouterr()


def test_the_command_line(tmp_path: Path, target: str, capfd: pytest.CaptureFixture[str]) -> None:
    skips = policy("skips", "args.not_applicable('not ours')")
    pack = pack_of(tmp_path / "pack", policy("seen", "report('is there')"), skips)
    alone = (target, "--policy-pack", str(pack), "--no-own-policies")
    code, out, _ = run(capfd, *alone)
    assert code == 1
    assert "high  ours/seen" in out
    assert "not applicable: ours/skips on aws:s3:Bucket inbox: not ours" in out
    assert "1 violation (1 high), 0 undecided, 0 errors in 1 resource, 2 policies" in out

    code, out, _ = run(capfd, *alone, "--format", "json")
    document: dict[str, Any] = json.loads(out)
    assert [(outcome["policy"], outcome["message"], outcome["url"]) for outcome in document["outcomes"]] == [
        ("ours/seen", "is there", "")
    ]
    assert document["notes"] == [
        {
            "note": "not-applicable",
            "about": "ours/skips",
            "message": "not ours",
            "urns": ["urn:pulumi:dev::pipeline::aws:s3/bucket:Bucket::inbox"],
        }
    ]

    config = tmp_path / "config.json"
    config.write_text('{"all": "disabled"}', encoding="utf-8")
    code, out, _ = run(capfd, *alone, "--policy-pack-config", str(config))
    assert (code, out.split(":")[0]) == (0, "clean")

    code, out, _ = run(capfd, target, "--policy-pack", str(pack))
    assert code == 1
    assert "s3-missing-access-block" in out
    assert "ours/seen" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--no-own-policies"], "`--no-own-policies` runs only policy packs; give a `--policy-pack`"),
        (["--policy-pack-config", "c.json"], "is given 1 times and `--policy-pack` 0 times"),
        (["--policy-pack", "missing"], "there is no folder `missing`"),
    ],
)
def test_wrong_options(target: str, arguments: list[str], message: str, capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capfd, target, *arguments)
    assert (code, out) == (2, "")
    assert message in err


def test_the_help_lists_the_options(capfd: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capfd, "--help")
    for option in ("--policy-pack DIR", "--policy-pack-config FILE", "--no-own-policies"):
        assert option in out
