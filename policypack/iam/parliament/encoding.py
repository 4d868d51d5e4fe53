"""The encoder of policy documents for Parliament, which reads the node classes of `jsoncfg`.

Building the nodes from a parsed document saves a slow parser, and makes each node's line an index into our own paths.
"""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from policypack.core.caches import bounded_cache
from policypack.iam.actions import matches_some, widen, without_names
from policypack.iam.condition_types import MOMENT, is_of
from policypack.iam.document import Condition, PolicyDocument, Principal, Statement
from policypack.iam.globs import has_wildcard, matches
from policypack.iam.parliament.engine import loaded, recognized
from policypack.iam.tables import DocumentKind

ESCALATING = ("s3:PutBucketPolicy", "s3:PutBucketAcl", "s3:PutLifecycleConfiguration")
"""The actions for which Parliament compares statements with each other."""

_PARTITION = re.compile(r"aws(-[a-z]+)*")
_REGION = re.compile(r"[a-z]+(-[a-z]+)+-\d")
_PRINCIPAL = re.compile(
    r"\*|\d{12}|arn:[-a-z*]+:(iam::\d{12}:|sts::\d{12}:(assumed-role|federated-user)/).+|A[A-Z0-9]{15,}"
)
_Words = tuple[set[str], set[str]]
_ARN = re.compile(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:[^\n]*")
_PROVIDER = re.compile(r"arn:[-a-z*]+:iam::\d{12}:oidc-provider/.+")
_MOMENTS = frozenset({"aws:currenttime", "aws:epochtime", "aws:tokenissuetime"})
_ADDRESSES = frozenset({"aws:sourceip", "aws:vpcsourceip"})


@dataclass(frozen=True)
class Encoded:
    """A document in Parliament's form; a node's line counts `paths` from 1."""

    root: Any
    paths: list[str]

    def path_of(self, location: Mapping[str, Any]) -> str:
        """Our path for the location of a finding; empty for the document as a whole."""
        line = location.get("line", location.get("lineno"))
        return self.paths[line - 1] if line else ""


def encode(document: PolicyDocument) -> Encoded:
    """The document in Parliament's form. Its statements have the form that `shaped` gives them."""
    nodes = _Nodes()
    built = [nodes.object(_elements(statement, nodes), statement.path) for statement in document.statements]
    root = {"Statement": nodes.array(built, "Statement")}
    if document.version is not None:
        root["Version"] = nodes.scalar(document.version, "Version")
    return Encoded(nodes.object(root, ""), nodes.paths)


def shaped(statement: Statement, kind: DocumentKind, *, names: bool = False) -> Statement | None:
    """A statement as far as Parliament can judge it, in which what AWS accepts and Parliament does not is replaced.

    Unless `names` is set, names such as a bucket's are replaced too, so that thousands of statements become a few: they
    make no difference to a single statement. None if Parliament has none of the actions in its data.
    """
    actions = _judged(statement.actions)
    not_actions = _judged(statement.not_actions)
    if not actions and not not_actions:
        return None
    sid = statement.sid
    if sid is not None and re.fullmatch("[0-9A-Za-z]*", sid):
        sid = sid if names else None
    elif kind is DocumentKind.RESOURCE:
        sid = None
    return Statement(
        path="Statement",
        effect=statement.effect,
        sid=sid,
        actions=actions,
        not_actions=not_actions,
        resources=_resources(statement.resources or (None if statement.not_resources else ("*",)), names=names),
        not_resources=_resources(statement.not_resources, names=names),
        principals=_principals(statement.principals),
        not_principals=_principals(statement.not_principals),
        conditions=tuple(_condition(condition, statement.path) for condition in statement.conditions),
    )


class _Nodes:
    """Builder of nodes, with the path of each."""

    def __init__(self) -> None:
        loaded()
        self.paths: list[str] = []
        self.classes: Any = importlib.import_module("jsoncfg.config_classes")

    def _line(self, path: str) -> int:
        if not self.paths or self.paths[-1] != path:
            self.paths.append(path)
        return len(self.paths)

    def scalar(self, value: str, path: str) -> Any:
        return self.classes.ConfigJSONScalar(value, self._line(path), 0)

    def array(self, values: list[Any], path: str) -> Any:
        node = self.classes.ConfigJSONArray(self._line(path), 0)
        for value in values:
            node._append(value)  # noqa: SLF001 (as jsoncfg's own parser does)
        return node

    def object(self, items: Mapping[str, Any], path: str) -> Any:
        node = self.classes.ConfigJSONObject(self._line(path), 0)
        for name, value in items.items():
            node._insert(name, value)  # noqa: SLF001 (as jsoncfg's own parser does)
        return node

    def texts(self, values: Sequence[str], path: str) -> Any:
        """A list of texts, or one text alone."""
        scalars = [self.scalar(value, path) for value in values]
        return scalars[0] if len(scalars) == 1 else self.array(scalars, path)


def _elements(statement: Statement, nodes: _Nodes) -> dict[str, Any]:
    elements = {"Effect": nodes.scalar(statement.effect.value, statement.at("Effect"))}
    if statement.sid is not None:
        elements["Sid"] = nodes.scalar(statement.sid, statement.at("Sid"))
    for name, texts in (
        ("Action", statement.actions),
        ("NotAction", statement.not_actions),
        ("Resource", statement.resources),
        ("NotResource", statement.not_resources),
    ):
        if texts is not None:
            elements[name] = nodes.texts(texts, statement.at(name))
    for name, principals in (("Principal", statement.principals), ("NotPrincipal", statement.not_principals)):
        if principals is not None:
            by_type: dict[str, list[str]] = {}
            for principal in principals:
                by_type.setdefault(principal.type, []).append(principal.value)
            items = {kind: nodes.texts(values, statement.at(name)) for kind, values in by_type.items()}
            elements[name] = nodes.object(items, statement.at(name))
    if statement.conditions:
        elements["Condition"] = _conditions(statement, nodes)
    return elements


@bounded_cache(4096)
def _condition(condition: Condition, path: str) -> Condition:
    return msgspec.structs.replace(condition, path=condition.path.removeprefix(path), values=_values(condition))


@bounded_cache(4096)
def _judged(patterns: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The action patterns without those that are only in data newer than Parliament's."""
    return patterns and tuple(
        pattern for pattern in patterns if recognized(pattern) is not None or not matches_some(pattern)
    )


def _resources(texts: tuple[str, ...] | None, *, names: bool) -> tuple[str, ...] | None:
    return tuple(_resource(text, names=names) for text in texts) if texts else None


def _resource(text: str, *, names: bool) -> str:
    """The pattern with `*` for the parts that AWS accepts and Parliament does not, and `x` for names unless kept."""
    *head, tail = widen(text).split(":", 5)
    if len(head) < 5:
        return ":".join((*head, tail))
    start, words = _head(*head)
    if words is not None and not names:
        tail = without_names(tail, *words)
    return start + tail


@bounded_cache(4096)
def _head(arn: str, partition: str, service: str, region: str, account: str) -> tuple[str, _Words | None]:
    """The first five parts of a resource pattern, and the words that are no names in the sixth, if they are known."""
    if partition not in ("aws", "aws-cn", "aws-us-gov") and _PARTITION.fullmatch(partition):
        partition = "*"
    if region and (_REGION.fullmatch(region) or has_wildcard(region)):
        region = region if re.fullmatch(r"[a-z]{2}-[a-z]+-\d", region) else "*"
    if account in ("aws", "aws-managed") or has_wildcard(account):
        account = "*"
    words = None if not service or has_wildcard(service) else _words().get(service, (set(), set()))
    return f"{arn}:{partition}:{service}:{region}:{account}:", words


@functools.cache
def _words() -> dict[str, _Words]:
    """By service, the words between `/` and `:` in the ARN formats that Parliament compares with, whole and in part."""
    by_service: dict[str, _Words] = {}
    for service in loaded().iam_definition:
        for resource in service["resources"]:
            parts = re.sub(r"\$\{.*?\}", "*", resource["arn"]).split(":", 5)
            plain, inside = by_service.setdefault(parts[2], (set(), set()))
            for word in re.split("[/:]", parts[-1]):
                if "*" in word:
                    inside.update(filter(None, word.split("*")))
                else:
                    plain.add(word)
    return by_service


def _principals(principals: tuple[Principal, ...] | None) -> tuple[Principal, ...] | None:
    """The principals that Parliament judges; if there are none, `*`, which it does not judge."""
    if principals is None:
        return None
    fine = {"AWS": _PRINCIPAL, "Federated": _PROVIDER}
    judged = (
        principal
        for principal in principals
        if principal.type in fine and not fine[principal.type].fullmatch(principal.value)
    )
    return tuple(judged) or (Principal("AWS", "*"),)


def _conditions(statement: Statement, nodes: _Nodes) -> Any:
    blocks: dict[str, dict[str, list[str]]] = {}
    paths: dict[str, str] = {}
    for condition in statement.conditions:
        paths.setdefault(condition.written, statement.path + condition.path.removesuffix(f".{condition.key}"))
        blocks.setdefault(condition.written, {}).setdefault(condition.key, []).extend(condition.values)
    built = {}
    for operator, keys in blocks.items():
        texts = {key: nodes.texts(values, paths[operator]) for key, values in keys.items()}
        built[operator] = nodes.object(texts, paths[operator])
    return nodes.object(built, statement.at("Condition"))


def _values(condition: Condition) -> tuple[str, ...]:
    """The values, of which those that AWS reads and Parliament does not are replaced."""
    values = condition.values
    if condition.operator in ("Bool", "Null"):
        odd = [value for value in values if value.lower() not in ("true", "false")]
        return (*odd[:1], *(value.lower() for value in values[:1] if not odd))
    if condition.operator.startswith("Date") or condition.name in _MOMENTS:
        return tuple("2020-01-01T00:00:00Z" if MOMENT.fullmatch(value) else value for value in values)
    if condition.name in _ADDRESSES:
        return tuple("192.0.2.1" if is_of("Ip", value) else value for value in values)
    return tuple("arn:aws:x:::x" if _ARN.fullmatch(value) else value for value in values)


def compares_statements(document: PolicyDocument) -> bool:
    """Whether Parliament compares statements with each other: for a repeated `Sid`, or an escalation in S3."""
    sids = [statement.sid for statement in document.statements if statement.sid]
    return len(set(sids)) < len(sids) or any(
        statement.allows and _escalating(statement.actions) for statement in document.statements
    )


@bounded_cache(8192)
def _escalating(patterns: tuple[str, ...] | None) -> bool:
    return patterns is None or any(
        matches(pattern, name, ignore_case=True) for pattern in patterns for name in ESCALATING
    )
