"""The output of `pulumi preview --json` for one program, with a stand-in for its provider, in every situation.

The program has a component with a bucket and a provider of its own, a bucket, its policy (which quotes the bucket's
ARN), a parameter with a secret, and a bucket that is only read.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from policypack.core.policy import Unknown
from stackguard.errors import CannotJudge
from stackguard.gate.request import CheckRequest, judge
from stackguard.sources import LoadedStack, RunOptions, load

PREVIEWS = Path(__file__).with_name("previews")
NAMES = ["exports-dev", "west", "comp", "plain", "theirs", "p", "comp", "open"]


def loaded(name: str) -> LoadedStack:
    return load(str(PREVIEWS / f"{name}.json"), RunOptions())


@pytest.mark.parametrize("name", ["create", "update", "refresh", "refresh-only", "replace"])
def test_a_preview_has_the_whole_stack(name: str) -> None:
    stack = loaded(name)
    assert sorted(resource.name for resource in stack.resources) == sorted(NAMES)
    assert stack.region == "eu-central-1"
    assert [resource.name for resource in stack.resources if resource.external] == ["theirs"]


@pytest.mark.parametrize("name", ["create", "update", "refresh"])
def test_a_document_waits_for_an_unknown_arn(name: str) -> None:
    """An update that changes the bucket makes its ARN unknown again."""
    by_name = {resource.name: resource for resource in loaded(name).resources}
    assert isinstance(by_name["open"].inputs["policy"], Unknown)
    assert by_name["p"].inputs["value"] == Unknown("is a secret, which `pulumi preview` leaves out")
    outcomes = {
        (outcome.policy.id, outcome.kind)
        for outcome in judge(CheckRequest(str(PREVIEWS / f"{name}.json"))).outcomes
        if outcome.resource.name == "open"
    }
    assert ("iam-public-policy", "undecided") in outcomes


def test_unchanged_resources_are_judged() -> None:
    by_name = {resource.name: resource for resource in loaded("refresh-only").resources}
    assert by_name["plain"].outputs["arn"] == f"arn:aws:s3:::{by_name['plain'].id}"
    outcomes = {
        (outcome.policy.id, outcome.kind)
        for outcome in judge(CheckRequest(str(PREVIEWS / "refresh-only.json"))).outcomes
    }
    assert ("iam-public-policy", "violation") in outcomes


def test_options_are_read_from_a_preview() -> None:
    (bucket,) = (
        resource for resource in loaded("create").resources if resource.urn.endswith("$aws:s3/bucket:Bucket::comp")
    )
    assert bucket.options.protect
    assert bucket.options.timeouts == {"create": 1800}
    assert bucket.provider.endswith("pulumi:providers:aws::west")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("without-sames", "leaves out 3 unchanged resources, which stack policies need; write it with"),
        ("failed", "is of a preview that failed"),
        ("events", "is a log of engine events, which leaves dependencies out; write the preview with"),
    ],
)
def test_a_preview_without_the_whole_stack_is_refused(name: str, message: str) -> None:
    with pytest.raises(CannotJudge, match=message):
        loaded(name)
