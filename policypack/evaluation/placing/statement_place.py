"""The statement of a policy document that a path leads to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policypack.core.memo import memoized
from policypack.core.policy import Resource, Unknown, covers
from policypack.iam.document_readers import documents_of

STATEMENT = re.compile(r"Statement(?:\[(\d+)\])?(?=\.|$)\.?")


@dataclass(frozen=True, slots=True)
class StatementPlace:
    """A place in a policy document: the path of the document, the statement, and the element in it."""

    document: str
    statement: Mapping[str, Any]
    element: str
    """Relative to the statement: `Action[1]`, or empty for the whole statement."""
    index: int
    sid: str | None
    """The statement's `Sid`, if no other statement of the document has it."""


def statement_at(resource: Resource, path: str) -> StatementPlace | None:
    """The statement that a path of a resource leads to; None for another path."""
    for prefix, (statements, sids) in _statements(resource).items() if "Statement" in path else ():
        match = STATEMENT.match(path, len(prefix) + 1) if path.startswith(f"{prefix}.Statement") else None
        if match is None or int(match[1] or 0) >= len(statements):
            continue
        index = int(match[1] or 0)
        statement = statements[index]
        if isinstance(statement, Mapping):
            sid = statement.get("Sid")
            only = isinstance(sid, str) and sid and sids[sid] == 1
            return StatementPlace(prefix, statement, path[match.end() :], index, sid if only else None)
    return None


def statements_of(resource: Resource, document: str) -> Sequence[Any]:
    """The statements of the document at a path."""
    return _statements(resource)[document][0]


@memoized
def _statements(resource: Resource) -> Mapping[str, tuple[Sequence[Any], Counter[str]]]:
    """By the path of each document its statements, and how many have each `Sid`: a document may have thousands."""
    by_path: dict[str, tuple[Sequence[Any], Counter[str]]] = {}
    for prefix, document in documents_of(resource):
        if not isinstance(document, Unknown):
            value = document.raw.get("Statement")
            statements = value if isinstance(value, list) else [value]
            sids = (statement.get("Sid") for statement in statements if isinstance(statement, Mapping))
            by_path[prefix] = statements, Counter(sid for sid in sids if isinstance(sid, str))
    return by_path


def contains_secret(resource: Resource, prefix: str) -> bool:
    """Whether a property is secret, lies in a secret, or contains one."""
    return any(covers(secret, prefix) or covers(prefix, secret) for secret in resource.secrets)
