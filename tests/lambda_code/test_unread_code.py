"""Functions whose code no policy reads are named, with the reason and the number of policies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policypack.core.examples import packaged
from policypack.core.policy import UNKNOWN, Asset, EnforcementLevel, Resource, Stack
from policypack.crossguard.session import Levels, Session
from policypack.crossguard.stack_settings import StackSettings
from policypack.evaluation.settings import Settings
from policypack.lambda_code.unread_code import unread_code
from policypack.policies import POLICIES
from policypack.resources.tokens import FUNCTION
from stackguard.gate.request import CheckRequest, judge
from stackguard.reports import Screen
from tests.crossguard.test_session import analyze, analyze_stack, configure
from tests.reports.sample import render

BY_ID = {policy.id: policy for policy in POLICIES}
READERS = ["lambda-early-return", "lambda-missing-module", "lambda-missing-permission", "lambda-unused-permission"]
CODE = Asset(archive=True, members={"index.js": Asset(text="exports.handler = async () => 1")})


def function(name: str = "api", **inputs: Any) -> Resource:
    return Resource(FUNCTION, name, {"name": name, "runtime": "nodejs22.x", "handler": "index.handler", **inputs})


def summaries(*resources: Resource, policies: Any = POLICIES) -> list[str]:
    return [unread.summary for unread in unread_code(policies, Stack(resources, Settings()))]


def test_the_policies_that_read_code_say_so() -> None:
    assert sorted(policy.id for policy in POLICIES if policy.language) == READERS


@pytest.mark.parametrize(
    ("inputs", "why"),
    [
        ({"code": CODE}, "is not Python"),
        ({"code": CODE, "runtime": "provided.al2023"}, "is not Python"),
        (
            {"runtime": None, "packageType": "Image", "imageUri": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/x:1"},
            "is in a container image",
        ),
        ({"runtime": "python3.13", "s3Bucket": "elsewhere", "s3Key": "code.zip"}, "is outside the stack"),
    ],
)
def test_code_that_is_not_read_is_named(inputs: dict[str, Any], why: str) -> None:
    assert summaries(function(**inputs)) == [f"the code of 1 function {why}, so 4 policies did not read it: api"]


@pytest.mark.parametrize(
    "resource",
    [
        packaged({"index.py": "def handler(event, context): ..."}, role=UNKNOWN),
        function(runtime=UNKNOWN, code=CODE),
        function(runtime="python3.13", code=UNKNOWN),
        Resource(FUNCTION, "other", {"runtime": "nodejs22.x"}, external=True),
        Resource("aws:s3/bucket:Bucket", "b"),
    ],
)
def test_code_that_is_read_or_undecided_is_not(resource: Resource) -> None:
    assert summaries(resource) == []


def test_a_role_of_another_stack_is_named() -> None:
    own = packaged({"index.py": "def handler(event, context): ..."}, role="arn:aws:iam::111122223333:role/theirs")
    assert summaries(own) == [f"the role of 1 function is not in this stack, so 2 policies did not read it: {own.name}"]


def test_only_policies_that_run_count() -> None:
    assert summaries(function(code=CODE), policies=[BY_ID["s3-public-acl"]]) == []
    one = summaries(function(code=CODE), policies=[BY_ID["lambda-early-return"], BY_ID["s3-public-acl"]])
    assert one == ["the code of 1 function is not Python, so 1 policy did not read it: api"]


def test_many_functions_are_counted() -> None:
    [summary] = summaries(*(function(f"f{number}", code=CODE) for number in range(7)))
    assert summary == (
        "the code of 7 functions is not Python, so 4 policies did not read it: f0, f1, f2, f3, f4, and 2 more"
    )


def test_every_format_of_the_gate_has_it_as_a_note(tmp_path: Path) -> None:
    urn = f"urn:pulumi:dev::shop::{FUNCTION}::api"
    inputs = {
        "name": "api",
        "packageType": "Image",
        "imageUri": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/x:1",
        "role": "arn:aws:iam::111122223333:role/r",
    }
    entries = [{"urn": urn, "type": FUNCTION, "custom": True, "id": "api", "inputs": inputs}]
    file = tmp_path / "state.json"
    file.write_text(json.dumps({"version": 3, "deployment": {"resources": entries}}), encoding="utf-8")
    report = judge(CheckRequest(str(file)))
    sentence = "the code of 1 function is in a container image, so 4 policies did not read it"
    [note] = [note for note in json.loads(render(report, "json", Screen()))["notes"] if note["message"] == sentence]
    assert (note["note"], note["about"], note["urns"]) == ("not-applicable", ", ".join(READERS), [urn])
    for name in ("text", "sarif", "html"):
        assert sentence in " ".join(render(report, name, Screen()).split())
    assert report.exit_code == 0


@pytest.mark.parametrize(("dry_run", "count"), [(True, 1), (False, 0)])
def test_a_preview_ends_with_it(*, dry_run: bool, count: int) -> None:
    levels: Levels = {policy.id: (policy.enforcement, None) for policy in POLICIES}
    pack = Session(POLICIES, StackSettings(), Path(), None)
    configure(pack, dry_run=dry_run)
    provider = Resource("pulumi:providers:aws", "aws", {"region": "eu-west-1"})
    api = Resource(
        FUNCTION,
        "api",
        {"packageType": "Image", "imageUri": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/x:1"},
        provider=provider.urn,
    )
    reports = [*analyze(pack, api, levels), *analyze_stack(pack, provider, api, levels=levels)]
    sentence = "the code of 1 function is in a container image, so 4 policies did not read it: api"
    assert [report.message for report in reports].count(sentence) == count
    assert {report.level for report in reports if report.message == sentence} <= {EnforcementLevel.ADVISORY}
