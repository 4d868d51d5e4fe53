"""Waivers: what they accept, what they do not, and what is said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, UNKNOWN_VALUE, Kind, Options, Outcome, Resource, Severity
from policypack.core.stack_name import StackName
from policypack.evaluation.grouping import one_per_value
from policypack.evaluation.places import fingerprint, fingerprints
from policypack.evaluation.settings import SettingsError
from policypack.evaluation.waiver_file import read
from policypack.evaluation.waivers import ProblemKind, Waived, WaiverRules, nowhere, waive
from tests.evaluation.test_places import NETWORK, OTHER, ROLE_POLICY, WIDE, outcomes, role_policy, unknown_policy

TODAY = date(2026, 11, 29)
POLICY = "iam-wildcard-action"
DEV = StackName("acme", "shop", "dev")
FIELDS = {
    "policy": POLICY,
    "resource": {"type": ROLE_POLICY, "name": "reader"},
    "reason": "the importer needs it",
    "expires": "2027-01-31",
}


def written(folder: Path, *waivers: dict[str, Any]) -> Path:
    import yaml

    file = folder / "stackguard-waivers.yaml"
    file.write_text(yaml.safe_dump({"waivers": list(waivers)}, sort_keys=False))
    return file


def waived(
    folder: Path,
    subject: Resource,
    stack: StackName = DEV,
    rules: WaiverRules | None = None,
    ran: Sequence[str] = (POLICY,),
    **fields: Any,
) -> Waived:
    reported = outcomes(subject, policy=POLICY, stack=stack.stack)
    return waive(reported, read(written(folder, FIELDS | fields)), stack, ran, [subject], TODAY, rules)


def accepted(result: Waived) -> list[bool]:
    return [outcome.exemption is not None for outcome in result.outcomes]


def test_a_waived_violation_does_not_block_and_keeps_what_the_waiver_says(tmp_path: Path) -> None:
    result = waived(tmp_path, role_policy(WIDE), owner="storage", ticket="SEC-1", approver="ana")
    (outcome,) = result.outcomes
    assert not outcome.blocks
    assert outcome.exemption is not None
    assert outcome.exemption.reason == "the importer needs it"
    assert (outcome.exemption.owner, outcome.exemption.ticket, outcome.exemption.approver) == (
        "storage",
        "SEC-1",
        "ana",
    )
    assert outcome.exemption.expires == date(2027, 1, 31)
    assert outcome.exemption.source == f"{tmp_path}/stackguard-waivers.yaml:2"
    assert not result.problems


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [("dev", True), ("d*", True), ("shop/dev", True), ("acme/*/dev", True), ("prod*", False), ("other/dev", False)],
)
def test_a_waiver_counts_in_its_stacks_only(tmp_path: Path, pattern: str, *, fits: bool) -> None:
    result = waived(tmp_path, role_policy(WIDE), stacks=[pattern])
    assert accepted(result) == [fits]
    assert not result.problems


@pytest.mark.parametrize(
    ("resource", "fits"),
    [
        ({"type": "aws:iam/rolePolicy:RolePolicy", "name": "reader"}, True),
        (role_policy().urn, True),
        (role_policy(name="writer").urn, False),
        ({"type": "aws:iam/userPolicy:UserPolicy", "name": "reader"}, False),
    ],
)
def test_a_waiver_names_a_resource(tmp_path: Path, resource: Any, *, fits: bool) -> None:
    result = waived(tmp_path, role_policy(WIDE), resource=resource)
    assert accepted(result) == [fits]
    assert not result.problems


@pytest.mark.parametrize("named", [{"type": ROLE_POLICY, "name": "old"}, role_policy(name="old").urn])
def test_a_renamed_resource_keeps_its_waiver_by_its_alias(tmp_path: Path, named: Any) -> None:
    renamed = role_policy(WIDE, name="new", options=Options(aliases=(role_policy(name="old").urn,)))
    assert accepted(waived(tmp_path, renamed, resource=named)) == [True]


@pytest.mark.parametrize("finding", ["Import", "s3:*", "S3:*"])
def test_one_waived_statement_does_not_waive_its_neighbour(tmp_path: Path, finding: str) -> None:
    resource = role_policy(WIDE | {"Sid": "Import"}, OTHER)
    assert accepted(waived(tmp_path, resource, finding=finding)) == [True, False]


def test_a_fingerprint_chooses_one_violation(tmp_path: Path) -> None:
    resource = role_policy(WIDE, WIDE, OTHER)
    hashes = fingerprints(outcomes(resource, policy=POLICY))
    for index in range(3):
        chosen = accepted(waived(tmp_path, resource, finding=hashes[index]))
        assert chosen == [index == other for other in range(3)]


@pytest.mark.parametrize(
    ("statements", "finding"),
    [((WIDE, OTHER), None), ((WIDE, WIDE), None), ((WIDE, WIDE | {"Resource": "arn:aws:s3:::b"}), "s3:*")],
    ids=["two statements", "two equal statements", "one action in two statements"],
)
def test_a_waiver_that_fits_several_violations_accepts_none(
    tmp_path: Path, statements: tuple[dict[str, Any], ...], finding: str | None
) -> None:
    result = waived(tmp_path, role_policy(*statements), finding=finding)
    assert accepted(result) == [False, False]
    assert [problem.kind for problem in result.problems] == [ProblemKind.AMBIGUOUS]


def test_all_elements_of_one_statement_are_one_finding(tmp_path: Path) -> None:
    result = waived(tmp_path, role_policy(WIDE | {"Action": ["s3:*", "iam:*"]}))
    assert accepted(result) == [True, True]


def test_a_waiver_counts_on_its_last_day_and_not_after(tmp_path: Path) -> None:
    assert accepted(waived(tmp_path, role_policy(WIDE), expires=str(TODAY))) == [True]
    expired = waived(tmp_path, role_policy(WIDE), expires=str(TODAY - timedelta(1)))
    assert accepted(expired) == [False]
    assert [problem.kind for problem in expired.problems] == [ProblemKind.EXPIRED]
    assert "2026-11-28" in expired.problems[0].message


@pytest.mark.parametrize("finding", [None, "Import", "0" * 32])
def test_a_waiver_that_accepts_nothing_is_a_problem(tmp_path: Path, finding: str | None) -> None:
    narrow = role_policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"})
    result = waived(tmp_path, narrow, finding=finding)
    assert [problem.kind for problem in result.problems] == [ProblemKind.UNUSED]
    assert not result.used


@pytest.mark.parametrize(
    ("finding", "told"),
    [("policy.Statement[0]", "is no `Sid`, action or fingerprint"), ("0" * 32, "is another violation")],
)
def test_a_finding_of_no_known_form_is_said_to_be_one(tmp_path: Path, finding: str, told: str) -> None:
    (problem,) = waived(tmp_path, role_policy(WIDE), finding=finding).problems
    assert told in problem.message


@pytest.mark.parametrize(
    ("finding", "statements", "there"),
    [
        ("Three", ({"Sid": "One"}, {"Sid": "Two", "Resource": "arn:aws:s3:::b"}), "let it be one of `One`, `Two`, or"),
        ("s3:Put", ({},), "let it be one of `s3:*`, or"),
        ("one", ({"Sid": "One"},), "let it be one of `One`, or"),
    ],
)
def test_a_misspelt_finding_is_named_with_those_that_there_are(
    tmp_path: Path, finding: str, statements: tuple[dict[str, Any], ...], there: str
) -> None:
    (problem,) = waived(tmp_path, role_policy(*(WIDE | more for more in statements)), finding=finding).problems
    assert f"its `finding` `{finding}` is no `Sid`, action or fingerprint" in problem.message
    assert there in problem.message


def test_a_long_list_of_findings_is_cut(tmp_path: Path) -> None:
    listed = [WIDE | {"Sid": f"Part{number}", "Resource": f"arn:aws:s3:::b{number}"} for number in range(9)]
    (problem,) = waived(tmp_path, role_policy(*listed), finding="Part").problems
    assert "`Part4` and 4 more, or" in problem.message


def test_stacks_that_do_not_fit_are_named(tmp_path: Path) -> None:
    (problem,) = waived(tmp_path, role_policy(WIDE), stacks=["prdo*", "stagin"]).elsewhere
    assert "its `stacks` fit no stack (`prdo*`, `stagin`); correct or remove it" in problem.message


def test_what_was_not_judged_makes_no_waiver_unused(tmp_path: Path) -> None:
    narrow = role_policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"})
    assert not waived(tmp_path, narrow, ran=()).problems
    assert not waived(tmp_path, narrow, resource={"type": ROLE_POLICY, "name": "elsewhere"}).problems


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"policy": "iam-wildcard-actions"}, ["did you mean `iam-wildcard-action`?"]),
        ({"policy": "iam-nonsense"}, ["`stackguard explain` lists them"]),
        ({"policy": "acme-naming"}, []),
        ({}, []),
    ],
)
def test_a_policy_that_does_not_exist_is_a_problem(tmp_path: Path, fields: dict[str, Any], told: list[str]) -> None:
    """One that is like none of ours may be of a pack that this run does not have."""
    subject = role_policy(WIDE)
    file = read(written(tmp_path, FIELDS | fields))
    known = [POLICY, "s3-public-acl"]
    result = waive(outcomes(subject, policy=POLICY), file, DEV, [POLICY], [subject], TODAY, known=known)
    assert [problem.message.partition("; ")[2] for problem in result.problems] == told


@pytest.mark.parametrize(
    ("fields", "fits"),
    [({"stacks": ["dve"]}, False), ({"resource": {"type": ROLE_POLICY, "name": "gone"}}, False), ({}, True)],
    ids=["stack", "resource", "sound"],
)
def test_a_waiver_for_no_stack_and_resource_is_one_of_all_stacks(
    tmp_path: Path, fields: dict[str, Any], *, fits: bool
) -> None:
    here, elsewhere = waived(tmp_path, role_policy(WIDE), **fields), waived(tmp_path, role_policy(name="x"), **fields)
    assert len(nowhere([here.elsewhere, elsewhere.elsewhere])) == (0 if fits else 1)
    assert not here.problems
    partial = waived(tmp_path, role_policy(WIDE), ran=(), **fields)
    assert not nowhere([elsewhere.elsewhere, partial.elsewhere]), "its policy did not judge one of them"


def test_a_type_may_be_written_as_reports_print_it(tmp_path: Path) -> None:
    resource = {"type": "aws:iam:RolePolicy", "name": "reader"}
    assert accepted(waived(tmp_path, role_policy(WIDE), resource=resource)) == [True]


def test_one_pattern_of_stacks_needs_no_list(tmp_path: Path) -> None:
    assert accepted(waived(tmp_path, role_policy(WIDE), stacks="d*")) == [True]


def test_an_alias_of_another_stack_is_no_name_of_the_resource(tmp_path: Path) -> None:
    alias = role_policy(name="old", stack="prod").urn
    renamed = role_policy(WIDE, name="new", options=Options(aliases=(alias,)))
    assert accepted(waived(tmp_path, renamed, resource={"type": ROLE_POLICY, "name": "old"})) == [False]


@pytest.mark.parametrize(
    ("rules", "counts"),
    [
        (WaiverRules(), True),
        (WaiverRules(never=frozenset({POLICY})), False),
        (WaiverRules(longest={Severity.HIGH: 30, Severity.CRITICAL: 30}), False),
        (WaiverRules(longest={Severity.HIGH: 90, Severity.CRITICAL: 90}), True),
    ],
)
def test_central_settings_limit_waivers(tmp_path: Path, rules: WaiverRules, *, counts: bool) -> None:
    result = waived(tmp_path, role_policy(WIDE), rules=rules)
    assert accepted(result) == [counts]
    assert [problem.kind for problem in result.problems] == ([] if counts else [ProblemKind.REFUSED])


def test_a_crash_cannot_be_waived(tmp_path: Path) -> None:
    crash = replace(outcomes(role_policy(WIDE), policy=POLICY)[0], kind=Kind.ERROR)
    assert isinstance(crash, Outcome)
    result = waive([crash], read(written(tmp_path, FIELDS)), DEV, [POLICY], [crash.resource], TODAY)
    assert accepted(result) == [False]


@pytest.mark.parametrize(
    "text", ["waivers:\n", "waivers: # the last one was removed\n", "", "waivers: []\n", "# none\n"]
)
def test_a_file_without_waivers_accepts_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "stackguard-waivers.yaml"
    file.write_text(text)
    assert read(file) == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- policy: x", "1: must be a mapping with `waivers`"),
        ("waiver: []", "1: there is no key `waiver`; the keys are `waivers`"),
        (
            "waivers:\n  - policy: a\n    resource: {type: b, name: b}\n    expires: 2027-01-01",
            "2: `waivers[0]`: `reason` is missing",
        ),
        (
            "waivers:\n  - policy: a\n    resource: {type: b, name: b}\n    reason: c",
            "2: `waivers[0]`: `expires` is missing",
        ),
        (
            "waivers:\n  - policy: a\n    resource: {type: b, name: b}\n    reason: c\n    expires: soon",
            "5: `waivers[0].expires`: must be a date such as `2027-01-31`",
        ),
        (
            "waivers:\n  - policy: a\n    resource: {type: b, name: b}\n    reason: '  '\n    expires: 2027-01-01",
            "4: `waivers[0].reason`: must not be blank",
        ),
        ("waivers:\n  - policy: a\n    until: b", "3: `waivers[0]`: there is no key `until`; the keys are `policy`"),
        (
            "waivers:\n  - policy: a\n    resource: partner\n    reason: c\n    expires: 2027-01-01",
            "3: `waivers[0].resource`: must be a URN, or `{type: aws:s3/bucket:Bucket, name: partner}`",
        ),
        ("waivers: [", "malformed YAML"),
        (
            "waivers:\n<<<<<<< HEAD\n  - policy: a\n=======\n  - policy: b\n>>>>>>> other\n",
            "2: malformed YAML: conflicts of a merge, between lines such as `<<<<<<<` and `>>>>>>>`",
        ),
    ],
)
def test_a_malformed_file_is_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "stackguard-waivers.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read(file)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{file}:")
    assert "\n" not in str(caught.value)


def of_unknown(folder: Path, *values: Resource, **fields: Any) -> Waived:
    """The outcomes of two policies about unknown documents, with a waiver of `pulumi-unknown-value`."""
    reported = [outcome for policy in (POLICY, "iam-wildcard-resource") for outcome in outcomes(*values, policy=policy)]
    file = written(folder, FIELDS | {"policy": UNKNOWN_VALUE} | fields)
    return waive(reported, read(file), DEV, [POLICY, UNKNOWN_VALUE], values, TODAY)


def summary_print(subject: Resource) -> str:
    (summary,) = one_per_value(outcomes(subject, policy=POLICY))
    return fingerprint(summary)


def test_a_waiver_of_an_unknown_value_accepts_what_every_policy_reports_of_it(tmp_path: Path) -> None:
    result = of_unknown(tmp_path, unknown_policy(NETWORK))
    assert accepted(result) == [True, True]
    assert not result.problems
    assert accepted(of_unknown(tmp_path, unknown_policy(NETWORK), finding=summary_print(unknown_policy(NETWORK)))) == [
        True,
        True,
    ]


def test_a_waiver_of_an_unknown_value_accepts_no_other_one(tmp_path: Path) -> None:
    result = of_unknown(tmp_path, unknown_policy(), finding=summary_print(unknown_policy(NETWORK)))
    assert accepted(result) == [False, False]
    assert [problem.kind for problem in result.problems] == [ProblemKind.UNUSED]


def test_a_waiver_of_an_unknown_value_accepts_no_violation(tmp_path: Path) -> None:
    assert accepted(of_unknown(tmp_path, role_policy(WIDE))) == [False]


def test_a_waiver_of_one_of_two_unknown_values_has_to_say_which(tmp_path: Path) -> None:
    two = unknown_policy(NETWORK)
    inline = {"inlinePolicies": [{"policy": UNKNOWN}, {"policy": UNKNOWN}]}
    urn = "urn:pulumi:dev::shop::aws:iam/role:Role::reader"
    both = replace(two, type="aws:iam/role:Role", urn=urn, inputs=inline)
    result = of_unknown(tmp_path, both, resource={"type": "aws:iam/role:Role", "name": "reader"})
    assert not any(accepted(result))
    assert [problem.kind for problem in result.problems] == [ProblemKind.AMBIGUOUS]
