"""Policies that require others, through the gate's loop and through the pack's session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from policypack.core.examples import allow, bucket, bucket_policy, packaged, permission, role_policy
from policypack.core.policy import EnforcementLevel, Policy, Resource, Severity, Stack, covers
from policypack.crossguard.session import Levels, Session
from policypack.crossguard.stack_settings import StackSettings
from policypack.evaluation import evaluate as evaluation
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.settings import Settings
from policypack.evaluation.settings.parsing import option
from policypack.policies import POLICIES
from tests.crossguard.test_session import analyze, analyze_stack, configure

BY_ID = {policy.id: policy for policy in POLICIES}
MANDATORY, ADVISORY, DISABLED = EnforcementLevel.MANDATORY, EnforcementLevel.ADVISORY, EnforcementLevel.DISABLED
MALFORMED = "iam-malformed-document"


def broken(text: str = "{") -> Resource:
    """A bucket policy that cannot be parsed."""
    return Resource("aws:s3/bucketPolicy:BucketPolicy", "inbox", {"bucket": "acme-inbox", "policy": text})


def by_gate(*resources: Resource, policies: Any = POLICIES, **levels: EnforcementLevel) -> set[tuple[str, str]]:
    """The gate's reports, by policy and path."""
    chosen = {policy_id.replace("_", "-"): level for policy_id, level in levels.items()}
    outcomes = evaluate(policies, Stack(resources, Settings(enforcement=chosen, trusted_cidrs=("203.0.113.0/24",))))
    return {(outcome.policy.id, outcome.path) for outcome in outcomes}


def by_pack(*resources: Resource, **levels: EnforcementLevel) -> set[str]:
    """The policies that the pack reports in an update."""
    chosen: Levels = {policy.id: (levels.get(policy.id.replace("-", "_"), MANDATORY), None) for policy in POLICIES}
    pack = Session(POLICIES, StackSettings([option({"trustedCidrs": ["203.0.113.0/24"]}, "test")]), Path(), None)
    configure(pack, dry_run=False)
    diagnostics = [diagnostic for resource in resources for diagnostic in analyze(pack, resource, chosen)]
    return {diagnostic.policy.id for diagnostic in (*diagnostics, *analyze_stack(pack, *resources, levels=chosen))}


EVERYWHERE = {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}
NO_ADDRESS = {"IpAddress": {"aws:SourceIp": "office"}}
RANGES = {"IpAddress": {"aws:SourceIp": ["203.0.113.*", "198.51.100.0/24"]}}
NO_ORGANIZATION = {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}}
EVERYONE = {"AWS": "*", "Service": "sns.amazonaws.com"}
AN_HOUR = {"NumericEquals": {"aws:MultiFactorAuthAge": "an hour"}}
PAIRS = [
    (MALFORMED, "s3-plaintext-transport", (bucket(), broken())),
    ("iam-unknown-action", "iam-linter-report", (role_policy(allow("s3:GetObjects")),)),
    (MALFORMED, "iam-mismatched-resource", (role_policy(allow(resource="inbox/*")),)),
    (MALFORMED, "iam-wildcard-resource", (role_policy({**allow(resource="*"), "Sid": "not in IAM"}),)),
    ("iam-mismatched-resource", "iam-linter-report", (role_policy(allow("s3:GetObject", "arn:aws:s3:::inbox")),)),
    ("iam-wildcard-resource", "iam-linter-report", (role_policy(allow("s3:GetObject", "*")),)),
    ("iam-invalid-address", "iam-linter-report", (role_policy(allow(Condition=NO_ADDRESS)),)),
    ("iam-wildcard-resource", "iam-linter-report", (role_policy(allow("s3:GetObject", "arn:*:s3:::*/*")),)),
    ("iam-absent-key-allowed", "iam-linter-report", (role_policy(allow(Condition=NO_ORGANIZATION)),)),
    ("iam-linter-report", "iam-ineffective-condition", (role_policy(allow(Condition=AN_HOUR)),)),
    ("iam-public-policy", "iam-confused-deputy", (bucket_policy(allow(Principal=EVERYONE)),)),
    ("iam-open-address", "iam-untrusted-address", (bucket_policy(allow(Principal="*", Condition=EVERYWHERE)),)),
    ("iam-invalid-address", "iam-untrusted-address", (bucket_policy(allow(Principal="*", Condition=RANGES)),)),
    *(
        (
            "lambda-malformed-source-arn",
            "lambda-foreign-bucket",
            (bucket(), permission(sourceArn=f"arn:aws:s3:::{name}")),
        )
        for name in ("Acme Outbox", "acme-out*")
    ),
]
each_pair = pytest.mark.parametrize(
    ("required", "policy", "resources"), PAIRS, ids=["-beside-".join(pair[:2]) for pair in PAIRS]
)


@each_pair
@pytest.mark.parametrize("level", [MANDATORY, ADVISORY, DISABLED])
def test_a_policy_yields_to_one_that_blocks(
    required: str, policy: str, resources: tuple[Resource, ...], level: EnforcementLevel
) -> None:
    levels = {required.replace("-", "_"): level}
    for reported in ({policy_id for policy_id, _ in by_gate(*resources, **levels)}, by_pack(*resources, **levels)):
        assert (required in reported) == (level is not DISABLED)
        assert (policy in reported) == (level is not MANDATORY)


@each_pair
def test_a_policy_that_runs_alone_judges(required: str, policy: str, resources: tuple[Resource, ...]) -> None:
    assert required in BY_ID[policy].requires
    assert {policy_id for policy_id, _ in by_gate(*resources, policies=[BY_ID[policy]])} == {policy}


def test_a_key_that_may_be_absent_fails_on_high() -> None:
    """A policy of severity high reports it, not the linter with medium: `--fail-on high` fails."""
    reported = by_gate(role_policy(allow(Condition=NO_ORGANIZATION)))
    place = "policy.Statement[0].Condition.ForAllValues:StringEquals.aws:PrincipalOrgID"
    assert ("iam-absent-key-allowed", place) in reported
    assert BY_ID["iam-absent-key-allowed"].severity is Severity.HIGH


def test_only_the_place_that_is_reported_is_left_out() -> None:
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
    reported = by_gate(role_policy(allow("s3:GetObjects"), allow(Condition=mfa)))
    assert ("iam-linter-report", "policy.Statement[0].Action") not in reported
    assert ("iam-linter-report", "policy.Statement[1].Condition.Bool") in reported


def test_what_accepts_a_wildcard_accepts_what_the_linter_says_of_it_and_nothing_else() -> None:
    document = role_policy(allow("s3:GetObject", "*"), allow("sqs:SendMessage", "arn:aws:s3:::inbox/*"))
    linter = next(policy for policy in POLICIES if policy.id == "iam-linter-report")
    required = tuple(policy for policy in POLICIES if policy.id in ("iam-wildcard-resource", "iam-unknown-action"))
    accepted = {(policy.id, document.urn): ("policy.Statement[0].Resource",) for policy in required}
    reports = evaluation.judge(linter, document, Settings(), required, accepted)
    assert [report.path for report in reports] == ["policy.Statement[1].Action"]
    alone = evaluation.judge(linter, document, Settings())
    assert "policy.Statement[0].Resource" in {report.path for report in alone}


def test_what_accepts_an_advisory_wildcard_accepts_what_the_linter_says_of_that_place_alone() -> None:
    document = role_policy(allow("s3:GetObject", "*"), allow("s3:PutObject", "*"))
    linter, wildcard = BY_ID["iam-linter-report"], BY_ID["iam-wildcard-resource"]
    accepted = {(wildcard.id, document.urn): ("policy.Statement[0].Resource",)}
    for required, expected in (((wildcard,), []), ((), ["policy.Statement[1].Resource"])):
        reports = evaluation.judge(linter, document, Settings(), required, accepted)
        assert [report.path for report in reports] == expected


def test_a_document_that_is_only_too_long_is_judged() -> None:
    reported = by_gate(role_policy(allow(Sid="x" * 11_000), allow("s3:GetObject", "*")))
    assert {(MALFORMED, "policy"), ("iam-wildcard-resource", "policy.Statement[1].Resource")} <= reported


def test_a_document_of_another_bucket_excuses_no_policy() -> None:
    other = Resource("aws:s3/bucketPolicy:BucketPolicy", "other", {"bucket": "acme-outbox", "policy": "{"})
    assert ("s3-plaintext-transport", "") in by_gate(bucket(), other)


def test_a_document_that_aws_refuses_for_one_part_is_not_judged() -> None:
    partly = bucket_policy({**allow(Principal="*"), "Actions": "s3:*"})
    reported = by_gate(bucket("inbox"), partly)
    assert {path for policy_id, path in reported if path.startswith("policy")} == {"policy.Statement[0].Actions"}
    assert "iam-public-policy" not in {policy_id for policy_id, _ in reported}


def test_a_document_that_aws_misreads_is_judged() -> None:
    partly = bucket_policy(allow(Principal="*", Condition={"StringEquals": {"colour": "red"}}))
    reported = by_gate(bucket("inbox"), partly)
    assert {
        (MALFORMED, "policy.Statement[0].Condition.StringEquals.colour"),
        ("s3-plaintext-transport", ""),
    } <= reported


@pytest.mark.parametrize("policy", [policy for policy in POLICIES if policy.requires], ids=lambda policy: policy.id)
def test_a_required_policy_blocks_whenever_the_other_would(policy: Policy[Any]) -> None:
    """The policy that it yields to is at least as severe, and reads no more than it does."""
    for required in policy.requires:
        assert required != policy.id
        assert policy.over_stack or not BY_ID[required].over_stack
        assert BY_ID[required].severity.rank >= policy.severity.rank


def test_places_are_not_compared_with_all_that_a_required_policy_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    monkeypatch.setattr(evaluation, "covers", lambda *paths: compared.append(paths) or covers(*paths))
    many = role_policy(*(allow("s3:GetObject", f"arn:aws:s3:::inbox-{number}") for number in range(100)))
    reports = by_gate(many)
    assert len([path for policy_id, path in reports if policy_id == "iam-mismatched-resource"]) >= 100
    assert not [path for policy_id, path in reports if policy_id == "iam-linter-report"]
    assert len(compared) < 1000


def test_a_function_without_its_handler_is_reported_once() -> None:
    """Policies that read the stack yield to one that does so too, about a whole resource."""
    absent = packaged({"index.py": "def handle(event, context): ...\n"}, handler="index.main")
    assert by_gate(absent) == {("lambda-missing-handler", "handler")}
    others = {"lambda-early-return", "lambda-missing-permission", "lambda-unused-permission"}
    for level in (ADVISORY, DISABLED):
        reported = {policy_id for policy_id, _ in by_gate(absent, lambda_missing_handler=level)}
        assert reported - {"lambda-missing-handler"} == others
