"""Questions about policy documents in JSON lines: one line in, one line out.

`{"id", "type", "document"}` asks whether outsiders have access, `{"id", "old", "new"}` what is newly allowed. The answer to a line that
cannot be read is `invalid`; the other lines are still answered.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, Any

import msgspec

from policypack.access.exposure.public import public
from policypack.access.solver.diff import diff
from policypack.access.solver.verdict import Answer, Verdict, refusal
from policypack.core.caches import forget
from policypack.core.witness import Witness
from policypack.iam import tables
from policypack.iam.document import PolicyDocument
from policypack.iam.grammar import parse
from policypack.iam.tables import DocumentKind
from stackguard.reports.formatting import printable_json
from stackguard.sources.duplicates import duplicate_key

LONGEST_TYPE = 100
"""Characters that a message quotes."""
IDENTITY = "identity"
IDENTITY_TYPE = "aws:iam/policy:Policy"
INLINE_TYPE = "aws:iam/rolePolicy:RolePolicy"
"""The type of an identity-based document without its resource: inline policies may lack a `Version`."""
ANY_RESOURCE = ""
"""The type of a resource-based document without its resource, which may be of any service."""
LONGEST = 4 * 1024 * 1024
"""Bytes of one line; AWS accepts no policy document longer than a hundredth of that."""

FORGOTTEN = 16 * 1024 * 1024
"""Bytes of lines after which the engine's caches are emptied."""
FIELDS = ("id", "type", "document", "old", "new")
READER = msgspec.json.Decoder(dict[str, msgspec.Raw])
"""Reads all of a line before it decodes a field, so that a line that is not JSON takes no memory."""
FIRST_ID = re.compile(rb"""\{\s*"id"\s*:\s*("(?:[^"\\]|\\.){0,1000}"|-?\d{1,18})\s*[,}]""", re.DOTALL)
"""The id of a line that begins with it."""
CRASHED = "the access engine failed on this document; please report it"

Ask = Callable[[Mapping[str, Any]], Answer]


class LineError(Exception):
    """A line that is not a valid question; the message is a clause."""


def asked_public(line: Mapping[str, Any]) -> Answer:
    """Whether the document in a line gives outsiders access.

    Raises:
        LineError: a field is missing or of the wrong kind.
    """
    type_token = _field(line, "type", str, "a type token such as `aws:s3/bucketPolicy:BucketPolicy`, or `identity`")
    document = _document(line, "document")
    if type_token == IDENTITY:
        return _of_identity(parse(document, DocumentKind.IDENTITY, IDENTITY_TYPE))
    kinds = set(tables.documents_of(type_token, {}).values())
    if not kinds:
        raise LineError(
            f"`{type_token[:LONGEST_TYPE]}` is not a resource type with a policy document; as type, write a type token of "
            f"pulumi-aws, or `{IDENTITY}`"
        )
    if DocumentKind.RESOURCE in kinds:
        return public(parse(document, DocumentKind.RESOURCE, type_token))
    if DocumentKind.TRUST in kinds and _names_principals(document):
        return public(parse(document, DocumentKind.TRUST, type_token))
    return _of_identity(parse(document, DocumentKind.IDENTITY, type_token))


def asked_diff(line: Mapping[str, Any]) -> Answer:
    """What the document in `new` allows that the one in `old` does not.

    Raises:
        LineError: a field is missing or of the wrong kind.
    """
    old, new = _document(line, "old"), _document(line, "new")
    return diff([read(new, old)], [read(old, new)])


def is_refused(document: Any, beside: Any) -> bool:
    """Whether AWS refuses the first of two documents that are compared."""
    return refusal(read(document, beside)) is not None


def read(document: Any, beside: Any = None) -> PolicyDocument:
    """A document without its resource, whose kind follows from its elements: `Principal` makes it resource-based."""
    if _names_principals(document) or _names_principals(beside):
        trusts = not (_has(document, "Resource", "NotResource") or _has(beside, "Resource", "NotResource"))
        if trusts:
            return parse(document, DocumentKind.TRUST, "aws:iam/role:Role")
        return parse(document, DocumentKind.RESOURCE, ANY_RESOURCE)
    return parse(document, DocumentKind.IDENTITY, INLINE_TYPE)


def split(stream: IO[bytes]) -> Iterator[bytes]:
    """The lines of a stream; of one that is longer than `LONGEST`, only the beginning."""
    while line := stream.readline(LONGEST + 2):
        yield line
        while len(line) > LONGEST + 1 and not line.endswith(b"\n"):
            line = stream.readline(LONGEST + 2) or b"\n"


def answers(lines: Iterable[bytes], ask: Ask) -> Iterator[bytes]:
    """A line of JSON for each line that is not blank, in order."""
    read = 0
    for number, line in enumerate(lines, 1):
        read += len(line)
        if read > FORGOTTEN:
            read = 0
            forget()
        text = (line.removeprefix(codecs.BOM_UTF8) if number == 1 else line).strip()
        if len(line) > LONGEST + 1:  # the rest of it was not read
            text = line
        if text:
            question_id, answer = _answered(text, ask)
            yield answer_json(number if question_id is None else question_id, answer) + b"\n"


def _answered(text: bytes, ask: Ask) -> tuple[Any, Answer]:
    line: dict[str, Any] = {"id": _first_id(text)}
    try:
        fields = _fields(text)
        for name in (name for name in FIELDS if name in fields):  # `id` is the first
            line[name] = _decoded(name, fields[name])
        _require_distinct_keys(text)
        return line["id"], ask(line)
    except LineError as error:
        return line["id"], Answer(Verdict.INVALID, str(error))
    except RecursionError:
        return line["id"], Answer(Verdict.INVALID, "the document is nested too deeply")
    except Exception as error:  # noqa: BLE001 (the other lines are still answered, and this one is never a pass)
        return line["id"], Answer(Verdict.UNDECIDED, f"{CRASHED} ({type(error).__name__})")


def _fields(text: bytes) -> Mapping[str, msgspec.Raw]:
    if len(text) > LONGEST:
        raise LineError(f"the line is longer than {LONGEST // 1024 // 1024} MiB")
    try:
        return READER.decode(text)
    except msgspec.ValidationError:
        raise LineError("the line is not a JSON object") from None
    except RecursionError:
        raise LineError("the line is not JSON: it is nested too deeply") from None
    except (msgspec.DecodeError, ValueError) as error:
        raise LineError(f"the line is not JSON: {_problem(error)}") from None


def _require_distinct_keys(text: bytes) -> None:
    if key := duplicate_key(text):
        raise LineError(f"the line has the key `{key}` twice in one object")


def _first_id(text: bytes) -> Any:
    """The id of a line that cannot be read, if it begins with it."""
    match = FIRST_ID.match(text)
    try:
        return msgspec.json.decode(match[1]) if match else None
    except (msgspec.DecodeError, ValueError):
        return None


def _decoded(name: str, field: msgspec.Raw) -> Any:
    try:
        return msgspec.json.decode(field)
    except RecursionError:
        raise LineError(f"`{name}` is nested too deeply") from None
    except (msgspec.DecodeError, ValueError) as error:
        raise LineError(f"`{name}` cannot be read: {_problem(error)}") from None


def _problem(error: Exception) -> str:
    return re.split(r" \(| - at ", str(error))[0].lower()


def answer_json(question_id: Any, answer: Answer) -> bytes:
    """An answer as JSON, with the id of its question."""
    content = {"id": question_id, "verdict": answer.verdict, "witness": witness_json(answer.witness), "why": answer.why}
    return printable_json(msgspec.json.encode(content).decode()).encode()


def witness_json(witness: Witness | None) -> dict[str, Any] | None:
    """A witness as JSON."""
    if witness is None:
        return None
    return {
        "principal": witness.outsider,
        "action": witness.action,
        "resource": witness.resource,
        "context": witness.keys,
    }


def _of_identity(document: PolicyDocument) -> Answer:
    why = "an identity-based document gives outsiders no access: it states what its identity may do"
    return refusal(document) or Answer(Verdict.NOT_PUBLIC, why)


def _field(line: Mapping[str, Any], name: str, kind: type | tuple[type, ...], expected: str) -> Any:
    if name not in line:
        raise LineError(f"`{name}` is missing; give {expected}")
    if not isinstance(line[name], kind):
        raise LineError(f"`{name}` must be {expected}")
    return line[name]


def _document(line: Mapping[str, Any], name: str) -> Any:
    return _field(line, name, (dict, str), "a policy document, as an object or as JSON text")


def _names_principals(document: Any) -> bool:
    return _has(document, "Principal", "NotPrincipal")


def _has(document: Any, *elements: str) -> bool:
    """Whether a statement of a document, which may be JSON text, has one of the elements."""
    if isinstance(document, str):
        try:
            document = msgspec.json.decode(document)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return False
    value = document.get("Statement") if isinstance(document, dict) else None
    statements = value if isinstance(value, list) else [value]
    return any(element in statement for statement in statements if isinstance(statement, dict) for element in elements)
