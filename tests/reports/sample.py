"""A stack and policies with everything that a report can contain; `python -m tests.reports.sample` is the CLI with them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from policypack import policies
from policypack.core.examples import Example
from policypack.core.policy import (
    Judgement,
    Policy,
    Position,
    Reading,
    Resource,
    Severity,
    Stack,
    Unknown,
    Violation,
    over_stack,
)
from policypack.core.wire import ENCRYPTED
from policypack.iam.document import PolicyDocument, Statement
from policypack.iam.document_readers import documents, statements
from stackguard import reports
from stackguard.reports import Provenance, Report, Run, Screen

PROJECT = "urn:pulumi:dev::pipeline"
STACK = f"{PROJECT}::pulumi:pulumi:Stack::pipeline-dev"
COMPONENT = f"{PROJECT}::my:index:Ingest::ingest"
BUCKET = f"{PROJECT}::my:index:Ingest$aws:s3/bucket:Bucket::inbox"
MARKER = "arn:aws:s3:::hush-7f3a"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"


PROVENANCE = Provenance(
    datetime(2026, 11, 29, 8, 30, tzinfo=UTC),
    1.5,
    "0a1b2c3d",
    "5e77",
    {"stackguard": "0.1.0"},
    ("iam-wildcard-action",),
)


def render(report: Report, name: str, screen: Screen) -> str:
    """The report of a run of one stack."""
    return reports.render(Run((report,), PROVENANCE), name, screen)


def card(policy_id: str, reads: Any, check: Any, severity: Severity = Severity.HIGH, **more: Any) -> Policy[Any]:
    example = Example(
        (Resource(ROLE_POLICY, "reader", {"policy": json.dumps(document(allow("*", "*"))), "role": "reader"}),)
    )
    fields: dict[str, Any] = {
        "title": "IAM policy allows every action",
        "why": "One leaked credential is then a lost account.\n\nThe holder can switch off\nthe logs, too.\n",
        "fix": "List the actions that the workload calls, such as `s3:GetObject`.",
        "references": ["https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html"],
    }
    return Policy(
        id=policy_id,
        severity=severity,
        bad=[example],
        good=[example],
        reads=reads,
        check=check,
        **(fields | more),
    )


def allow(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def document(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def wildcard(statement: Statement) -> Iterator[Judgement]:
    for action in statement.actions or ():
        if action.endswith("*"):
            yield Violation(
                "Action",
                f"allows `{action}`, on {', '.join(f'`{arn}`' for arn in statement.resources or ())}",
            )


def never(value: Any) -> Iterator[Judgement]:
    yield from ()


def crash(value: Any) -> Iterator[Judgement]:
    raise KeyError(MARKER)


def buckets(resource: Resource) -> Iterator[Reading[Resource]]:
    if resource.type == "aws:s3/bucket:Bucket":
        yield "", resource


def plaintext(bucket: Resource) -> Iterator[Judgement]:
    yield Violation("bucket", f"`{bucket.name}` takes requests over plain HTTP")


@over_stack
def whole(stack: Stack) -> Iterator[tuple[Resource, str, PolicyDocument | Unknown]]:
    for resource in stack.resources:
        for path, value in documents("Action")(resource):
            yield resource, path, value


WILDCARD = card("iam-wildcard-action", statements("Action"), wildcard, Severity.CRITICAL)
RESOURCE = card("iam-wildcard-resource", statements("Resource"), never)
TRUST = card("iam-open-trust", statements("Resource"), never, Severity.MEDIUM)
PLAINTEXT = card(
    "s3-plaintext-transport",
    buckets,
    plaintext,
    Severity.LOW,
    fix="Deny what has `aws:SecureTransport` false.",
    references=[],
)
CRASH = card("s3-crash", buckets, crash)
POLICIES = (WILDCARD, RESOURCE, TRUST, PLAINTEXT)


def role_policy(name: str, policy: Any, **more: Any) -> Resource:
    text = policy if isinstance(policy, Unknown) else json.dumps(policy)
    return Resource(ROLE_POLICY, name, {"policy": text}, urn=f"{PROJECT}::{ROLE_POLICY}::{name}", parent=STACK, **more)


def resources() -> tuple[Resource, ...]:
    return (
        Resource("pulumi:pulumi:Stack", "pipeline-dev", urn=STACK, custom=False),
        Resource("my:index:Ingest", "ingest", urn=COMPONENT, parent=STACK, custom=False),
        Resource(
            "aws:s3/bucket:Bucket",
            "inbox",
            {"bucket": "inbox"},
            urn=BUCKET,
            parent=COMPONENT,
            position=Position("storage.py", 41),
        ),
        role_policy(
            "reader",
            document(allow("s3:GetObject", f"{MARKER}/*", Sid="Read"), allow(["logs:PutLogEvents", "*"], "*")),
            position=Position("__main__.py", 12),
        ),
        role_policy("secret", document(allow("s3:Hush*", MARKER)), secrets=frozenset({"policy"})),
        role_policy("encrypted", ENCRYPTED, secrets=frozenset({"policy"})),
        role_policy(
            "waiting",
            document(allow("s3:GetObject", "04da6b54-80e4-46f7-96ec-b56ff0331ba9")),
            property_dependencies={"policy": (BUCKET, COMPONENT)},
        ),
    )


if __name__ == "__main__":
    policies.POLICIES = (*POLICIES, CRASH) if "--with-crash" in sys.argv else POLICIES
    from stackguard.__main__ import run

    sys.argv = [argument for argument in sys.argv if argument != "--with-crash"]
    run()
