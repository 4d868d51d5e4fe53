"""What `pulumi preview --json` printed of one program, with the stand-in for its provider, in every situation.

The program has a component with a bucket and a provider of its own, a bucket, its policy (which quotes the bucket's
ARN), a parameter that holds a secret, and a bucket that is only read.
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
def test_a_preview_holds_the_whole_stack(name: str) -> None:
    found = loaded(name)
    assert sorted(each.name for each in found.resources) == sorted(NAMES)
    assert found.region == "eu-central-1"
    assert [each.name for each in found.resources if each.external] == ["theirs"]


@pytest.mark.parametrize("name", ["create", "update", "refresh"])
def test_what_is_new_waits_for_what_it_is_made_of(name: str) -> None:
    """An update that changes the bucket makes its ARN unknown again."""
    by_name = {each.name: each for each in loaded(name).resources}
    assert isinstance(by_name["open"].inputs["policy"], Unknown)
    assert by_name["p"].inputs["value"] == Unknown("is a secret, which `pulumi preview` leaves out")
    said = {
        (each.policy.id, each.kind)
        for each in judge(CheckRequest(str(PREVIEWS / f"{name}.json"))).outcomes
        if each.resource.name == "open"
    }
    assert ("iam-public-policy", "undecided") in said


def test_what_stays_as_it_is_is_judged() -> None:
    by_name = {each.name: each for each in loaded("refresh-only").resources}
    assert by_name["plain"].outputs["arn"] == f"arn:aws:s3:::{by_name['plain'].id}"
    said = {(each.policy.id, each.kind) for each in judge(CheckRequest(str(PREVIEWS / "refresh-only.json"))).outcomes}
    assert ("iam-public-policy", "violation") in said


def test_options_are_read_from_a_preview() -> None:
    (bucket,) = (each for each in loaded("create").resources if each.urn.endswith("$aws:s3/bucket:Bucket::comp"))
    assert bucket.options.protect
    assert bucket.options.timeouts == {"create": 1800}
    assert bucket.provider.endswith("pulumi:providers:aws::west")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("without-sames", "leaves out 3 unchanged resources, which stack policies need; write it with"),
        ("failed", "is of a preview that failed"),
        ("events", "is a log of engine events, which leaves dependencies out; write the preview with"),
    ],
)
def test_a_preview_without_the_whole_stack_is_refused(name: str, said: str) -> None:
    with pytest.raises(CannotJudge, match=said):
        loaded(name)
