"""SQS accepts plain HTTP unless the queue's policy denies it, so anyone on the network path can read and change messages.

Signed requests are readable too, so an attacker can replay them until they expire. A condition on a grant is not enough:
a caller whose own policies allow it needs no grant of the queue. Only a denial for everyone holds for all.
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
from policypack.resources.tokens import QUEUE

ARN = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs"


def check(guarded: Guard) -> Iterator[Violation | Undecided]:
    yield from answers_plaintext(guarded, "queue", "sqs:SendMessage", "sqs:ReceiveMessage")


def _queue(*statements: Any, note: str = "") -> Example:
    policy = document(*statements) if statements else None
    return example(construct(QUEUE, "jobs", name="jobs", policy=policy), note=note)


def _denied(action: Any = "sqs:*", *, value: Any = "false", resource: Any = ARN) -> Any:
    return plaintext_denied(action, resource, value=value)


POLICY = Policy(
    id="sqs-plaintext-transport",
    title="Queue that answers plain HTTP",
    why=__doc__,
    severity=Severity.MEDIUM,
    enforcement=EnforcementLevel.ADVISORY,
    tags=[Tag.SQS, Tag.ENCRYPTION],
    fix="Deny `sqs:*` to `*` on the queue when `aws:SecureTransport` is `false`.",
    references=[
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-securetransport",
    ],
    bad=reported_at(
        "",
        _queue(),
        _queue(
            allow(
                "sqs:SendMessage", ARN, Principal={"AWS": ACCOUNT}, Condition={"Bool": {"aws:SecureTransport": "true"}}
            ),
            note="a grant with the condition, which denies nobody",
        ),
        _queue(_denied(value="true"), note="the condition is inverted (it denies HTTPS)"),
        _queue(_denied("sqs:SendMessage"), note="a denial of sending alone"),
    ),
    good=[
        _queue(_denied()),
        _queue(_denied(["sqs:SendMessage", "sqs:ReceiveMessage"]), note="the actions that carry messages"),
        _queue(_denied(resource="*"), note="any resource, which is only this queue in its own document"),
    ],
    requires=["iam-malformed-document"],
    reads=guards("aws:sqs/queuePolicy:QueuePolicy", "queueUrl", QUEUE),
    check=check,
)
