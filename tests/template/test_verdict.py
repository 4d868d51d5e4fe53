"""A template that contains less than its program is reported, by policy, resource and side."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from policypack.evaluation.settings import Settings
from policypack.policies import POLICIES
from stackguard.cli import main
from stackguard.gate.judging import with_region
from stackguard.sources import LoadedStack, RunOptions, load
from stackguard.template import pipeline
from stackguard.template.parse import read
from stackguard.template.translation import Template, translate
from stackguard.template.verdict import LEFT_OUT, judge

STACK = Path(__file__).parents[2] / "stack"


@pytest.fixture(scope="module")
def loaded() -> LoadedStack:
    return load(str(STACK), RunOptions())


def changed(template: Template, change: Callable[[dict[str, Any]], None]) -> Template:
    document = copy.deepcopy(dict(template.document))
    change(document["Resources"])
    return replace(template, document=document)


def without_block(resources: dict[str, Any]) -> None:
    del resources["Ingest"]["Properties"]["PublicAccessBlockConfiguration"]


def half_a_block(resources: dict[str, Any]) -> None:
    resources["Ingest"]["Properties"]["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] = False


def without_bucket_policy(resources: dict[str, Any]) -> None:
    del resources["ResultsPolicy"]


def without_source(resources: dict[str, Any]) -> None:
    del resources["InvokePermission"]["Properties"]["SourceAccount"]


def open_role(resources: dict[str, Any]) -> None:
    resources["RolePolicy"]["Properties"]["PolicyDocument"]["Statement"][0]["Action"] = "s3:*"


def early(resources: dict[str, Any]) -> None:
    del resources["Ingest"]["DependsOn"]


def unencrypted(resources: dict[str, Any]) -> None:
    del resources["DeadLetters"]["Properties"]["KmsMasterKeyId"]
    resources["DeadLetters"]["Properties"]["SqsManagedSseEnabled"] = False


@pytest.mark.parametrize(
    ("change", "policy", "logical_id"),
    [
        (without_block, "s3-missing-access-block", "Ingest"),
        (half_a_block, "s3-open-access-block", "Ingest"),
        (without_bucket_policy, "s3-plaintext-transport", "Results"),
        (without_source, "lambda-confused-deputy", "InvokePermission"),
        (open_role, "iam-wildcard-action", "RolePolicy"),
        (early, "s3-early-notification", "Ingest"),
        (unencrypted, "sqs-missing-encryption", "DeadLetters"),
    ],
)
def test_what_a_template_lacks_is_reported(
    change: Callable[[dict[str, Any]], None], policy: str, logical_id: str, loaded: LoadedStack
) -> None:
    template = changed(translate(loaded.resources, loaded.region), change)
    differences = judge(template, loaded.resources, with_region(Settings(), loaded.region), POLICIES).differences
    assert (logical_id, policy, "template") in {
        (difference.logical_id, difference.policy, difference.side) for difference in differences
    }


def test_the_command_reports_the_difference_and_closes_the_gate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pipeline, "translate", lambda *args: changed(translate(*args), half_a_block))
    report = tmp_path / "report.json"
    code = main(["template", str(STACK), "--output", str(tmp_path / "template.json"), "--report", str(report)])
    out = capsys.readouterr().out
    assert code == json.loads(report.read_text())["exitCode"] == 1
    (difference,) = json.loads(report.read_text())["differences"]
    assert difference.startswith("on the template only, violation s3-open-access-block on `Ingest`: ")
    assert "policies: another verdict than on the program, by " in out
    assert (
        "  differs: on the template only, violation s3-open-access-block on `Ingest`: `blockPublicPolicy` is off: "
        in out
    )


def test_what_is_left_out_is_a_policy_with_a_reason() -> None:
    assert LEFT_OUT.keys() <= {policy.id for policy in POLICIES}
    assert all(len(reason) > 10 for reason in LEFT_OUT.values())


def test_every_folded_resource_is_read_back(loaded: LoadedStack) -> None:
    template = translate(loaded.resources, loaded.region)
    back = {resource.urn: resource for resource in read(template)}
    program = {resource.urn: resource for resource in loaded.resources if resource.type.startswith("aws:")}
    assert back.keys() == program.keys()
    documents = {"policy", "assumeRolePolicy"}
    for urn, resource in program.items():
        for name in documents & resource.inputs.keys():
            assert json.loads(back[urn].inputs[name]) == json.loads(resource.inputs[name])
        assert back[urn].type == resource.type
