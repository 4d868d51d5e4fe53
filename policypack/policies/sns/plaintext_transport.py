"""SNS accepts plain HTTP unless the topic's policy denies it, so anyone on the network path can read and change messages.

Signed requests are readable too, so an attacker can replay them until they expire. A condition on a grant is not enough:
a caller whose own policies allow it needs no grant of the topic. Only a denial for everyone holds for all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.access.transport import Guard, answers_plaintext, guards
from policypack.core.examples import (
    ACCOUNT,
    Example,
    allow,
    construct,
    document,
    example,
    plaintext_denied,
    reported_at,
)
from policypack.core.policy import EnforcementLevel, Policy, Severity, Undecided, Violation
from policypack.core.tags import Tag
from policypack.resources.tokens import TOPIC

ARN = f"arn:aws:sns:eu-west-1:{ACCOUNT}:alerts"


def check(guarded: Guard) -> Iterator[Violation | Undecided]:
    yield from answers_plaintext(guarded, "topic", "sns:Publish")


def _topic(*statements: Any, note: str = "") -> Example:
    policy = document(*statements) if statements else None
    return example(construct(TOPIC, "alerts", name="alerts", policy=policy), note=note)


def _denied(action: Any = "sns:*", *, value: Any = "false", resource: Any = ARN) -> Any:
    return plaintext_denied(action, resource, value=value)


POLICY = Policy(
    id="sns-plaintext-transport",
    title="Topic that answers plain HTTP",
    why=__doc__,
    severity=Severity.MEDIUM,
    enforcement=EnforcementLevel.ADVISORY,
    tags=[Tag.SNS, Tag.ENCRYPTION],
    fix="Deny `sns:Publish` to `*` on the topic when `aws:SecureTransport` is `false`.",
    references=[
        "https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-securetransport",
    ],
    bad=reported_at(
        "",
        _topic(),
        _topic(
            allow("sns:Publish", ARN, Principal={"AWS": ACCOUNT}, Condition={"Bool": {"aws:SecureTransport": "true"}}),
            note="a grant with the condition, which denies nobody",
        ),
        _topic(_denied(value="true"), note="the condition is inverted (it denies HTTPS)"),
        _topic(_denied("sns:Subscribe"), note="a denial of subscribing alone"),
    ),
    good=[
        _topic(_denied()),
        _topic(_denied("sns:Publish"), note="the action that carries messages"),
        _topic(_denied(resource="*"), note="any resource, which is only this topic in its own document"),
    ],
    requires=["iam-malformed-document"],
    reads=guards("aws:sns/topicPolicy:TopicPolicy", "arn", TOPIC),
    check=check,
)
