"""The outcomes and notes of packs; the engine's order, levels and fall-backs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from policypack.core.policy import (
    UNKNOWN,
    Asset,
    EnforcementLevel,
    Kind,
    Reference,
    Resource,
    Severity,
    Unknown,
)
from policypack.evaluation.settings import Settings
from stackguard.notes import Note, NoteKind
from tests.packs.making import BUCKET, KEY, STACK, judged, pack_of, policy, project

ADVISORY, MANDATORY = EnforcementLevel.ADVISORY, EnforcementLevel.MANDATORY


def test_a_violation_has_the_facts_of_the_pack(tmp_path: Path) -> None:
    card = ", severity=Severity.CRITICAL, display_name='No public ACL', remediation_steps='Leave it\\n  out.'"
    more = card + ", url='https://example.com/acl'"
    body = "if 'acl' in args.props: report('`acl` is\\n  ' + args.props['acl']); report('')"
    result = judged([pack_of(tmp_path, policy("acl", body, more=more))], BUCKET, KEY)
    assert result.summary() == [
        ("ours/acl", "inbox", "violation", "About acl."),
        ("ours/acl", "inbox", "violation", "`acl` is public-read"),
    ]
    outcome = result.outcomes[0]
    assert (outcome.enforcement, outcome.blocks, outcome.path) == (MANDATORY, True, "")
    assert (outcome.policy.severity, outcome.policy.title, outcome.fix) == (
        Severity.CRITICAL,
        "No public ACL",
        "Leave it out.",
    )
    assert outcome.policy.references == ["https://example.com/acl"]


def test_a_policy_without_a_severity_is_high(tmp_path: Path) -> None:
    result = judged([pack_of(tmp_path, policy("plain", "report('seen')"))], BUCKET)
    assert [outcome.policy.severity for outcome in result.outcomes] == [Severity.HIGH]


@pytest.mark.parametrize(
    ("level", "levels"),
    [("ADVISORY", [ADVISORY]), ("MANDATORY", [MANDATORY]), ("REMEDIATE", [MANDATORY]), ("DISABLED", [])],
)
def test_enforcement_levels(tmp_path: Path, level: str, levels: list[EnforcementLevel]) -> None:
    """`remediate` is mandatory if no remediation helps, and for a stack policy."""
    for over_stack in (False, True):
        pack = pack_of(tmp_path / str(over_stack), policy("p", "report('seen')", level=level, over_stack=over_stack))
        result = judged([pack], BUCKET)
        assert [outcome.enforcement for outcome in result.outcomes] == levels
        assert result.policies == len(levels)


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
    outcomes = {outcome.policy.id: outcome for outcome in judged([pack], subject).outcomes}
    assert {outcome.kind for outcome in outcomes.values()} == {Kind.UNDECIDED}
    deep = outcomes["ours/deep"]
    assert (deep.path, deep.waits_for, deep.enforcement) == ("rules[1].days", (KEY.urn,), MANDATORY)
    assert deep.message == (
        "`rules[1].days` is known only after the update, so this policy cannot judge it"
        " (string value at .rules.1.days can't be known during preview)"
    )
    assert outcomes["ours/soft"].enforcement is ADVISORY
    assert outcomes["ours/fixing"].enforcement is MANDATORY
    lenient = judged([pack], subject, settings=Settings(unknown="advisory"))
    assert {outcome.enforcement for outcome in lenient.outcomes} == {ADVISORY}


def test_an_unknown_keeps_its_reason_and_fix(tmp_path: Path) -> None:
    waiting = Unknown("is what `getVpc` returns", "Add the result to the mock file.")
    subject = replace(BUCKET, inputs={"vpc": waiting})
    (outcome,) = judged([pack_of(tmp_path, policy("p", "report(args.props['vpc'])"))], subject).outcomes
    assert outcome.message.startswith("`vpc` is what `getVpc` returns, so this policy cannot judge it")
    assert outcome.fix == "Add the result to the mock file."


def test_a_message_like_the_sdks_own_is_still_a_violation(tmp_path: Path) -> None:
    """Only the SDK's own diagnostic begins with this text; a policy's begins with its description."""
    text = "can't run policy 'p' from policy pack 'ours@v0.0.1' during preview: string value at .a can't be known"
    result = judged([pack_of(tmp_path, policy("p", f"report({text!r})"))], BUCKET)
    assert [outcome.kind for outcome in result.outcomes] == [Kind.VIOLATION]


def test_a_stack_policy_meets_an_unknown(tmp_path: Path) -> None:
    subject = replace(BUCKET, outputs={"arn": UNKNOWN})
    body = "report(args.resources[1].props['arn'])"
    (outcome,) = judged([pack_of(tmp_path, policy("over", body, over_stack=True))], STACK, subject).outcomes
    assert (outcome.kind, outcome.resource, outcome.enforcement) == (Kind.UNDECIDED, STACK, MANDATORY)
    assert "string value at .arn can't be known during preview" in outcome.message


OLD_SDK = """
import pulumi_policy.policy as sdk
Servicer = sdk._PolicyAnalyzerServicer
def untyped(self, request, context, current=Servicer.GetAnalyzerInfo):
    info = current(self, request, context)
    for policy in info.policies:
        policy.ClearField("policy_type")
    return info
def without_pack(current):
    def answer(self, request, context):
        result = current(self, request, context)
        for diagnostic in result.diagnostics:
            diagnostic.message = diagnostic.message.replace(" from policy pack 'ours@v0.0.1'", "")
        return result
    return answer
Servicer.GetAnalyzerInfo = untyped
Servicer.Analyze, Servicer.AnalyzeStack = without_pack(Servicer.Analyze), without_pack(Servicer.AnalyzeStack)
"""
"""What SDKs before 1.18 leave out: whether a policy is over the stack, and, before 1.8, the pack's name in a text."""


def test_a_pack_of_an_older_sdk_has_the_same_outcomes(tmp_path: Path) -> None:
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
    assert old.summary() == new.summary()
    assert [policy for policy, *_ in old.summary()] == ["ours/meets", "ours/over", "ours/over-meets", "ours/single"]
    assert all(outcome.blocks for outcome in old.outcomes)


def test_a_pack_without_the_newer_methods_still_judges(tmp_path: Path) -> None:
    """As with the engine, a policy that cannot remediate still judges."""
    lacks = "import pulumi_policy.policy as sdk\ndel sdk._PolicyAnalyzerServicer.Remediate\n"
    lacks += "del sdk._PolicyAnalyzerServicer.AnalyzeStack\ndel sdk._PolicyAnalyzerServicer.ConfigureStack\n"
    fixing = policy("acl", "report(args.props['acl'])", level="REMEDIATE", remediates="return {}")
    over = policy("over", "report('all')", over_stack=True)
    result = judged([pack_of(tmp_path, lacks, fixing, over)], BUCKET, project=project())
    assert result.summary() == [("ours/acl", "inbox", "violation", "public-read")]


def test_not_applicable_is_a_note_with_its_reason(tmp_path: Path) -> None:
    pack = pack_of(
        tmp_path,
        policy("buckets", "args.not_applicable('only for buckets')"),
        policy("empty", "args.not_applicable()", over_stack=True),
    )
    result = judged([pack], KEY, BUCKET)
    assert result.outcomes == []
    assert result.notes == (
        Note(NoteKind.NOT_APPLICABLE, "ours/buckets", "only for buckets", (KEY.urn, BUCKET.urn)),
        Note(NoteKind.NOT_APPLICABLE, "ours/empty", "the policy gives no reason"),
    )


FIX_ACL = "args.props['acl'] = 'private'\nreturn args.props"


def test_remediations_go_first_in_the_order_of_packs(tmp_path: Path) -> None:
    """Each remediation sees the result of the one before, and every policy judges the last result."""
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
    result = judged([first, second], BUCKET)
    assert result.remediated[0].inputs == {"acl": "private", "tags": {"acl": "private"}}
    assert result.summary() == [("first/sees", "inbox", "violation", "private")]
    assert [(note.kind, note.about, note.message) for note in result.notes] == [
        (NoteKind.REMEDIATED, "first/acl", "changes `acl`"),
        (NoteKind.REMEDIATED, "second/tags", "changes `tags`"),
        (NoteKind.REMEDIATED, "second/drops", "removes `bucket`"),
        (NoteKind.NOT_APPLICABLE, "second/off", "Policy does not implement validate"),
    ]


def test_a_remediation_keeps_what_it_does_not_change(tmp_path: Path) -> None:
    """The protocol changes unknowns, references, assets and secrets; the resource's own are kept."""
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
    fix = "args.props['acl'] = Secret('new-secret-1234')\nreturn args.props"
    pack = pack_of(
        tmp_path,
        policy("acl", "", remediates=fix, level="REMEDIATE"),
        policy("reports", "report('it is ' + args.props['acl'])"),
    )
    result = judged([pack], BUCKET)
    assert result.remediated[0].secrets == {"acl"}
    assert result.summary() == [("ours/reports", "inbox", "violation", "it is …")]


def test_no_message_and_no_reason_quotes_a_secret(tmp_path: Path) -> None:
    """Secrets of the resource, its provider, another resource in the stack, and the configuration."""
    token = {"token": "provider-secret"}
    provider = Resource("pulumi:providers:aws", "aws", token, outputs=token, secrets=frozenset({"token"}))
    subject = replace(BUCKET, inputs={"pin": "own-secret-1"}, secrets=frozenset({"pin"}), provider=provider.urn)
    subject = replace(subject, outputs=subject.inputs)
    secrets = "' '.join([args.props['pin'], args.provider.props['token'], pulumi.Config('project').get('key')])"
    over = "report(' '.join(str(dict(r.props)) for r in args.resources))"
    pack = pack_of(
        tmp_path,
        "import pulumi\n",
        policy("reports", f"if args.provider: report({secrets})"),
        policy("skips", f"if args.provider: args.not_applicable({secrets})"),
        policy("over", over, over_stack=True),
    )
    result = judged([pack], provider, subject, project=project())
    texts = [outcome.message for outcome in (*result.outcomes, *result.notes)]
    assert texts == ["… … …", "{'token': '…'} {'pin': '…'}", "… … …"]


def test_outcomes_of_a_stack_without_a_root_get_one(tmp_path: Path) -> None:
    (outcome,) = judged([pack_of(tmp_path, policy("root", "report('all')", over_stack=True))], BUCKET).outcomes
    assert outcome.resource.urn == STACK.urn
    assert outcome.resource.name == STACK.name


def test_a_violation_of_an_unknown_urn_is_the_stacks(tmp_path: Path) -> None:
    (outcome,) = judged(
        [pack_of(tmp_path, policy("odd", "report('all', 'some-urn')", over_stack=True))], STACK, KEY
    ).outcomes
    assert outcome.resource is STACK


def test_a_megabyte_of_properties(tmp_path: Path) -> None:
    subject = replace(BUCKET, inputs={"text": "a" * 8_000_000})
    (outcome,) = judged([pack_of(tmp_path, policy("counts", "report(str(len(args.props['text'])))"))], subject).outcomes
    assert outcome.message == "8000000"


def test_a_pack_that_is_built_as_a_distribution(tmp_path: Path) -> None:
    """Without `__main__.py` the module of the distribution runs, as with the CLI."""
    pack = pack_of(tmp_path / "pack", policy("seen", "report('seen')"))
    module = pack / "tagging_pack"
    module.mkdir()
    (pack / "__main__.py").rename(module / "__main__.py")
    (module / "__init__.py").write_text("", encoding="utf-8")
    (pack / "pyproject.toml").write_text(
        '[project]\nname = "tagging-pack"\n[build-system]\nbuild-backend = "hatchling.build"\n', encoding="utf-8"
    )
    assert [outcome.message for outcome in judged([pack], BUCKET).outcomes] == ["seen"]
