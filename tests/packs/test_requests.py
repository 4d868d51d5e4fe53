"""What packs receive of the program, its resources and its environment."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from policypack.core.policy import (
    Asset,
    Options,
    Reference,
    Resource,
)
from tests.packs.making import BUCKET, KEY, PROJECT, STACK, judged, pack_of, policy, project


def test_a_pack_receives_the_program_under_preview(tmp_path: Path) -> None:
    body = (
        "report(f'{pulumi.get_organization()} {pulumi.get_project()} {pulumi.get_stack()} {pulumi.runtime.is_dry_run()}"
        " {dict(args.stack_tags)}')"
    )
    pack = pack_of(tmp_path, "import pulumi\n", policy("reports", body))
    result = judged([pack], BUCKET, project=project())
    tags = {"cost": "low", "pulumi:project": "project", "pulumi:runtime": "python"}
    (outcome,) = result.outcomes
    assert outcome.message.startswith("org project stack True ")
    assert eval(outcome.message.removeprefix("org project stack True ")) == tags


def test_credentials_do_not_reach_a_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "hush")
    monkeypatch.setenv("TEAM", "orders")
    pack = pack_of(
        tmp_path,
        "import os\n",
        policy("reports", "report(' '.join(k for k, v in os.environ.items() if v in ('hush', 'orders')))"),
    )
    assert [outcome.message for outcome in judged([pack], BUCKET).outcomes] == ["TEAM"]


def test_a_pack_receives_options_provider_and_parent(tmp_path: Path) -> None:
    provider = Resource("pulumi:providers:aws", "eu", {"region": "eu-west-1"})
    options = Options(
        protect=True,
        ignore_changes=("tags",),
        delete_before_replace=False,
        aliases=(f"{PROJECT}::aws:s3/bucket:Bucket::old",),
        timeouts={"create": 60.0, "delete": 90.0},
        additional_secret_outputs=("arn",),
    )
    subject = replace(BUCKET, options=options, provider=provider.urn)
    body = (
        "o = args.opts; t = o.custom_timeouts; p = args.provider; "
        "report(repr((args.resource_type, args.urn, args.name, o.protect, list(o.ignore_changes), o.delete_before_replace,"
        " list(o.aliases), (t.create_seconds, t.update_seconds, t.delete_seconds), list(o.additional_secret_outputs),"
        " o.parent, (p.resource_type, p.name, p.urn, p.props['region']))))"
    )
    pack = pack_of(tmp_path, policy("reports", f"if args.name == 'inbox': {body}"))
    (outcome,) = judged([pack], provider, subject).outcomes
    assert eval(outcome.message) == (
        "aws:s3/bucket:Bucket",
        BUCKET.urn,
        "inbox",
        True,
        ["tags"],
        False,
        [f"{PROJECT}::aws:s3/bucket:Bucket::old"],
        (60.0, 0.0, 90.0),
        ["arn"],
        STACK.urn,
        ("pulumi:providers:aws", "eu", provider.urn, "eu-west-1"),
    )


def test_a_pack_receives_aliases_of_existing_resources(tmp_path: Path) -> None:
    """As the engine: in a state aliases are sent; in a preview of a new stack no resource exists that they name."""
    subject = replace(BUCKET, options=Options(aliases=(f"{PROJECT}::aws:s3/bucket:Bucket::old",)))
    reports = policy("reports", "report(str(list(args.opts.aliases)))")
    over = policy("over", "report(str(list(args.resources[0].opts.aliases)))", over_stack=True)
    pack = pack_of(tmp_path, reports, over)
    assert {outcome.message for outcome in judged([pack], subject).outcomes} == {str(list(subject.options.aliases))}
    assert {outcome.message for outcome in judged([pack], subject, project=project()).outcomes} == {"[]"}


def test_values_have_the_types_of_the_sdk(tmp_path: Path) -> None:
    inputs = {
        "whole": 7,
        "big": 2.5,
        "none": None,
        "yes": True,
        "list": ["a", 1, [False]],
        "bucket": Reference(BUCKET.urn, "inbox-1"),
        "component": Reference(STACK.urn, ""),
        "file": Asset(path="./a.txt"),
        "zip": Asset(members={"b.txt": Asset(text="hello")}, archive=True),
        "hidden": "s3cret",
    }
    body = (
        "p = args.props; import pulumi; report(repr((p['whole'], p['big'], p['none'], p['yes'], [p['list'][0], p['list'][1],"
        " list(p['list'][2])], p['bucket'], p['component'], p['file'].path, p['zip'].assets['b.txt'].text, len(p['hidden']))))"
    )
    subject = Resource("test:index:Any", "any", inputs, secrets=frozenset({"hidden"}))
    (outcome,) = judged([pack_of(tmp_path, policy("reports", body))], subject).outcomes
    assert eval(outcome.message) == (7, 2.5, None, True, ["a", 1, [False]], "inbox-1", STACK.urn, "./a.txt", "hello", 6)


def test_a_stack_policy_sees_outputs_parents_and_dependencies(tmp_path: Path) -> None:
    bucket = replace(
        BUCKET,
        outputs={"arn": "arn:aws:s3:::inbox"},
        dependencies=(KEY.urn,),
        property_dependencies={"kms": (KEY.urn,), "acl": ()},
    )
    body = (
        "b = args.resources[2]; report(repr((dict(b.props), b.parent is args.resources[0], b.dependencies[0].name,"
        " {k: [e.name for e in v] for k, v in b.property_dependencies.items()})), b.urn)"
    )
    pack = pack_of(tmp_path, policy("reports", body, over_stack=True), policy("root", "report('all')", over_stack=True))
    outcomes = {outcome.policy.id: outcome for outcome in judged([pack], STACK, KEY, bucket).outcomes}
    assert outcomes["ours/reports"].resource.urn == BUCKET.urn
    assert eval(outcomes["ours/reports"].message) == ({"arn": "arn:aws:s3:::inbox"}, True, "key", {"kms": ["key"]})
    assert outcomes["ours/root"].resource is STACK
