"""The resources that a document denies to requests over plain HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from policypack.access.solver.conditions import holds
from policypack.iam.actions import whole_service
from policypack.iam.document import PolicyDocument, Statement
from policypack.iam.globs import covers, everything

PLAINTEXT = {"aws:securetransport": "false", "s3:tlsversion": None}
"""The values of transport keys in a request over plain HTTP; None if it lacks the key."""


def denied_in_plaintext(document: PolicyDocument) -> list[str]:
    """The resources on which every action is denied to every plain request."""
    return [pattern for statement in document.statements if _denies(statement) for pattern in statement.resources or ()]


def _denies(statement: Statement) -> bool:
    return (
        not statement.allows
        and any(principal.anyone for principal in statement.principals or ())
        and any(everything(action) or whole_service(action) for action in statement.actions or ())
        and "Condition" not in statement.unknown
        and all(
            condition.name in PLAINTEXT and holds(condition, PLAINTEXT[condition.name])
            for condition in statement.conditions
        )
    )


def may_deny(document: PolicyDocument) -> bool:
    """Whether an unknown value may be, or complete, the denial."""
    deciding = {"Statement", "Effect", "Principal", "Action", "Resource", "Condition"}
    unread = any(element in ("Statement", "Effect") for element, _ in document.unknowns)
    return unread or any(not statement.allows and statement.unknown & deciding for statement in document.statements)


def covers_bucket(patterns: Sequence[str], bucket: str | None) -> bool:
    """Whether the patterns cover the bucket and all of its objects; for a bucket without a known name, any bucket."""
    starts = {f"{pattern.rpartition(':::')[0] or 'arn:aws:s3'}:::" for pattern in patterns}
    names = [bucket] if bucket else [pattern.rpartition(":::")[2].partition("/")[0] for pattern in patterns]
    return any(
        any(covers(pattern, arn) for pattern in patterns)
        and (f"{arn}/*" in patterns or any(covers(pattern, f"{arn}/?*") for pattern in patterns))
        for arn in (f"{start}{name}" for name in names for start in starts)
    )
