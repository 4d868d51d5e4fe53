from __future__ import annotations

import json
from typing import Any

import pytest

from policypack.core.policy import Unknown
from stackguard.errors import CannotJudge
from stackguard.sources import LoadedStack
from tests.sources.states import BUCKET, as_bytes, parsed, resources, state, urn


def step(new: dict[str, Any] | None, op: str = "create", **more: Any) -> dict[str, Any]:
    return {"op": op, "urn": "x", "newState": new, **more}


def read(*steps: dict[str, Any], **more: Any) -> LoadedStack:
    return parsed(as_bytes({"config": {"aws:region": "eu-west-1"}, "steps": list(steps), **more}), "`preview.json`")


def test_a_preview_has_the_resources_after_the_update() -> None:
    old = state("aws:s3/bucket:Bucket", "gone", {})
    loaded = read(*map(step, resources()), step(None, "delete", oldState=old))
    assert [resource.urn for resource in loaded.resources][-1] == BUCKET
    assert len(loaded.resources) == len(resources())
    assert loaded.region == "eu-west-1"


def test_the_steps_of_a_replacement_are_one_resource() -> None:
    new = state("aws:s3/bucket:Bucket", "b", {"bucket": "new"})
    loaded = read(step(new, "create-replacement"), step(new, "replace"), step(None, "delete-replaced"))
    assert [resource.inputs for resource in loaded.resources] == [{"bucket": "new"}]


@pytest.mark.parametrize("op", ["", "create", "same", "update", "replace", "read", "import"])
def test_a_step_without_its_new_state_is_an_error(op: str) -> None:
    with pytest.raises(CannotJudge, match=r"^`preview.json`, step 2 has no `newState`, .*`pulumi preview --json"):
        read(step(resources()[0]), step(None, op))


@pytest.mark.parametrize("op", ["delete", "delete-replaced", "discard-replaced", "remove-pending-replace", "refresh"])
def test_a_step_that_deletes_needs_no_new_state(op: str) -> None:
    assert len(read(step(resources()[0]), step(None, op)).resources) == 1


def test_a_blinded_secret_is_unknown_with_its_reason() -> None:
    (resource,) = read(step(state("a:b:C", "c", {"env": {"TOKEN": "[secret]"}, "list": ["[secret]"]}))).resources
    hidden = Unknown("is a secret, which `pulumi preview` leaves out")
    assert resource.inputs == {"env": {"TOKEN": hidden}, "list": [hidden]}
    assert resource.secrets == {"env.TOKEN", "list[0]"}


def test_sentinels_are_unknown_values() -> None:
    (resource,) = read(step(state("a:b:C", "c", {"arn": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}))).resources
    assert resource.inputs == {"arn": Unknown()}


def test_a_preview_that_leaves_resources_out_is_refused() -> None:
    with pytest.raises(CannotJudge, match=r"leaves out 2 unchanged resources, .* `pulumi preview --json --show-sames`"):
        read(step(resources()[0], "same"), changeSummary={"same": 3, "create": 1})


def test_a_preview_without_steps_is_refused_and_one_that_removes_everything_is_not() -> None:
    with pytest.raises(CannotJudge, match=r"has no steps, .* `pulumi preview --json --show-sames`"):
        read()
    assert read(step(None, "delete"), changeSummary={"delete": 1}).resources == ()


def test_a_preview_with_unchanged_resources_is_complete() -> None:
    assert len(read(*(step(resource, "same") for resource in resources()), changeSummary={"same": 4}).resources) == 4


def test_a_failed_preview_is_refused_with_its_diagnostics() -> None:
    with pytest.raises(CannotJudge, match="of a preview that failed") as caught:
        read(
            step(resources()[0]),
            diagnostics=[{"severity": "info", "message": "hello"}, {"severity": "error", "message": "boom"}],
        )
    assert caught.value.detail == "boom"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"steps": [{"op": 3}]}, "`steps[0].op` must be a text"),
        ({"steps": [step({"urn": urn("a", "b"), "inputs": 1})]}, "step 1, `inputs` must be an object"),
    ],
)
def test_a_malformed_preview_is_refused(document: Any, message: str) -> None:
    with pytest.raises(CannotJudge, match=message.replace("[", r"\[")):
        parsed(as_bytes(document), "`preview.json`")


def test_a_resource_that_is_refreshed_and_then_updated_has_the_update() -> None:
    refreshed = [state("aws:s3/bucket:Bucket", name, {"bucket": "old"}) for name in ("a", "b", "c")]
    loaded = read(
        *(step(resource, "refresh", urn=resource["urn"]) for resource in refreshed),
        step(state("aws:s3/bucket:Bucket", "a", {"bucket": "new"}), "update"),
        step(None, "delete", urn=refreshed[1]["urn"]),
        changeSummary={"same": 1, "update": 1, "delete": 1},
    )
    assert [(resource.name, resource.inputs["bucket"]) for resource in loaded.resources] == [("c", "old"), ("a", "new")]


def test_a_refresh_alone_shows_the_whole_stack() -> None:
    assert len(read(*(step(resource, "refresh") for resource in resources()), changeSummary={"same": 4}).resources) == 4


def test_a_replaced_resource_is_kept_although_the_old_one_is_deleted() -> None:
    new = state("aws:s3/bucket:Bucket", "b", {})
    gone = step(None, "delete-replaced", urn=new["urn"])
    for steps in ([step(new, "create-replacement"), gone], [gone, step(new, "replace")]):
        assert [resource.name for resource in read(*steps).resources] == ["b"]


def test_an_unchanged_resource_keeps_its_id_and_outputs() -> None:
    old = state("aws:s3/bucket:Bucket", "b", {"bucket": "x"}, outputs={"arn": "arn:aws:s3:::x"})
    new = {name: value for name, value in old.items() if name not in {"id", "outputs"}}
    (same,) = read(step(new, "same", oldState=old)).resources
    (updated,) = read(step(new, "update", oldState=old)).resources
    (replaced,) = read(step(new, "replace", oldState=old)).resources
    assert (same.id, same.outputs) == ("b-id", {"arn": "arn:aws:s3:::x"})
    assert (updated.id, updated.outputs) == ("b-id", {})
    assert (replaced.id, replaced.outputs) == ("", {})


@pytest.mark.parametrize("sort", [False, True])
def test_the_order_of_a_previews_fields_does_not_matter(*, sort: bool) -> None:
    document = {"steps": [step(resources()[0], "same")], "config": {"aws:region": "x"}, "changeSummary": {"same": 1}}
    text = json.dumps(document, sort_keys=sort).encode()
    assert parsed(text, "x").region == "x"


def test_a_preview_that_failed_before_its_first_step_is_refused() -> None:
    failed = {"diagnostics": [{"message": "no such stack", "severity": "error"}], "duration": 1}
    with pytest.raises(CannotJudge, match="of a preview that failed") as caught:
        parsed(as_bytes(failed), "`preview.json`")
    assert caught.value.detail == "no such stack"
