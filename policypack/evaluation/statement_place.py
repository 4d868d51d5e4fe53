"""The statement of a policy document that a path leads to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    statements: Sequence[Any]
    """All statements of the document."""

    @property
    def sid(self) -> str | None:
        """The statement's `Sid`, if no other statement of the document has it."""
        sid = self.statement.get("Sid")
        sids = [statement.get("Sid") for statement in self.statements if isinstance(statement, Mapping)]
        return sid if isinstance(sid, str) and sid and sids.count(sid) == 1 else None


def statement_at(resource: Resource, path: str) -> StatementPlace | None:
    """The statement that a path of a resource leads to; None for another path."""
    for prefix, document in documents_of(resource) if "Statement" in path else ():
        if isinstance(document, Unknown) or not path.startswith(f"{prefix}.Statement"):
            continue
        match = STATEMENT.match(path, len(prefix) + 1)
        value = document.raw.get("Statement")
        statements: list[Any] = value if isinstance(value, list) else [value]
        index = int(match[1] or 0) if match else len(statements)
        if match and index < len(statements) and isinstance(statements[index], Mapping):
            return StatementPlace(prefix, statements[index], path[match.end() :], index, statements)
    return None


def contains_secret(resource: Resource, prefix: str) -> bool:
    """Whether a property is secret, lies in a secret, or contains one."""
    return any(covers(secret, prefix) or covers(prefix, secret) for secret in resource.secrets)
