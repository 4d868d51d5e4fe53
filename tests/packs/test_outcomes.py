"""What a pack says of resources, as outcomes and notes; the engine's order, levels and fall-backs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from policypack.core.policy import (
    UNKNOWN,
    Asset,
    EnforcementLevel,
    Kind,
    Options,
    Reference,
    Resource,
    Severity,
    Unknown,
)
from policypack.evaluation.settings import Settings
from stackguard.notes import Note, NoteKind
from tests.packs.making import judged, pack_of, policy, project

ADVISORY, MANDATORY = EnforcementLevel.ADVISORY, EnforcementLevel.MANDATORY
PROJECT = "urn:pulumi:stack::project"
STACK = Resource("pulumi:pulumi:Stack", "project-stack", custom=False)
KEY = Resource("aws:kms/key:Key", "key", {"description": "for orders"})
BUCKET = Resource(
    "aws:s3/bucket:Bucket",
    "inbox",
    {"bucket": "inbox", "acl": "public-read", "tags": {"team": "orders"}},
    parent=STACK.urn,
)


def test_a_violation_says_what_the_pack_says(tmp_path: Path) -> None:
    card = ", severity=Severity.CRITICAL, display_name='No public ACL', remediation_steps='Leave it\\n  out.'"
    more = card + ", url='https://example.com/acl'"
    body = "if 'acl' in args.props: report('`acl` is\\n  ' + args.props['acl']); report('')"
    said = judged([pack_of(tmp_path, policy("acl", body, more=more))], BUCKET, KEY)
    assert said.told() == [
        ("ours/acl", "inbox", "violation", "About acl."),
        ("ours/acl", "inbox", "violation", "`acl` is public-read"),
    ]
    found = said.outcomes[0]
    assert (found.enforcement, found.blocks, found.path) == (MANDATORY, True, "")
    assert (found.policy.severity, found.policy.title, found.fix) == (
        Severity.CRITICAL,
        "No public ACL",
        "Leave it out.",
    )
    assert found.policy.references == ["https://example.com/acl"]


def test_a_policy_without_a_severity_is_high(tmp_path: Path) -> None:
    said = judged([pack_of(tmp_path, policy("plain", "report('seen')"))], BUCKET)
    assert [each.policy.severity for each in said.outcomes] == [Severity.HIGH]


@pytest.mark.parametrize(
    ("level", "found"),
    [("ADVISORY", [ADVISORY]), ("MANDATORY", [MANDATORY]), ("REMEDIATE", [MANDATORY]), ("DISABLED", [])],
)
def test_enforcement_levels(tmp_path: Path, level: str, found: list[EnforcementLevel]) -> None:
    """`remediate` is mandatory where no remediation helps, and for a stack policy."""
    for over_stack in (False, True):
        pack = pack_of(tmp_path / str(over_stack), policy("p", "report('seen')", level=level, over_stack=over_stack))
        said = judged([pack], BUCKET)
        assert [each.enforcement for each in said.outcomes] == found
        assert said.policies == len(found)


def test_a_policy_that_meets_an_unknown_did_not_run(tmp_path: Path) -> None:
    subject = replace(
        BUCKET,
        inputs={"rules": [{"days": 1}, {"days": UNKNOWN}], "prefix": UNKNOWN},
        property_dependencies={"rules": (KEY.urn,)},
    )
    pack = pack_of(
        tmp_path,
        policy("deep", "report(str([rule['days'] for rule in args.props['rules']]))"),
        policy("soft", "report(args.props['prefix'])", level="ADVISORY"),
        policy("fixing", "report(args.props['prefix'])", level="REMEDIATE"),
    )
    found = {each.policy.id: each for each in judged([pack], subject).outcomes}
    assert {each.kind for each in found.values()} == {Kind.UNDECIDED}
    deep = found["ours/deep"]
    assert (deep.path, deep.waits_for, deep.enforcement) == ("rules[1].days", (KEY.urn,), MANDATORY)
    assert deep.message == (
        "`rules[1].days` is known only after the update, so this policy cannot judge it"
        " (string value at .rules.1.days can't be known during preview)"
    )
    assert found["ours/soft"].enforcement is ADVISORY
    assert found["ours/fixing"].enforcement is MANDATORY
    lenient = judged([pack], subject, settings=Settings(unknown="advisory"))
    assert {each.enforcement for each in lenient.outcomes} == {ADVISORY}


def test_an_unknown_says_where_it_comes_from(tmp_path: Path) -> None:
    waiting = Unknown("is what `getVpc` returns", "Add the result to the mock file.")
    subject = replace(BUCKET, inputs={"vpc": waiting})
    (found,) = judged([pack_of(tmp_path, policy("p", "report(args.props['vpc'])"))], subject).outcomes
    assert found.message.startswith("`vpc` is what `getVpc` returns, so this policy cannot judge it")
    assert found.fix == "Add the result to the mock file."


def test_what_a_policy_says_in_the_sdks_words_is_still_a_violation(tmp_path: Path) -> None:
    """Only the SDK's own diagnostic has the words first; a policy's has its description before them."""
    text = "can't run policy 'p' from policy pack 'ours@v0.0.1' during preview: string value at .a can't be known"
    said = judged([pack_of(tmp_path, policy("p", f"report({text!r})"))], BUCKET)
    assert [each.kind for each in said.outcomes] == [Kind.VIOLATION]


def test_a_stack_policy_meets_an_unknown(tmp_path: Path) -> None:
    subject = replace(BUCKET, outputs={"arn": UNKNOWN})
    body = "report(args.resources[1].props['arn'])"
    (found,) = judged([pack_of(tmp_path, policy("over", body, over_stack=True))], STACK, subject).outcomes
    assert (found.kind, found.resource, found.enforcement) == (Kind.UNDECIDED, STACK, MANDATORY)
    assert "string value at .arn can't be known during preview" in found.message


OLD_SDK = """
import pulumi_policy.policy as sdk
Servicer = sdk._PolicyAnalyzerServicer
def untyped(self, request, context, whole=Servicer.GetAnalyzerInfo):
    info = whole(self, request, context)
    for each in info.policies:
        each.ClearField("policy_type")
    return info
def worded(whole):
    def answer(self, request, context):
        said = whole(self, request, context)
        for each in said.diagnostics:
            each.message = each.message.replace(" from policy pack 'ours@v0.0.1'", "")
        return said
    return answer
Servicer.GetAnalyzerInfo = untyped
Servicer.Analyze, Servicer.AnalyzeStack = worded(Servicer.Analyze), worded(Servicer.AnalyzeStack)
"""
"""What SDKs before 1.18 leave out: whether a policy is over the stack, and, before 1.8, the pack's name in a text."""


def test_a_pack_of_an_older_sdk_says_the_same(tmp_path: Path) -> None:
    subject = replace(BUCKET, inputs={"prefix": UNKNOWN}, outputs={"arn": UNKNOWN, "prefix": "in"})
    policies = (
        policy("single", "report('seen')"),
        policy("over", "report('all')", over_stack=True),
        policy("meets", "report(args.props['prefix'])"),
        policy("over-meets", "report(args.resources[0].props['arn'])", over_stack=True),
    )
    new, old = (
        judged([pack_of(tmp_path / name, head, *policies)], subject) for name, head in (("new", ""), ("old", OLD_SDK))
    )
    assert old.told() == new.told()
    assert [policy for policy, *_ in old.told()] == ["ours/meets", "ours/over", "ours/over-meets", "ours/single"]
    assert all(each.blocks for each in old.outcomes)


def test_a_pack_without_the_newer_methods_judges_all_the_same(tmp_path: Path) -> None:
    """As with the engine: what is left of a policy that would remediate is its judging."""
    lacks = "import pulumi_policy.policy as sdk\ndel sdk._PolicyAnalyzerServicer.Remediate\n"
    lacks += "del sdk._PolicyAnalyzerServicer.AnalyzeStack\ndel sdk._PolicyAnalyzerServicer.ConfigureStack\n"
    fixing = policy("acl", "report(args.props['acl'])", level="REMEDIATE", remediates="return {}")
    over = policy("over", "report('all')", over_stack=True)
    said = judged([pack_of(tmp_path, lacks, fixing, over)], BUCKET, project=project())
    assert said.told() == [("ours/acl", "inbox", "violation", "public-read")]


def test_not_applicable_is_a_note_with_its_reason(tmp_path: Path) -> None:
    pack = pack_of(
        tmp_path,
        policy("buckets", "args.not_applicable('only for buckets')"),
        policy("empty", "args.not_applicable()", over_stack=True),
    )
    said = judged([pack], KEY, BUCKET)
    assert said.outcomes == []
    assert said.notes == (
        Note(NoteKind.NOT_APPLICABLE, "ours/buckets", "only for buckets", (KEY.urn, BUCKET.urn)),
        Note(NoteKind.NOT_APPLICABLE, "ours/empty", "the policy gives no reason"),
    )


FIX_ACL = "args.props['acl'] = 'private'\nreturn args.props"


def test_remediations_go_first_in_the_order_of_packs(tmp_path: Path) -> None:
    """A later one sees what an earlier one made, and every policy judges what the last one made."""
    first = pack_of(
        tmp_path / "first",
        policy("sees", "report(args.props['acl'])"),
        policy("acl", "", remediates=FIX_ACL, level="REMEDIATE"),
        name="first",
    )
    second = pack_of(
        tmp_path / "second",
        policy("tags", "", remediates="return {**args.props, 'tags': {'acl': args.props['acl']}}", level="REMEDIATE"),
        policy(
            "drops", "", remediates="return {k: v for k, v in args.props.items() if k != 'bucket'}", level="REMEDIATE"
        ),
        policy("same", "", remediates="return args.props", level="REMEDIATE"),
        policy("off", "", remediates="return {'acl': 'public'}", level="MANDATORY"),
        name="second",
    )
    said = judged([first, second], BUCKET)
    assert said.remediated[0].inputs == {"acl": "private", "tags": {"acl": "private"}}
    assert said.told() == [("first/sees", "inbox", "violation", "private")]
    assert [(each.kind, each.about, each.message) for each in said.notes] == [
        (NoteKind.REMEDIATED, "first/acl", "changes `acl`"),
        (NoteKind.REMEDIATED, "second/tags", "changes `tags`"),
        (NoteKind.REMEDIATED, "second/drops", "removes `bucket`"),
        (NoteKind.NOT_APPLICABLE, "second/off", "Policy does not implement validate"),
    ]


def test_a_remediation_leaves_alone_what_it_does_not_change(tmp_path: Path) -> None:
    """Unknowns, references, assets and secrets are not the same on their way back; the resource's own are kept."""
    why = Unknown("is what `getVpc` returns")
    code = Asset(
        members={"a.py": Asset(text="pass", hash="abc"), "b": Asset(path="./b", hash="d")}, archive=True, hash="e"
    )
    kept = {
        "vpc": why,
        "of": Reference(KEY.urn),
        "code": code,
        "more": [{"deep": why, "acl": "open"}],
        "pin": "hush-1234",
    }
    subject = replace(BUCKET, inputs={**kept, "acl": "open"}, secrets=frozenset({"pin"}))
    fix = "args.props['acl'] = 'private'\nargs.props['more'][0]['acl'] = 'private'\nreturn args.props"
    (after,) = judged([pack_of(tmp_path, policy("acl", "", remediates=fix, level="REMEDIATE"))], subject).remediated
    assert after.inputs == {**kept, "acl": "private", "more": [{"deep": why, "acl": "private"}]}
    assert after.inputs["vpc"] is why
    assert after.secrets == {"pin"}


def test_a_remediation_can_make_a_secret(tmp_path: Path) -> None:
    fix = "args.props['acl'] = Secret('made-up-1234')\nreturn args.props"
    pack = pack_of(
        tmp_path,
        policy("acl", "", remediates=fix, level="REMEDIATE"),
        policy("tells", "report('it is ' + args.props['acl'])"),
    )
    said = judged([pack], BUCKET)
    assert said.remediated[0].secrets == {"acl"}
    assert said.told() == [("ours/tells", "inbox", "violation", "it is …")]


def test_no_message_and_no_reason_quotes_a_secret(tmp_path: Path) -> None:
    """Of the resource, of its provider, of another resource in the stack, and of the configuration."""
    token = {"token": "provider-secret"}
    provider = Resource("pulumi:providers:aws", "aws", token, outputs=token, secrets=frozenset({"token"}))
    subject = replace(BUCKET, inputs={"pin": "own-secret-1"}, secrets=frozenset({"pin"}), provider=provider.urn)
    subject = replace(subject, outputs=subject.inputs)
    told = "' '.join([args.props['pin'], args.provider.props['token'], pulumi.Config('project').get('key')])"
    over = "report(' '.join(str(dict(each.props)) for each in args.resources))"
    pack = pack_of(
        tmp_path,
        "import pulumi\n",
        policy("tells", f"if args.provider: report({told})"),
        policy("skips", f"if args.provider: args.not_applicable({told})"),
        policy("over", over, over_stack=True),
    )
    said = judged([pack], provider, subject, project=project())
    texts = [each.message for each in (*said.outcomes, *said.notes)]
    assert texts == ["… … …", "{'token': '…'} {'pin': '…'}", "… … …"]


def test_a_pack_knows_the_program_under_preview(tmp_path: Path) -> None:
    told = (
        "report(f'{pulumi.get_organization()} {pulumi.get_project()} {pulumi.get_stack()} {pulumi.runtime.is_dry_run()}"
        " {dict(args.stack_tags)}')"
    )
    pack = pack_of(tmp_path, "import pulumi\n", policy("tells", told))
    said = judged([pack], BUCKET, project=project())
    tags = {"cost": "low", "pulumi:project": "project", "pulumi:runtime": "python"}
    (outcome,) = said.outcomes
    assert outcome.message.startswith("org project stack True ")
    assert eval(outcome.message.removeprefix("org project stack True ")) == tags


def test_credentials_do_not_reach_a_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "hush")
    monkeypatch.setenv("TEAM", "orders")
    pack = pack_of(
        tmp_path,
        "import os\n",
        policy("tells", "report(' '.join(k for k, v in os.environ.items() if v in ('hush', 'orders')))"),
    )
    assert [each.message for each in judged([pack], BUCKET).outcomes] == ["TEAM"]


def test_a_pack_is_told_of_options_provider_and_place(tmp_path: Path) -> None:
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
    told = (
        "o = args.opts; t = o.custom_timeouts; p = args.provider; "
        "report(repr((args.resource_type, args.urn, args.name, o.protect, list(o.ignore_changes), o.delete_before_replace,"
        " list(o.aliases), (t.create_seconds, t.update_seconds, t.delete_seconds), list(o.additional_secret_outputs),"
        " o.parent, (p.resource_type, p.name, p.urn, p.props['region']))))"
    )
    pack = pack_of(tmp_path, policy("tells", f"if args.name == 'inbox': {told}"))
    (found,) = judged([pack], provider, subject).outcomes
    assert eval(found.message) == (
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


def test_a_pack_is_told_of_aliases_that_stand_for_a_resource(tmp_path: Path) -> None:
    """As the engine does: in a state they do; in a preview of a new stack there is nothing that they could stand for."""
    subject = replace(BUCKET, options=Options(aliases=(f"{PROJECT}::aws:s3/bucket:Bucket::old",)))
    tells = policy("tells", "report(str(list(args.opts.aliases)))")
    over = policy("over", "report(str(list(args.resources[0].opts.aliases)))", over_stack=True)
    pack = pack_of(tmp_path, tells, over)
    assert {each.message for each in judged([pack], subject).outcomes} == {str(list(subject.options.aliases))}
    assert {each.message for each in judged([pack], subject, project=project()).outcomes} == {"[]"}


def test_values_arrive_as_the_sdk_knows_them(tmp_path: Path) -> None:
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
    told = (
        "p = args.props; import pulumi; report(repr((p['whole'], p['big'], p['none'], p['yes'], [p['list'][0], p['list'][1],"
        " list(p['list'][2])], p['bucket'], p['component'], p['file'].path, p['zip'].assets['b.txt'].text, len(p['hidden']))))"
    )
    subject = Resource("test:index:Any", "any", inputs, secrets=frozenset({"hidden"}))
    (found,) = judged([pack_of(tmp_path, policy("tells", told))], subject).outcomes
    assert eval(found.message) == (7, 2.5, None, True, ["a", 1, [False]], "inbox-1", STACK.urn, "./a.txt", "hello", 6)


def test_a_stack_policy_sees_outputs_and_how_resources_hang_together(tmp_path: Path) -> None:
    bucket = replace(
        BUCKET,
        outputs={"arn": "arn:aws:s3:::inbox"},
        dependencies=(KEY.urn,),
        property_dependencies={"kms": (KEY.urn,), "acl": ()},
    )
    told = (
        "b = args.resources[2]; report(repr((dict(b.props), b.parent is args.resources[0], b.dependencies[0].name,"
        " {k: [e.name for e in v] for k, v in b.property_dependencies.items()})), b.urn)"
    )
    pack = pack_of(tmp_path, policy("tells", told, over_stack=True), policy("root", "report('all')", over_stack=True))
    found = {each.policy.id: each for each in judged([pack], STACK, KEY, bucket).outcomes}
    assert found["ours/tells"].resource.urn == BUCKET.urn
    assert eval(found["ours/tells"].message) == ({"arn": "arn:aws:s3:::inbox"}, True, "key", {"kms": ["key"]})
    assert found["ours/root"].resource is STACK


def test_a_stack_without_a_root_still_has_one_to_blame(tmp_path: Path) -> None:
    (found,) = judged([pack_of(tmp_path, policy("root", "report('all')", over_stack=True))], BUCKET).outcomes
    assert found.resource.urn == STACK.urn
    assert found.resource.name == STACK.name


def test_a_violation_of_a_urn_that_is_not_there_is_the_stacks(tmp_path: Path) -> None:
    (found,) = judged(
        [pack_of(tmp_path, policy("odd", "report('all', 'some-urn')", over_stack=True))], STACK, KEY
    ).outcomes
    assert found.resource is STACK


def test_a_megabyte_of_properties(tmp_path: Path) -> None:
    subject = replace(BUCKET, inputs={"text": "a" * 8_000_000})
    (found,) = judged([pack_of(tmp_path, policy("counts", "report(str(len(args.props['text'])))"))], subject).outcomes
    assert found.message == "8000000"


def test_a_pack_that_is_built_as_a_distribution(tmp_path: Path) -> None:
    """Without `__main__.py` the module of the distribution is run, as from the CLI."""
    pack = pack_of(tmp_path / "pack", policy("seen", "report('seen')"))
    module = pack / "tagging_pack"
    module.mkdir()
    (pack / "__main__.py").rename(module / "__main__.py")
    (module / "__init__.py").write_text("", encoding="utf-8")
    (pack / "pyproject.toml").write_text(
        '[project]\nname = "tagging-pack"\n[build-system]\nbuild-backend = "hatchling.build"\n', encoding="utf-8"
    )
    assert [each.message for each in judged([pack], BUCKET).outcomes] == ["seen"]
