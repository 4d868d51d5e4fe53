"""The grammar of IAM policy documents: a text or mapping comes in, and a `PolicyDocument` with its problems goes out.

Parsing never raises: the statements that can be read are parsed even if the document breaks the grammar.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from sys import intern
from typing import Any

import msgspec

from policypack.core.caches import bounded_cache
from policypack.core.policy import Unknown
from policypack.core.wire import UNKNOWNS
from policypack.iam.document import (
    EFFECTS,
    ELEMENTS,
    OPERATORS,
    PRINCIPAL_TYPES,
    TOP_LEVEL,
    VERSIONS,
    Condition,
    Effect,
    PolicyDocument,
    Principal,
    Spent,
    Statement,
    minimal,
    split_operator,
)
from policypack.iam.element_forms import (
    SID,
    hint,
    misspelt,
    own_services,
    refusal,
    refused_action,
    refused_date,
    refused_in_resource,
    refused_in_trust,
    refused_principal,
    refused_resource,
)
from policypack.iam.tables import DocumentKind

STRINGIFIED_OUTPUT = (
    "pulumi.output.Output object",
    "Calling __str__ on an Output[T] is not supported",
    "Calling [toString] on an [Output<T>]",
)
"""Text that Pulumi's SDKs produce for an `Output` that is formatted into a string."""

WITH_PRINCIPAL = frozenset({DocumentKind.RESOURCE, DocumentKind.TRUST})
WITHOUT_RESOURCE = ("aws:ecr/", "aws:ecrpublic/", "aws:efs/")
"""Starts of the tokens of types whose documents need no `Resource`.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-efs-filesystem.html (its examples).
"""
MANAGED_POLICY = "aws:iam/policy:Policy"
"""Its documents must have the version of 2012; others are read by the rules of 2008 without it.

Source: https://github.com/Meteor-Community-Packages/Meteor-CollectionFS/issues/630 (IAM's answer).
"""
IAM_TYPES = ("aws:iam/", "aws:organizations/", "aws:ssoadmin/")
"""Starts of the tokens of types whose documents IAM or Organizations checks."""
LATIN_TYPES = (*IAM_TYPES, "aws:kms/")
"""Starts of the tokens of types whose documents have no characters beyond U+00FF.

Sources: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html and
https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html.
"""
LONGEST_SHARED = 64
MOST_PROBLEMS = 1_000
"""The number of problems after which the rest of a document, which AWS refuses anyway, is not read."""
NOTHING_UNKNOWN: frozenset[str] = frozenset()
_BEYOND_LATIN = re.compile("[^\x00-\xff]")


def parse(raw: Any, kind: DocumentKind, type_token: str) -> PolicyDocument:
    """Parse JSON text, or a mapping of the same content.

    Args:
        raw: text or mapping, in which any leaf may be `Unknown`.
        kind: what the document is attached to, which decides where principals and resources belong.
        type_token: of the resource that carries it.
    """
    if isinstance(raw, str):
        return msgspec.structs.replace(_parse_text(raw, kind, type_token), spent=Spent())
    return _Parser(kind, type_token).document(raw)


@bounded_cache(2048)
def _parse_text(text: str, kind: DocumentKind, type_token: str) -> PolicyDocument:
    if any(trace in text for trace in STRINGIFIED_OUTPUT):
        message = "contains an `Output` that was formatted into the text; build the text inside `pulumi.Output.json_dumps` or `apply`"
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
    return _Parser(kind, type_token).document(raw, duplicates, text)


def _unique(duplicates: list[str], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = Counter(name for name, _ in pairs)
        duplicates.extend(sorted(name for name, count in names.items() if count > 1))
    return values


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


class _Parser:
    """Parser of one document, which collects its problems and unknowns."""

    def __init__(self, kind: DocumentKind, type_token: str) -> None:
        self.kind = kind
        self.type_token = type_token
        self.problems: list[tuple[str, str]] = []
        self.warnings: list[tuple[str, str]] = []
        self.unknowns: list[tuple[str, str]] = []

    def problem(self, path: str, message: str) -> None:
        self.problems.append((path, message))

    def warning(self, path: str, message: str) -> None:
        self.warnings.append((path, message))

    def unknown(self, path: str, *elements: str) -> None:
        self.unknowns += [(element, path) for element in elements]

    def document(self, raw: Any, duplicates: Sequence[str] = (), text: str = "") -> PolicyDocument:
        """The document; `text` is what it was decoded from."""
        for name in duplicates:
            self.problem("", f"has the key `{_identifier(name)}` twice in one object; JSON keeps only the last")
        if not isinstance(raw, Mapping):
            twice = " (this is JSON text inside JSON text: encode it once)" if isinstance(raw, str) else ""
            self.problem("", f"must be a JSON object with `Version` and `Statement`{twice}")
            return PolicyDocument(self.kind, self.type_token, problems=tuple(self.problems))
        for name in raw:
            if name not in TOP_LEVEL:
                self.problem(_identifier(name), f"is not an element of a policy document{hint(name, TOP_LEVEL)}")
        if not isinstance(raw.get("Id", ""), str | Unknown):
            self.problem("Id", "must be a text")
        version = self.version(raw.get("Version"))
        statements = tuple(self.statements(raw))
        seen: set[str] = set()
        for statement in statements:
            if statement.sid and statement.sid in seen:
                self.problem(statement.at("Sid"), "is used by another statement too; a `Sid` is unique in its document")
            seen.add(statement.sid or "")
        try:
            latin = text and text.isascii() and "\\u" not in text
            if not latin and self.type_token.startswith(LATIN_TYPES) and _BEYOND_LATIN.search(minimal(raw)):
                self.problem("", "has a character beyond U+00FF, which AWS refuses in this document")
        except RecursionError:
            self.problem("", "is nested too deeply to be a policy document")
        problems, warnings, unknowns = tuple(self.problems), tuple(self.warnings), tuple(self.unknowns)
        return PolicyDocument(
            self.kind, self.type_token, statements, version, problems, warnings, unknowns, text or raw
        )

    def items(self, raw: Any, path: str) -> Iterator[tuple[str, Any]]:
        """The items of a list with their paths, as long as the document has few problems; no list is one item."""
        for index, value in enumerate(raw if isinstance(raw, list) else [raw]):
            if len(self.problems) > MOST_PROBLEMS:
                return
            yield intern(f"{path}[{index}]") if isinstance(raw, list) else path, value  # the same in each document

    def version(self, version: Any) -> str | None:
        if isinstance(version, Unknown):
            self.unknown("Version", "Version")
            return None
        if version is None:
            (self.problem if self.type_token == MANAGED_POLICY else self.warning)(
                "Version",
                "is missing: AWS then reads the document by the rules of 2008, without policy variables; write `2012-10-17`",
            )
        elif version not in VERSIONS:
            self.problem("Version", "is not a version of the policy language; write `2012-10-17`")
        elif version != VERSIONS[0] and self.type_token == MANAGED_POLICY:
            self.problem("Version", "is the version of 2008, which a managed policy cannot have; write `2012-10-17`")
        return version if isinstance(version, str) else None

    def statements(self, document: Mapping[str, Any]) -> Iterator[Statement]:
        raw = document.get("Statement")
        if raw is None:
            if not misspelt(document, TOP_LEVEL, "Statement"):
                self.problem("Statement", "is missing")
            return
        if raw == []:
            self.problem("Statement", "is empty; a policy document has at least one statement")
        for path, statement in self.items(raw, "Statement"):
            if isinstance(statement, Unknown):
                self.unknown(path, "Statement", *sorted(ELEMENTS))
            elif not isinstance(statement, Mapping):
                self.problem(path, "must be an object")
            elif (parsed := self.statement(statement, path)) is not None:
                yield parsed

    def statement(self, raw: Mapping[str, Any], path: str) -> Statement | None:
        before = len(self.unknowns)
        for name in raw:
            if name not in ELEMENTS:
                self.problem(f"{path}.{_identifier(name)}", f"is not an element of a statement{hint(name, ELEMENTS)}")
        effect = raw.get("Effect")
        if isinstance(effect, Unknown):
            self.unknown(f"{path}.Effect", "Effect", *sorted(ELEMENTS))
        elif effect not in EFFECTS and (effect or not misspelt(raw, ELEMENTS, "Effect")):
            self.problem(f"{path}.Effect", "must be `Allow` or `Deny` (case-sensitive)" if effect else "is missing")
        sid = raw.get("Sid")
        if sid is not None and not _is_unknown(sid):
            in_iam = self.type_token.startswith(IAM_TYPES)
            message = (refusal(SID, sid) if in_iam else None) if isinstance(sid, str) else "must be a text"
            if message:
                self.problem(f"{path}.Sid", message)
        # Trust policies, and those of repositories and file systems, apply to what they are attached to.
        no_resource = self.kind is DocumentKind.TRUST or self.type_token.startswith(WITHOUT_RESOURCE)
        self.either(raw, path, "Action", required=True)
        resource = self.either(raw, path, "Resource", required=not no_resource)
        principal = self.either(raw, path, "Principal", required=self.kind in WITH_PRINCIPAL)
        if self.kind is DocumentKind.TRUST and resource:
            self.problem(f"{path}.Resource", "does not belong in a trust policy; the role itself is the resource")
        if self.kind not in WITH_PRINCIPAL and principal:
            message = "does not belong in this policy document; it applies to what it is attached to"
            self.problem(f"{path}.Principal", message)
        lists = {
            name: self.strings(raw[name], f"{path}.{name}", name, name)
            for name in ("Action", "NotAction", "Resource", "NotResource")
            if name in raw
        }
        principals = {
            name: self.principals(raw[name], f"{path}.{name}", name)
            for name in ("Principal", "NotPrincipal")
            if name in raw
        }
        conditions = _with_presence(tuple(self.conditions(raw.get("Condition"), f"{path}.Condition")))
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
            unknown=frozenset(element for element, _ in self.unknowns[before:]) or NOTHING_UNKNOWN,
        )

    def either(self, raw: Mapping[str, Any], path: str, name: str, *, required: bool) -> bool:
        """Whether the statement has an element or its negation."""
        negation = f"Not{name}"
        if name in raw and negation in raw:
            self.problem(f"{path}.{negation}", f"is beside `{name}`; a statement has exactly one of the two")
        elif required and not (name in raw or negation in raw or misspelt(raw, ELEMENTS, name, negation)):
            self.problem(f"{path}.{name}", "is missing")
        return name in raw or negation in raw

    def strings(self, raw: Any, path: str, element: str, form: str) -> tuple[str, ...]:
        """The texts of an element, each once: repetition says nothing. `form` is its name, or the type of its principals."""
        texts: dict[str, str] = {}
        refused = self.form(form)
        if raw == []:
            self.problem(path, "is an empty list")
        for place, value in self.items(raw, path):
            if _is_unknown(value):
                self.unknown(place, element)
            elif value is None and form.endswith("Resource") and isinstance(raw, list) and any(raw):
                self.warning(place, "is null, which AWS leaves out")
            elif isinstance(value, str) and value:
                same = value.lower() if form.endswith("Action") else value
                if same not in texts:
                    texts[same] = _once(value)
                    if reason := refused(value):
                        self.problem(place, reason)
            else:
                self.problem(place, "must be a text that is not empty")
        return tuple(texts.values())

    def form(self, name: str) -> Callable[[str], str | None]:
        """A function that returns the reason why AWS refuses a text of an element, or of principals of a type."""
        if name in ("Resource", "NotResource"):
            return refused_resource
        if name in PRINCIPAL_TYPES:
            return partial(refused_principal, name)
        limited = name == "Action" and (self.kind is DocumentKind.TRUST or own_services(self.type_token))
        return self.refused_action if limited else refused_action

    def refused_action(self, action: str) -> str | None:
        """The reason why AWS refuses an action in a document that is limited to actions of some services."""
        if reason := refused_action(action):
            return reason
        if self.kind is DocumentKind.TRUST:
            return refused_in_trust(action)
        return refused_in_resource(action, own_services(self.type_token))

    def principals(self, raw: Any, path: str, element: str) -> tuple[Principal, ...]:
        if isinstance(raw, Unknown):
            self.unknown(path, element)
            return ()
        if raw == "*":
            return (Principal("AWS", "*"),)
        if not isinstance(raw, Mapping) or not raw:
            self.problem(path, 'must be `"*"` or an object such as `{"AWS": …}`')
            return ()
        principals = []
        for name, values in raw.items():
            if name in PRINCIPAL_TYPES:
                principals += [
                    Principal(name, value) for value in self.strings(values, f"{path}.{name}", element, name)
                ]
            else:
                self.problem(f"{path}.{_identifier(name)}", f"is not a principal type{hint(name, PRINCIPAL_TYPES)}")
        return tuple(principals)

    def conditions(self, raw: Any, path: str) -> Iterator[Condition]:
        if isinstance(raw, Unknown):
            self.unknown(path, "Condition")
        elif raw is not None and not isinstance(raw, Mapping):
            self.problem(path, 'must be an object such as `{"StringEquals": {…}}`')
        for written, keys in raw.items() if isinstance(raw, Mapping) else ():
            place = f"{path}.{_identifier(written)}"
            qualifier, operator, if_exists = split_operator(written)
            if isinstance(keys, Unknown):
                self.unknown(place, "Condition")
            elif not isinstance(keys, Mapping):
                self.problem(place, "must be an object of condition keys")
            elif operator is None:
                if keys:  # AWS accepts an operator that does not exist without keys
                    self.problem(place, f"is not a condition operator{hint(written, OPERATORS.values())}")
            else:
                for key, values in keys.items():
                    spot = intern(f"{place}.{_identifier(key)}")
                    texts = self.condition_values(operator, key, values, spot)
                    yield Condition(operator, _once(key), texts, qualifier, if_exists, spot)

    def condition_values(self, operator: str, key: str, raw: Any, path: str) -> tuple[str, ...]:
        """The values that an operator compares with a key."""
        if ":" not in key:
            self.warning(path, "is not a condition key, so no request has it; keys are written `service:Name`")
        if raw == []:
            accepted = self.kind not in WITH_PRINCIPAL and "Ip" not in operator
            (self.warning if accepted else self.problem)(path, "is an empty list: no value can match it")
        texts = tuple(dict.fromkeys(self.values(raw, path)))
        if operator.startswith("Date"):
            for reason in {*filter(None, map(refused_date, texts))}:
                self.problem(path, reason)
        return texts

    def values(self, raw: Any, path: str) -> Iterator[str]:
        """Condition values as text; JSON's booleans and numbers are read as AWS reads them."""
        for _, value in self.items(raw, path):
            if _is_unknown(value):
                self.unknown(path, "Condition")
            elif isinstance(value, bool):
                yield "true" if value else "false"
            elif isinstance(value, str | int | float):
                yield _once(str(value))
            else:
                self.problem(path, "must contain texts")


def _with_presence(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """The conditions, marked if a `Null` condition among them requires their key."""
    required = {
        condition.name
        for condition in conditions
        if condition.operator == "Null" and condition.values and {*map(str.lower, condition.values)} == {"false"}
    }
    if not required:
        return conditions
    return tuple(msgspec.structs.replace(condition, present=condition.name in required) for condition in conditions)


def _once(text: str) -> str:
    """The text itself, which is kept once if it is short: thousands of documents name the same actions and keys."""
    return intern(text) if type(text) is str and len(text) <= LONGEST_SHARED else text


def _is_unknown(value: Any) -> bool:
    return isinstance(value, Unknown) or (isinstance(value, str) and value in UNKNOWNS)


def _identifier(name: object) -> str:
    """A key as a message quotes it: `…` for a long or unusual one, which could be a secret."""
    text = str(name)
    return text if len(text) <= 64 and re.sub("[:/_.-]", "", text).isalnum() else "…"
