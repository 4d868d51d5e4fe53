"""A statement whose conditions no request meets does nothing: the grant never applies, or the denial never does.

`aws:SourceIp` is an address of the internet, never a private one, and a request through a VPC endpoint has none at all.
Two conditions of one statement both have to hold, so two that exclude each other match nothing. A role that only AWS
services assume has no MFA device and no user name, so a condition on one of them never holds for it. A service that
sends a request as itself has no session, no address and no VPC either. Only calls that create or tag something send
tags, so `aws:RequestTag` never holds for the others. A time that has passed does not come back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from policypack.access.lockouts import lockouts
from policypack.access.role_sessions import Conditional, conditional, unmet_in
from policypack.access.solver.corrections import BY_CORRECTIONS
from policypack.access.unmet_conditions import of_another_service, unmet
from policypack.core.examples import allow, bucket_policy, deny, document, example, granted, lambda_role, role_policy
from policypack.core.policy import Policy, Resource, Severity, Violation
from policypack.core.tags import Tag
from policypack.iam.dates import over
from policypack.iam.document import Statement


def check(conditional: Conditional) -> Iterator[Violation]:
    document, session = conditional.document, conditional.session
    reported = set()
    for statement, conditions in unmet(document):
        reported.add(statement.path)
        so = _so(statement)
        if not conditions and any(True for _ in lockouts(document)):
            continue  # `iam-lockout-deny` reports the denials
        if not conditions:
            yield Violation(statement.path, f"denials of the same document match whatever meets its conditions, {so}")
        elif len(conditions) == 1:
            (alone,) = conditions
            senders = " and ".join(f"`{principal.value}`" for principal in statement.principals or ())
            foreign = f"; {senders} sends no ARN of this service" if of_another_service(statement, conditions) else ""
            yield Violation(alone.path, f"no request has such a value for `{alone.key}`, {so}{foreign}")
        else:
            named = " and ".join(f"`{condition.written}` on `{condition.key}`" for condition in conditions)
            yield Violation(statement.at("Condition"), f"no request meets {named} together, {so}")
    for statement, condition in over(document, conditional.today):
        if statement.path not in reported:
            yield Violation(condition.path, f"the time in `{condition.key}` has passed, {_so(statement)}")
    if session is not None:
        requests = f"of a role that only {', '.join(f'`{service}`' for service in sorted(session.services))} may assume"
        for path, key, denied in unmet_in(document, session, conditional.buckets):
            why = (
                f"a denial matches every request {requests} by"
                if denied
                else f"no request {requests} has such a value for"
            )
            yield Violation(path, f"{why} `{key}`, so the statement allows nothing")


def _so(statement: Statement) -> str:
    return "so the statement allows nothing" if statement.allows else "so the statement denies nothing"


def _allowed(**condition: Any) -> Resource:
    return granted(Condition=condition)


def _of_a_function(condition: Mapping[str, Any]) -> Resource:
    """A function's role with a condition."""
    read = allow("s3:GetObject", "arn:aws:s3:::inbox/*", Condition=condition)
    return lambda_role("reader", inlinePolicies=[{"name": "read", "policy": json.dumps(document(read))}])


OFFICE = {"aws:SourceIp": "203.0.113.0/24"}

POLICY = Policy(
    id="iam-unsatisfiable-condition",
    title="Conditions that no request meets",
    why=__doc__,
    severity=Severity.MEDIUM,
    tags=[Tag.IAM, Tag.NETWORK, Tag.CORRECTNESS],
    fix="For private addresses write `aws:VpcSourceIp`, for the tags of what exists `aws:ResourceTag`, and with an ARN the service that sends it; write alternatives as values of one condition, or as two statements.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceip",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html",
    ],
    bad=[
        example(
            _allowed(IpAddress={"aws:SourceIp": ["10.0.0.0/8", "192.168.0.0/16"]}),
            path="policy.Statement[0].Condition.IpAddress.aws:SourceIp",
        ),
        example(
            _allowed(IpAddress=OFFICE, StringEquals={"aws:SourceVpce": "vpce-0a1b2c3d"}),
            path="policy.Statement[0].Condition",
            note="an address and a VPC endpoint",
        ),
        example(
            _allowed(IpAddress=OFFICE, NotIpAddress={"aws:SourceIp": "203.0.112.0/23"}),
            path="policy.Statement[0].Condition",
            note="a range, and an exception that includes it",
        ),
        example(
            role_policy(
                deny(
                    "s3:*",
                    "*",
                    Condition={"Null": {"aws:userid": "true"}, "StringEquals": {"aws:userid": "AIDAEXAMPLE"}},
                )
            ),
            path="policy.Statement[0].Condition",
            note="a denial for a value of a key that has to be absent",
        ),
        example(
            _of_a_function({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
            path="inlinePolicies[0].policy.Statement[0].Condition.Bool.aws:MultiFactorAuthPresent",
            note="MFA for a function",
        ),
        example(
            bucket_policy(
                allow(
                    "s3:PutObject",
                    "arn:aws:s3:::inbox/*",
                    Principal={"Service": "cloudtrail.amazonaws.com"},
                    Condition={"IpAddress": OFFICE},
                )
            ),
            path="policy.Statement[0].Condition.IpAddress.aws:SourceIp",
            note="the address of a service",
        ),
        example(
            _allowed(DateLessThan={"aws:CurrentTime": "2023-01-01T00:00:00Z"}),
            path="policy.Statement[0].Condition.DateLessThan.aws:CurrentTime",
            note="a time that has passed",
        ),
        example(
            granted("ec2:TerminateInstances", "*", Condition={"StringEquals": {"aws:RequestTag/team": "shop"}}),
            path="policy.Statement[0].Condition.StringEquals.aws:RequestTag/team",
            note="a tag in requests that send none",
        ),
    ],
    good=[
        example(_allowed(IpAddress={"aws:VpcSourceIp": ["10.0.0.0/8", "192.168.0.0/16"]})),
        example(
            _of_a_function({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}),
            note="MFA only where the key is present",
        ),
        example(
            _allowed(IpAddress={"aws:SourceIp": ["10.0.0.0/8", "203.0.113.0/24"]}), note="a range of the internet too"
        ),
        example(
            _allowed(IpAddressIfExists=OFFICE, StringEqualsIfExists={"aws:SourceVpce": "vpce-0a1b2c3d"}),
            note="either of the two",
        ),
        example(
            _allowed(DateGreaterThan={"aws:CurrentTime": "2023-01-01T00:00:00Z"}), note="a time from which it applies"
        ),
        example(
            _allowed(IpAddress=OFFICE, NotIpAddress={"aws:SourceIp": "203.0.113.128/25"}), note="a part of the range"
        ),
        example(
            granted("ec2:RunInstances", "*", Condition={"StringEquals": {"aws:RequestTag/team": "shop"}}),
            note="a tag of what is created",
        ),
        example(
            bucket_policy(
                {
                    **deny("s3:*", "*", Principal="*"),
                    "Condition": {
                        "NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"},
                        "Bool": {"aws:ViaAWSService": "false"},
                    },
                }
            ),
            note="a denial that always applies, which is `iam-lockout-deny`",
        ),
    ],
    requires=["iam-malformed-document", "iam-invalid-address", "iam-ineffective-condition"],
    subsumes=["lambda-unused-permission", *BY_CORRECTIONS],
    reads=conditional,
    check=check,
)
