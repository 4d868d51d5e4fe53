"""Questions about access in JSON lines: one line in, one line out, whatever stands in the line.

`{"id", "type", "document"}` asks who is let in, `{"id", "old", "new"}` what is newly allowed. A line that cannot be
read is answered `invalid` and stops nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import msgspec

from policypack.access.exposure.public import public
from policypack.access.solver.diff import diff
from policypack.access.solver.verdict import Answer, Verdict, Witness, refusal
from policypack.iam import tables
from policypack.iam.document import PolicyDocument
from policypack.iam.grammar import parse
from policypack.iam.tables import DocumentKind

IDENTITY = "identity"
IDENTITY_TYPE = "aws:iam/policy:Policy"
RESOURCE_TYPE = "aws:s3/bucketPolicy:BucketPolicy"
LONGEST = 4 * 1024 * 1024
"""Bytes of one line: no policy document of AWS's is longer than a hundredth of that."""

ENCODER = msgspec.json.Encoder()
NO_OBJECT = "the line is not a JSON object"

Ask = Callable[[Mapping[str, Any]], Answer]


class LineError(Exception):
    """What is wrong with a line: a clause."""


def asked_public(line: Mapping[str, Any]) -> Answer:
    """Who is let in by the document in a line.

    Raises:
        LineError: a field is missing or of the wrong kind.
    """
    kind = _field(line, "type", str, "a type token such as `aws:s3/bucketPolicy:BucketPolicy`, or `identity`")
    document = _document(line, "document")
    if kind == IDENTITY:
        return _of_identity(parse(document, DocumentKind.IDENTITY, IDENTITY_TYPE))
    carried = set(tables.documents_of(kind, {}).values())
    if not carried:
        raise LineError(
            f"`type` is no resource that carries a policy document; write a type token of pulumi-aws, or `{IDENTITY}`"
        )
    if DocumentKind.RESOURCE in carried:
        return public(parse(document, DocumentKind.RESOURCE, kind))
    if DocumentKind.TRUST in carried and _names_principals(document):
        return public(parse(document, DocumentKind.TRUST, kind))
    return _of_identity(parse(document, DocumentKind.IDENTITY, kind))


def asked_diff(line: Mapping[str, Any]) -> Answer:
    """What the document in `new` allows that the one in `old` does not.

    Raises:
        LineError: a field is missing or of the wrong kind.
    """
    old, new = _document(line, "old"), _document(line, "new")
    return diff([read(new, old)], [read(old, new)])


def read(document: Any, beside: Any = None) -> PolicyDocument:
    """A document by itself, whose kind its elements tell: one that names principals belongs to a resource."""
    if _names_principals(document) or _names_principals(beside):
        trusts = not (_has(document, "Resource", "NotResource") or _has(beside, "Resource", "NotResource"))
        kind, of = (DocumentKind.TRUST, "aws:iam/role:Role") if trusts else (DocumentKind.RESOURCE, RESOURCE_TYPE)
        return parse(document, kind, of)
    return parse(document, DocumentKind.IDENTITY, IDENTITY_TYPE)


def answers(lines: Iterable[bytes], ask: Ask) -> Iterator[bytes]:
    """A line of JSON for each line that is not blank, in order."""
    for number, line in enumerate(lines, 1):
        if text := line.strip():
            identity, answer = _answered(text, ask)
            yield ENCODER.encode(told(number if identity is None else identity, answer)) + b"\n"


def _answered(text: bytes, ask: Ask) -> tuple[Any, Answer]:
    invalid = partial(Answer, Verdict.INVALID)
    if len(text) > LONGEST:
        return None, invalid(f"the line is longer than {LONGEST // 1024 // 1024} MiB")
    try:
        line = msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        return None, invalid(f"the line is not JSON: {str(error).partition(' (')[0].lower()}")
    if not isinstance(line, dict):
        return None, invalid(NO_OBJECT)
    identity = line.get("id")
    try:
        return identity, ask(line)
    except LineError as error:
        return identity, invalid(str(error))
    except RecursionError:
        return identity, invalid("the document is nested too deeply")


def told(identity: Any, answer: Answer) -> dict[str, Any]:
    """An answer as JSON, under the id of its question."""
    return {"id": identity, "verdict": answer.verdict, "witness": example(answer.witness), "why": answer.why}


def example(witness: Witness | None) -> dict[str, Any] | None:
    """A witness as JSON."""
    if witness is None:
        return None
    context = dict(witness.context)
    if witness.address:
        context = {"aws:SourceIp": witness.address, **context}
    return {
        "principal": witness.outsider,
        "action": witness.action,
        "resource": witness.resource,
        "context": context,
    }


def _of_identity(document: PolicyDocument) -> Answer:
    why = "an identity-based document lets in nobody: it says what its holder may do"
    return refusal(document) or Answer(Verdict.NOT_PUBLIC, why)


def _field(line: Mapping[str, Any], name: str, kind: type | tuple[type, ...], wanted: str) -> Any:
    if name not in line:
        raise LineError(f"`{name}` is missing; give {wanted}")
    if not isinstance(line[name], kind):
        raise LineError(f"`{name}` must be {wanted}")
    return line[name]


def _document(line: Mapping[str, Any], name: str) -> Any:
    return _field(line, name, (dict, str), "a policy document, as an object or as JSON text")


def _statements(document: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, str):
        try:
            document = msgspec.json.decode(document)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return
    found = document.get("Statement") if isinstance(document, dict) else None
    for each in found if isinstance(found, list) else [found]:
        if isinstance(each, dict):
            yield each


def _names_principals(document: Any) -> bool:
    return _has(document, "Principal", "NotPrincipal")


def _has(document: Any, *elements: str) -> bool:
    return any(element in statement for statement in _statements(document) for element in elements)
