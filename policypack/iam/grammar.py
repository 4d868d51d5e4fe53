"""The grammar of IAM policy documents: text or mapping in, `PolicyDocument` out, with everything that is wrong.

Parsing never raises: a document that breaks the grammar still yields the statements that can be read, beside its
`problems`. Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from policypack.core.policy import Unknown
from policypack.core.wire import UNKNOWNS
from policypack.iam.document import (
    EFFECTS,
    ELEMENTS,
    PRINCIPAL_TYPES,
    TOP_LEVEL,
    VERSIONS,
    Condition,
    Effect,
    PolicyDocument,
    Principal,
    Statement,
)
from policypack.iam.tables import DocumentKind

STRINGIFIED_OUTPUT = (
    "pulumi.output.Output object",
    "Calling __str__ on an Output[T] is not supported",
    "Calling [toString] on an [Output<T>]",
)
"""What Pulumi's SDKs leave in a text that an `Output` was formatted into."""

OPERATORS = {
    name.lower(): name
    for name in (
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
        "DateEquals",
        "DateNotEquals",
        "DateLessThan",
        "DateLessThanEquals",
        "DateGreaterThan",
        "DateGreaterThanEquals",
        "Bool",
        "BinaryEquals",
        "IpAddress",
        "NotIpAddress",
        "ArnEquals",
        "ArnLike",
        "ArnNotEquals",
        "ArnNotLike",
        "Null",
    )
}


WITH_PRINCIPAL = frozenset({DocumentKind.RESOURCE, DocumentKind.TRUST})


class _Parser:
    """Collects problems and unknowns while it walks one document."""

    def __init__(self) -> None:
        self.problems: list[tuple[str, str]] = []
        self.unknowns: list[tuple[str, str]] = []

    def problem(self, path: str, message: str) -> None:
        self.problems.append((path, message))


def parse(raw: Any, kind: DocumentKind, type_token: str) -> PolicyDocument:
    """Parse JSON text, or the mapping that a program wrote in its place.

    Args:
        raw: text or mapping, in which any leaf may be `Unknown`.
        kind: what the document is attached to, which decides where principals and resources belong.
        type_token: of the resource that carries it.
    """
    if isinstance(raw, str):
        return _parse_text(raw, kind, type_token)
    return _parse_value(raw, kind, type_token, ())


@lru_cache(maxsize=2048)
def _parse_text(text: str, kind: DocumentKind, type_token: str) -> PolicyDocument:
    for trace in STRINGIFIED_OUTPUT:
        if trace in text:
            message = "holds an `Output` that was formatted into the text; build the text inside `pulumi.Output.json_dumps` or `apply`"
            return PolicyDocument(kind, type_token, problems=(("", message),))
    if not text.strip():
        return PolicyDocument(kind, type_token, problems=(("", "is empty; write a policy document or leave it out"),))
    duplicates: list[str] = []
    try:
        raw = json.loads(text, object_pairs_hook=partial(_unique, duplicates), parse_constant=_refuse)
    except RecursionError:
        return PolicyDocument(kind, type_token, problems=(("", "is nested too deeply to be a policy document"),))
    except ValueError as error:
        where = f" at line {error.lineno} column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        return PolicyDocument(kind, type_token, problems=(("", f"is not JSON{where}"),))
    return _parse_value(raw, kind, type_token, duplicates)


def _unique(duplicates: list[str], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        duplicates.extend(sorted({name for name in names if names.count(name) > 1}))
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _parse_value(raw: Any, kind: DocumentKind, type_token: str, duplicates: Sequence[str]) -> PolicyDocument:
    parser = _Parser()
    for name in duplicates:
        parser.problem("", f"has the key `{_identifier(name)}` twice in one object; JSON keeps only the last")
    if not isinstance(raw, Mapping):
        twice = " (this is JSON text inside JSON text: encode it once)" if isinstance(raw, str) else ""
        parser.problem("", f"must be a JSON object with `Version` and `Statement`{twice}")
        return PolicyDocument(kind, type_token, problems=tuple(parser.problems))
    for name in raw:
        if name not in TOP_LEVEL:
            parser.problem(_identifier(name), f"is not an element of a policy document{_hint(name, TOP_LEVEL)}")
    version = _version(raw, parser)
    statements = tuple(_statements(raw, kind, type_token, parser))
    _sids(statements, parser)
    return PolicyDocument(
        kind,
        type_token,
        statements,
        version,
        tuple(parser.problems),
        tuple(parser.unknowns),
        raw,
    )


def _version(raw: Mapping[str, Any], parser: _Parser) -> str | None:
    version = raw.get("Version")
    if isinstance(version, Unknown):
        parser.unknowns.append(("Version", "Version"))
        return None
    if version is None:
        parser.problem(
            "Version",
            "is missing: AWS then reads the document by the rules of 2008, without policy variables; write `2012-10-17`",
        )
    elif version not in VERSIONS:
        parser.problem("Version", "is not a version of the policy language; write `2012-10-17`")
    return version if isinstance(version, str) else None


def _statements(raw: Mapping[str, Any], kind: DocumentKind, type_token: str, parser: _Parser) -> Iterator[Statement]:
    given = raw.get("Statement")
    if isinstance(given, Unknown):
        parser.unknowns.extend((element, "Statement") for element in ("Statement", *sorted(ELEMENTS)))
        return
    if given is None:
        parser.problem("Statement", "is missing")
        return
    listed = isinstance(given, list)
    if listed and not given:
        parser.problem("Statement", "is empty; a policy document has at least one statement")
    for index, statement in enumerate(given if listed else [given]):
        path = f"Statement[{index}]" if listed else "Statement"
        if isinstance(statement, Unknown):
            parser.unknowns.extend((element, path) for element in ("Statement", *sorted(ELEMENTS)))
        elif not isinstance(statement, Mapping):
            parser.problem(path, "must be an object")
        else:
            parsed = _statement(statement, path, kind, type_token, parser)
            if parsed is not None:
                yield parsed


def _statement(
    raw: Mapping[str, Any], path: str, kind: DocumentKind, type_token: str, parser: _Parser
) -> Statement | None:
    before = len(parser.unknowns)
    for name in raw:
        if name not in ELEMENTS:
            parser.problem(f"{path}.{_identifier(name)}", f"is not an element of a statement{_hint(name, ELEMENTS)}")
    effect = raw.get("Effect")
    if isinstance(effect, Unknown):
        parser.unknowns.extend((element, f"{path}.Effect") for element in ("Effect", *sorted(ELEMENTS)))
    elif effect not in EFFECTS:
        parser.problem(f"{path}.Effect", "must be `Allow` or `Deny`, in just that case" if effect else "is missing")
    sid = raw.get("Sid")
    if sid is not None and not isinstance(sid, str | Unknown):
        parser.problem(f"{path}.Sid", "must be a text")
    _either(raw, path, "Action", "NotAction", parser, required=True)
    _either(raw, path, "Resource", "NotResource", parser, required=_needs_resource(kind, type_token))
    _either(raw, path, "Principal", "NotPrincipal", parser, required=kind in WITH_PRINCIPAL)
    if kind is DocumentKind.TRUST and ("Resource" in raw or "NotResource" in raw):
        parser.problem(f"{path}.Resource", "does not belong into a trust policy; the role itself is the resource")
    if kind not in WITH_PRINCIPAL and ("Principal" in raw or "NotPrincipal" in raw):
        parser.problem(
            f"{path}.Principal", "does not belong into this policy document; it applies to what it is attached to"
        )
    lists = {
        name: _strings(raw[name], f"{path}.{name}", name, parser)
        for name in ("Action", "NotAction", "Resource", "NotResource")
        if name in raw
    }
    principals = {
        name: _principals(raw[name], f"{path}.{name}", name, parser)
        for name in ("Principal", "NotPrincipal")
        if name in raw
    }
    conditions = _conditions(raw.get("Condition"), f"{path}.Condition", parser)
    if effect not in EFFECTS:
        return None
    return Statement(
        path=path,
        effect=Effect(effect),
        sid=sid if isinstance(sid, str) else None,
        actions=lists.get("Action"),
        not_actions=lists.get("NotAction"),
        resources=lists.get("Resource"),
        not_resources=lists.get("NotResource"),
        principals=principals.get("Principal"),
        not_principals=principals.get("NotPrincipal"),
        conditions=conditions,
        unknown=frozenset(element for element, _ in parser.unknowns[before:]),
    )


def _needs_resource(kind: DocumentKind, type_token: str) -> bool:
    """Trust policies and ECR's repository policies apply to what they are attached to."""
    return kind is not DocumentKind.TRUST and not type_token.startswith(("aws:ecr/", "aws:ecrpublic/"))


def _either(raw: Mapping[str, Any], path: str, name: str, negation: str, parser: _Parser, *, required: bool) -> None:
    if name in raw and negation in raw:
        parser.problem(f"{path}.{negation}", f"stands beside `{name}`; a statement has exactly one of the two")
    elif required and name not in raw and negation not in raw:
        parser.problem(f"{path}.{name}", "is missing")


def _strings(raw: Any, path: str, element: str, parser: _Parser) -> tuple[str, ...]:
    found = []
    listed = isinstance(raw, list)
    if listed and not raw:
        parser.problem(path, "is an empty list")
    for index, value in enumerate(raw if listed else [raw]):
        if isinstance(value, str) and value and value not in UNKNOWNS:
            found.append(value)
            continue
        place = f"{path}[{index}]" if listed else path
        if isinstance(value, Unknown) or (isinstance(value, str) and value):
            parser.unknowns.append((element, place))
        else:
            parser.problem(place, "must be a text that is not empty")
    return tuple(found)


def _principals(raw: Any, path: str, element: str, parser: _Parser) -> tuple[Principal, ...]:
    if isinstance(raw, Unknown):
        parser.unknowns.append((element, path))
        return ()
    if raw == "*":
        return (Principal("AWS", "*"),)
    if not isinstance(raw, Mapping) or not raw:
        parser.problem(path, 'must be `"*"` or an object such as `{"AWS": …}`')
        return ()
    found = []
    for name, values in raw.items():
        if name not in PRINCIPAL_TYPES:
            parser.problem(f"{path}.{_identifier(name)}", f"is not a principal type{_hint(name, PRINCIPAL_TYPES)}")
            continue
        found += [Principal(name, value) for value in _strings(values, f"{path}.{name}", element, parser)]
    return tuple(found)


def _conditions(raw: Any, path: str, parser: _Parser) -> tuple[Condition, ...]:
    if raw is None:
        return ()
    if isinstance(raw, Unknown):
        parser.unknowns.append(("Condition", path))
        return ()
    if not isinstance(raw, Mapping):
        parser.problem(path, 'must be an object such as `{"StringEquals": {…}}`')
        return ()
    found: list[Condition] = []
    for written, keys in raw.items():
        place = f"{path}.{_identifier(written)}"
        qualifier, operator, if_exists = split_operator(written)
        if operator is None:
            parser.problem(place, f"is not a condition operator{_hint(written, OPERATORS.values())}")
        elif isinstance(keys, Unknown):
            parser.unknowns.append(("Condition", place))
        elif not isinstance(keys, Mapping):
            parser.problem(place, "must be an object of condition keys")
        else:
            for key, values in keys.items():
                spot = f"{place}.{_identifier(key)}"
                if ":" not in key:
                    parser.problem(spot, "is not a condition key; keys are written `service:Name`")
                found.append(Condition(operator, key, _values(values, spot, parser), qualifier, if_exists, spot))
    return tuple(found)


def split_operator(written: str) -> tuple[str, str | None, bool]:
    """Qualifier, canonical operator (None if there is no such operator) and whether it ends in `IfExists`."""
    qualifier, colon, rest = written.rpartition(":")
    lowered = rest.lower()
    if_exists = lowered.endswith("ifexists")
    operator = OPERATORS.get(lowered.removesuffix("ifexists"))
    known = {"": "", "forallvalues": "ForAllValues", "foranyvalue": "ForAnyValue"}.get(qualifier.lower())
    if known is None or (colon and not qualifier) or (operator == "Null" and if_exists):
        return "", None, False
    return known, operator, if_exists


def _values(raw: Any, path: str, parser: _Parser) -> tuple[str, ...]:
    """Condition values as text; JSON's booleans and numbers are read as AWS reads them."""
    found = []
    if isinstance(raw, list) and not raw:
        parser.problem(path, "is an empty list: no value can match it")
    for value in raw if isinstance(raw, list) else [raw]:
        match value:
            case Unknown():
                parser.unknowns.append(("Condition", path))
            case str() if value in UNKNOWNS:
                parser.unknowns.append(("Condition", path))
            case str():
                found.append(value)
            case bool():
                found.append("true" if value else "false")
            case int() | float():
                found.append(str(value))
            case _:
                parser.problem(path, "must hold texts")
    return tuple(found)


def _sids(statements: tuple[Statement, ...], parser: _Parser) -> None:
    seen: set[str] = set()
    for statement in statements:
        if statement.sid and statement.sid in seen:
            parser.problem(statement.at("Sid"), "is used by another statement too; a `Sid` is unique in its document")
        seen.add(statement.sid or "")


def _identifier(name: object) -> str:
    """A key that may be quoted in a message: short and plain, else a stand-in, since it could be anything."""
    text = str(name)
    return (
        text
        if len(text) <= 64
        and text.replace(":", "").replace("/", "").replace("-", "").replace("_", "").replace(".", "").isalnum()
        else "…"
    )


def _hint(name: object, known: Any) -> str:
    """A clause that names the element that was meant, where only the case or a plural is off."""
    lowered = str(name).lower().rstrip("s")
    for candidate in known:
        if candidate.lower().rstrip("s") == lowered:
            return f"; it is written `{candidate}`"
    return ""
