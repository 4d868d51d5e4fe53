"""Which resources a document denies to requests over plain HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from policypack.access.solver.conditions import holds
from policypack.iam.actions import whole_service
from policypack.iam.document import PolicyDocument, Statement
from policypack.iam.globs import covers, everything

PLAINTEXT = {"aws:securetransport": "false", "s3:tlsversion": None}
"""What a request over plain HTTP says of its transport; None where it lacks the key."""


def denied_in_plaintext(document: PolicyDocument) -> list[str]:
    """The resources on which every action is denied to every plain request."""
    return [pattern for each in document.statements if _denies(each) for pattern in each.resources or ()]


def _denies(statement: Statement) -> bool:
    return (
        not statement.allows
        and any(each.anyone for each in statement.principals or ())
        and any(everything(each) or whole_service(each) for each in statement.actions or ())
        and "Condition" not in statement.unknown
        and all(each.name in PLAINTEXT and holds(each, PLAINTEXT[each.name]) for each in statement.conditions)
    )


def may_deny(document: PolicyDocument) -> bool:
    """Whether something unknown may turn out to be the denial."""
    deciding = {"Statement", "Effect", "Principal", "Action", "Resource", "Condition"}
    unread = any(element in ("Statement", "Effect") for element, _ in document.unknowns)
    return unread or any(not each.allows and each.unknown & deciding for each in document.statements)


def covers_bucket(patterns: Sequence[str], bucket: str | None) -> bool:
    """Whether the patterns take in the bucket and all of its objects; of a bucket without a name yet, any bucket."""
    starts = {f"{each.rpartition(':::')[0] or 'arn:aws:s3'}:::" for each in patterns}
    names = [bucket] if bucket else [each.rpartition(":::")[2].partition("/")[0] for each in patterns]
    return any(_covers_whole(patterns, f"{start}{name}") for name in names for start in starts)


def _covers_whole(patterns: Sequence[str], arn: str) -> bool:
    if not any(covers(pattern, arn) for pattern in patterns):
        return False
    return f"{arn}/*" in patterns or any(covers(pattern, f"{arn}/?*") for pattern in patterns)
