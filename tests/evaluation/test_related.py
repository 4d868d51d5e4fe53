"""A mistake in one resource and what follows from it in another are one report; two mistakes stay two."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policypack.access.solver import corrections
from policypack.core.examples import (
    ACCOUNT,
    CREATED,
    allow,
    bucket,
    construct,
    deny,
    document,
    execution_role,
    function,
    lambda_role,
    notification,
    permission,
)
from policypack.core.policy import EnforcementLevel, Exemption, Resource, Severity
from policypack.policies.lambda_.missing_permission import LOGS, writes, writing
from stackguard.reports import Report, Screen
from tests.evaluation.test_grouping import judged, shown
from tests.reports.sample import render

INBOX = "arn:aws:s3:::acme-inbox"
PARCELS = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:parcels"
S3 = {"Service": "s3.amazonaws.com"}
RIGHT = {"ArnLike": {"aws:SourceArn": INBOX}}
KINDS = (
    "iam-linter-report",
    "iam-lockout-deny",
    "iam-malformed-document",
    "iam-mismatched-resource",
    "iam-missing-trust",
    "iam-unknown-action",
    "iam-unrelated-resource",
    "iam-unsatisfiable-condition",
    "iam-unused-trust",
    "aws-contested-resource",
    "aws-impossible-value",
    "aws-unknown-argument",
    "lambda-foreign-bucket",
    "lambda-malformed-source-arn",
    "lambda-missing-permission",
    "lambda-unused-permission",
    "s3-missing-invoke-permission",
    "s3-overlapping-notification",
    "s3-undeliverable-notification",
)
"""The policies that these tests are about, besides `s3-plaintext-transport`."""


def sending(action: str = "sqs:SendMessage", condition: Any = RIGHT, principal: Any = S3) -> dict[str, Any]:
    return allow(action, PARCELS, Principal=principal, Condition=condition)


def delivering(*statements: Any, **of_queue: Any) -> list[Resource]:
    """A bucket that sends to a queue with this policy document."""
    queue = construct("aws:sqs/queue:Queue", "parcels", name="parcels", **of_queue)
    url = f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/parcels"
    attached = construct(
        "aws:sqs/queuePolicy:QueuePolicy", "open", queue, at="queueUrl", queueUrl=url, policy=document(*statements)
    )
    entries = [{"queueArn": PARCELS, "events": CREATED}]
    sends = notification(after=(queue, attached), at="queues", lambdaFunctions=None, queues=entries)
    return [bucket(), queue, attached, sends]


def encrypted(*names: str, action: Any = "s3:*", value: str = "false", principal: Any = "*") -> list[Resource]:
    """A bucket with a denial of plain HTTP on these resources."""
    plain = {"Bool": {"aws:SecureTransport": value}}
    statement = deny(action, list(names), Principal=principal, Condition=plain)
    return [bucket(), bucket_document(statement)]


def bucket_document(*statements: Any) -> Resource:
    return construct("aws:s3/bucketPolicy:BucketPolicy", "tls", bucket="acme-inbox", policy=document(*statements))


def invoking(*more: Resource, **of_permission: Any) -> list[Resource]:
    """A bucket that invokes a function with this permission."""
    may = permission(**of_permission)
    return [bucket(), function(), may, *more, notification(after=(may, *more))]


def trusting(*services: str) -> list[Resource]:
    trust = document(*(allow("sts:AssumeRole", None, Principal={"Service": service}) for service in services))
    return [lambda_role("read", assumeRolePolicy=trust), function()]


def reports(report: Report, *more: str) -> list[tuple[list[str], list[str]]]:
    """What is shown of the policies of `KINDS`, without paths."""
    kept = {*KINDS, *more}
    grouped = [([cause.split()[0] for cause in causes], follows) for causes, follows in shown(report)]
    return [(causes, follows) for causes, follows in grouped if causes[0] in kept]


SENT = "s3-undeliverable-notification"
PLAIN = "s3-plaintext-transport"
INVOKED = "s3-missing-invoke-permission"
ANYWHERE = "iam-wildcard-resource"
MISSING, UNUSED = "lambda-missing-permission", "lambda-unused-permission"
ONE_MISTAKE = [
    (
        delivering(sending(condition={"ArnEquals": {"aws:SourceArn": f"arn:aws:sns:eu-west-1:{ACCOUNT}:inbox"}})),
        "iam-unsatisfiable-condition",
        [SENT],
    ),
    (
        delivering(sending(condition={"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}})),
        "iam-unsatisfiable-condition",
        [SENT],
    ),
    (delivering(sending(principal={"Service": "sns.amazonaws.com"})), "iam-unsatisfiable-condition", [SENT]),
    (delivering(sending(condition={"ArnLike": {"aws:SourceArn": "acme-inbox"}})), "iam-linter-report", [SENT]),
    (delivering(sending("sqs:SendMesage")), "iam-unknown-action", [SENT]),
    (delivering(sending("sns:Publish")), "iam-malformed-document", [SENT]),
    (delivering(sending(principal={"Service": "s3.amazon.com"})), "aws-impossible-value", [SENT]),
    (encrypted("arn:aws:s3:::acme-outbox", "arn:aws:s3:::acme-outbox/*"), "iam-unrelated-resource", [PLAIN]),
    (encrypted(INBOX, action=["s3:GetObject", "s3:PutObject"]), "iam-mismatched-resource", [PLAIN]),
    (encrypted(f"{INBOX}/*", action="s3:ListBucket"), "iam-mismatched-resource", [PLAIN]),
    (encrypted(INBOX, f"{INBOX}/*", value="off"), "iam-linter-report", [PLAIN]),
    (encrypted(INBOX, f"{INBOX}/*", value="true"), "iam-lockout-deny", [PLAIN]),
    (invoking(sourceArn=f"{INBOX}/in/*"), "lambda-malformed-source-arn", [INVOKED]),
    (invoking(sourceArn="arn:aws:s3:::acme-inbx"), "lambda-foreign-bucket", [INVOKED]),
    (invoking(principal="sns.amazonaws.com"), "lambda-malformed-source-arn", [INVOKED]),
    (invoking(principal="s3.amazon.com"), "aws-impossible-value", [INVOKED]),
    (invoking(action="lambda:Invoke"), "aws-impossible-value", [INVOKED]),
    (writing(LOGS, writes(to="arn:aws:s3:::acme-keeping/orders/*")), MISSING, [UNUSED]),
    (writing(LOGS, writes("s3:GetObject")), MISSING, [UNUSED]),
    (writing(LOGS, writes(to="arn:aws:s3:::acme-kept")), "iam-mismatched-resource", [MISSING, UNUSED]),
    (writing(LOGS, writes("s3:PutObjekt")), "iam-unknown-action", [MISSING]),
    (trusting("function.amazonaws.com"), "aws-impossible-value", []),
    (trusting("ec2.amazonaws.com"), "iam-missing-trust", ["iam-unused-trust"]),
]


@pytest.mark.parametrize(("resources", "cause", "follows"), ONE_MISTAKE)
def test_one_mistake_is_one_report_that_its_cause_leads(
    resources: list[Resource], cause: str, follows: list[str]
) -> None:
    more = [PLAIN] if PLAIN in follows else []
    assert [(sorted({*causes}), after) for causes, after in reports(judged(*resources), *more)] == [([cause], follows)]


@pytest.mark.parametrize(
    ("resources", "cause", "follows"), [case for case in ONE_MISTAKE if case[2]], ids=lambda case: str(case)[:40]
)
@pytest.mark.parametrize("level", [EnforcementLevel.ADVISORY, EnforcementLevel.DISABLED])
def test_what_follows_comes_back_where_its_cause_does_not_block(
    resources: list[Resource], cause: str, follows: list[str], level: EnforcementLevel
) -> None:
    alternatives = (cause, "iam-linter-report", "iam-mismatched-resource")  # which report the same value otherwise
    report = judged(*resources, **{leading.replace("-", "_"): level for leading in alternatives})
    assert follows[0] in [causes[0] for causes, _ in reports(report, PLAIN)]


TWO_MISTAKES = [
    (
        delivering(
            sending(
                condition={"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}, principal={"Service": "sns.amazonaws.com"}
            )
        ),
        SENT,
    ),
    (encrypted("arn:aws:s3:::acme-outbox", "arn:aws:s3:::acme-outbox/*", value="true"), PLAIN),
    (
        [
            bucket(),
            bucket_document(allow("s3:GetObject", "arn:aws:s3:::acme-outbox/*", Principal={"AWS": ACCOUNT})),
        ],
        PLAIN,
    ),
    (invoking(sourceArn="acme-inbox/*", principal="sns.amazonaws.com"), INVOKED),
    (invoking(sourceArn=f"{INBOX}/*", function="write"), INVOKED),
    (
        writing(
            LOGS, writes(to="arn:aws:s3:::acme-keeping/*"), allow("sns:Publish", f"arn:aws:sns:eu-west-1:{ACCOUNT}:a")
        ),
        UNUSED,
    ),
    (trusting("function.amazonaws.com", "ec2.amazonaws.com"), "iam-unused-trust"),
    (trusting("sqss.amazonaws.com"), "iam-missing-trust"),
]


@pytest.mark.parametrize(("resources", "second"), TWO_MISTAKES)
def test_a_second_mistake_is_a_report_of_its_own(resources: list[Resource], second: str) -> None:
    leading = [causes[0] for causes, _ in reports(judged(*resources), PLAIN)]
    assert len(leading) > 1
    assert second in leading


def test_a_grant_for_another_bucket_does_not_explain_that_this_one_has_none() -> None:
    other = construct("aws:s3/bucket:Bucket", "outbox", bucket="acme-outbox")
    source = {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::acme-outbox"}}
    late = sending(condition={**source, "IpAddress": {"aws:SourceIp": "198.51.100.0/24"}})
    assert ([SENT], []) in reports(judged(*delivering(late), other))


def test_a_permission_for_another_bucket_does_not_explain_that_this_one_has_none() -> None:
    other = construct("aws:s3/bucket:Bucket", "outbox", bucket="acme-outbox")
    assert ([INVOKED], []) in reports(judged(other, *invoking(sourceArn="arn:aws:s3:::acme-outbox/*")))


def test_a_value_that_is_impossible_hides_nothing_else_of_its_bucket() -> None:
    named = bucket(objectLockEnabled="sometimes")
    wrong = construct("aws:s3/bucket:Bucket", "inbox", bucket="Acme_Inbox")
    assert PLAIN in [causes[0] for causes, _ in reports(judged(named, wrong), PLAIN)]


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([allow("s3:PutObject", "*")], ([ANYWHERE], ["s3-notification-loop"])),
        ([allow("s3:PutObject", "*"), allow("s3:PutObject", f"{INBOX}/*")], (["s3-notification-loop"], [])),
        ([allow("s3:PutObject", f"{INBOX}/*"), allow("sqs:SendMessage", "*")], (["s3-notification-loop"], [])),
    ],
)
def test_a_loop_follows_from_a_wildcard_only_if_nothing_else_allows_it(
    statements: list[Any], expected: tuple[list[str], list[str]]
) -> None:
    report = judged(*invoking(), *execution_role(*statements))
    found = [([cause.split()[0] for cause in causes], follows) for causes, follows in shown(report)]
    assert expected in found


def test_a_cause_below_fail_on_hides_nothing() -> None:
    resources = delivering(sending(condition={"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}))
    assert ([SENT], []) in reports(judged(*resources, fail_on=Severity.HIGH))


def test_a_waiver_for_the_cause_accepts_nothing_that_follows() -> None:
    report = judged(*delivering(sending(condition={"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}})))
    cause = "iam-unsatisfiable-condition"
    accepted = tuple(
        replace(outcome, exemption=Exemption("waived")) if outcome.policy.id == cause else outcome
        for outcome in report.outcomes
    )
    assert ([SENT], []) in reports(replace(report, outcomes=accepted))


def test_the_report_of_a_group_is_placed_by_the_worst_in_it() -> None:
    resources = delivering(sending(condition={"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}))
    text = render(judged(*resources), "text", Screen())
    assert text.index("iam-unsatisfiable-condition") < text.index("s3-missing-versioning")
    assert f"also: high {SENT} at queues[0].queueArn of aws:s3:BucketNotification inbox: sends" in " ".join(
        text.split()
    )


def test_json_keeps_what_follows_in_its_own_resource() -> None:
    report = judged(*encrypted("arn:aws:s3:::acme-outbox", "arn:aws:s3:::acme-outbox/*"))
    outcomes = {outcome["policy"]: outcome for outcome in json.loads(render(report, "json", Screen()))["outcomes"]}
    assert outcomes[PLAIN]["subsumedBy"] in {
        outcome["fingerprint"]
        for outcome in json.loads(render(report, "json", Screen()))["outcomes"]
        if outcome["policy"] == "iam-unrelated-resource"
    }
    assert outcomes[PLAIN]["urn"].endswith("::inbox")
    assert outcomes[PLAIN]["blocks"]


@pytest.mark.parametrize(
    "resources",
    [
        delivering(sending()),
        delivering(
            sending(), deny("sqs:*", PARCELS, Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})
        ),
        invoking(),
        writing(LOGS, writes()),
        trusting("lambda.amazonaws.com"),
    ],
)
def test_what_is_right_is_silent(resources: list[Resource]) -> None:
    assert reports(judged(*resources)) == []


def test_a_denial_of_plain_requests_is_silent() -> None:
    assert reports(judged(*encrypted(INBOX, f"{INBOX}/*")), PLAIN) == []


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.sampled_from([sending(), sending("sqs:GetQueueUrl"), sending(principal={"AWS": ACCOUNT})]), min_size=1)
)
def test_what_is_related_never_adds_or_removes_an_outcome(statements: list[Any]) -> None:
    allowed = sending() in statements
    outcomes = judged(*delivering(*statements)).outcomes
    assert (SENT in {outcome.policy.id for outcome in outcomes}) is not allowed
    assert all(not outcome.related for outcome in outcomes if outcome.policy.id != SENT)


def test_of_many_statements_none_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def noted(statement: Any, corrected: Any, ends: Any) -> Any:
        tried.append(statement.path)
        return corrections.correctable(statement, corrected, ends)

    monkeypatch.setattr("policypack.access.transport.correctable", noted)
    monkeypatch.setattr("policypack.access.deliveries.correctable", noted)
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    for many in (corrections.MOST_TRIED, corrections.MOST_TRIED + 1):
        denials = [
            deny("s3:*", f"arn:aws:s3:::acme-{number}", Principal="*", Condition=plain) for number in range(many)
        ]
        grants = [sending(f"sqs:Get{number}") for number in range(many)]
        found = {outcome.policy.id for outcome in judged(*delivering(*grants), bucket_document(*denials)).outcomes}
        assert {SENT, PLAIN} <= found
    assert len(tried) == 2 * corrections.MOST_TRIED
