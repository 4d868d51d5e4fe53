"""The pack obeys `stackguard.yaml` beside it, as the gate does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from policypack.core.policy import UNKNOWN, UNKNOWN_VALUE, Resource, Stack
from policypack.evaluation.settings import Settings
from policypack.policies import POLICIES
from tests.analyzer import Diagnostic, running

WILDCARD = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ROLE_POLICY = Resource("aws:iam/rolePolicy:RolePolicy", "r", {"role": "r", "policy": WILDCARD})


def pack_folder(folder: Path, settings: str) -> Path:
    (folder / "__main__.py").write_text("from policypack.crossguard import serve\n\nserve()\n", encoding="utf-8")
    (folder / "stackguard.yaml").write_text(settings, encoding="utf-8")
    return folder


def diagnostics(folder: Path, resource: Resource, policy: str) -> list[Diagnostic]:
    with running(folder) as pack:
        return [report for report in pack.analyze(Stack((resource,), Settings())) if report.policy == policy]


@pytest.mark.parametrize(("level", "mandatory"), [("mandatory", [True]), ("advisory", [False]), ("disabled", [])])
def test_the_enforcement_level_is_the_operators(tmp_path: Path, level: str, mandatory: list[bool]) -> None:
    folder = pack_folder(tmp_path, f"enforcement:\n  iam-wildcard-action: {level}\n")
    reported = diagnostics(folder, ROLE_POLICY, "iam-wildcard-action")
    assert [diagnostic.mandatory for diagnostic in reported] == mandatory


@pytest.mark.parametrize(
    ("settings", "mandatory"),
    [
        ("unknown: mandatory", [True]),
        ("unknown: advisory", [False]),
        (f"enforcement: {{{UNKNOWN_VALUE}: advisory}}", [False]),
    ],
)
def test_undecided_has_the_level_that_the_operator_sets(tmp_path: Path, settings: str, mandatory: list[bool]) -> None:
    folder = pack_folder(tmp_path, settings)
    late = Resource("aws:iam/rolePolicy:RolePolicy", "r", {"role": "r", "policy": UNKNOWN})
    reported = diagnostics(folder, late, UNKNOWN_VALUE)
    assert "`iam-wildcard-action`" in reported[0].message
    assert [diagnostic.mandatory for diagnostic in reported] == mandatory


def test_policies_that_the_packs_own_settings_name_are_served(tmp_path: Path) -> None:
    (tmp_path / "acme.py").write_text(
        (Path(__file__).parent / "testing/acme_policies.py").read_text(encoding="utf-8"), encoding="utf-8"
    )
    folder = pack_folder(tmp_path, "policies: [./acme.py]\nenforcement: {acme-unowned-bucket: advisory}\n")
    bucket = Resource("aws:s3/bucket:Bucket", "inbox", {"bucket": "inbox"})
    (reported,) = diagnostics(folder, bucket, "acme-unowned-bucket")
    assert not reported.mandatory
    assert "no tag `owner`" in reported.message


def test_the_allowed_regions_reach_the_policy(tmp_path: Path) -> None:
    folder = pack_folder(tmp_path, "allowedRegions: [eu-west-1]\n")
    provider = Resource("pulumi:providers:aws", "east", {"region": "us-east-1"})
    bucket = Resource("aws:s3/bucket:Bucket", "inbox", {"bucket": "inbox"}, provider=provider.urn)
    with running(folder) as pack:
        reported = pack.analyze(Stack((provider, bucket), Settings()))
    assert "aws-foreign-region" in {diagnostic.policy for diagnostic in reported}


def test_stack_policies_judge_even_where_no_resource_policy_runs(tmp_path: Path) -> None:
    levels = "\n".join(
        f"  {policy.id}: disabled" for policy in POLICIES if not policy.over_stack and policy.id != UNKNOWN_VALUE
    )
    folder = pack_folder(tmp_path, f"enforcement:\n{levels}\n")
    bucket = Resource("aws:s3/bucket:Bucket", "inbox", {"bucket": "inbox"})
    assert [diagnostic.mandatory for diagnostic in diagnostics(folder, bucket, "s3-missing-access-block")] == [True]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("allowedRegion: [eu-west-1]\n", "there is no setting `allowedRegion`"),
        ("allowedRegions: [\n", "stackguard.yaml:1: malformed YAML: "),
        ("enforcement: {iam-wildcard: disabled}\n", "no policy `iam-wildcard` to set"),
        (f"enforcement: {{{UNKNOWN_VALUE}: disabled}}\n", "cannot be disabled, or unknown values would pass unnoticed"),
    ],
)
def test_malformed_settings_stop_the_pack(tmp_path: Path, settings: str, message: str) -> None:
    folder = pack_folder(tmp_path, settings)
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:0", str(folder)]
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert finished.returncode != 0
    assert finished.stdout == ""
    assert message in finished.stderr
    assert "Traceback" not in finished.stderr
