"""Readers of the policy documents of resources, and of values at property paths."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from policypack.core.memo import memoized
from policypack.core.policy import Reading, Resource, Unknown
from policypack.iam import tables
from policypack.iam.document import PolicyDocument, Statement
from policypack.iam.grammar import parse
from policypack.iam.tables import DocumentKind

IDENTITY = (DocumentKind.IDENTITY,)
RESOURCE = (DocumentKind.RESOURCE,)
TRUST = (DocumentKind.TRUST,)
EVERY = tuple(DocumentKind)

DocumentReader = Callable[[Resource], Iterator[Reading[PolicyDocument]]]


def documents(*elements: str, kinds: tuple[DocumentKind, ...] = EVERY, granting: bool = False) -> DocumentReader:
    """A reader of the policy documents of one resource.

    Args:
        elements: the statement elements that the policy needs. An unknown value in one of them is yielded as `Unknown`
            after the document, so that the policy is undecided there.
        kinds: the kinds of document.
        granting: leave out documents that only narrow access, such as a VPC endpoint's or a permissions boundary, and
            the statements of documents that AWS refuses.

    Yields:
        The path of the document and the document, or `Unknown` if all of it is unknown.
    """

    def read(resource: Resource) -> Iterator[Reading[PolicyDocument]]:
        for path, document in documents_of(resource, kinds, granting=granting):
            yield path, document
            if isinstance(document, PolicyDocument):
                seen = set()
                for element, inner in document.unknowns:
                    if element in elements and inner not in seen:
                        seen.add(inner)
                        yield f"{path}.{inner}", Unknown()

    return read


def statements(
    *elements: str, kinds: tuple[DocumentKind, ...] = EVERY, granting: bool = False
) -> Callable[[Resource], Iterator[Reading[Statement]]]:
    """A reader of single statements; the arguments are those of `documents`."""
    whole = documents(*elements, kinds=kinds, granting=granting)

    def read(resource: Resource) -> Iterator[Reading[Statement]]:
        for path, document in whole(resource):
            if isinstance(document, Unknown):
                yield path, document
            else:
                for statement in document.statements:
                    yield f"{path}.{statement.path}", statement

    return read


def documents_of(
    resource: Resource, kinds: tuple[DocumentKind, ...] = EVERY, *, granting: bool = False
) -> list[tuple[str, PolicyDocument | Unknown]]:
    """The policy documents of a resource, parsed once; the arguments are those of `documents`."""
    if resource.type not in tables.document_properties():
        return []
    parsed = _parsed(resource)
    return [
        (path, document.as_granted if granting and isinstance(document, PolicyDocument) else document)
        for path, kind, gives, document in parsed
        if kind in kinds and (gives or not granting)
    ]


@memoized
def _parsed(resource: Resource) -> Sequence[tuple[str, DocumentKind, bool, PolicyDocument | Unknown]]:
    parsed = []
    for pattern, usual in tables.documents_of(resource.type, resource.inputs).items():
        kind = DocumentKind.BOUNDARY if resource.only_boundary else usual
        gives = kind is not DocumentKind.BOUNDARY and tables.grants(resource.type, pattern)
        for path, raw in values_at(resource.inputs, pattern):
            if raw is not None:
                document = raw if isinstance(raw, Unknown) else parse(raw, kind, resource.type)
                parsed.append((path, kind, gives, document))
    return parsed


def values_at(value: Any, pattern: str, path: str = "") -> Iterator[tuple[str, Any]]:
    """The values at a path such as `inlinePolicies[*].policy`, with their concrete paths; `Unknown` ends a path early.

    A property that is absent has no value. Pulumi flattens some lists of at most one item.
    """
    if isinstance(value, Unknown) or not pattern:
        yield path, value
        return
    first, _, rest = pattern.partition(".")
    name = first.removesuffix("[*]")
    inner = value.get(name) if isinstance(value, Mapping) else None
    place = f"{path}.{name}" if path else name
    if first != name and isinstance(inner, list):
        for index, item in enumerate(inner):
            yield from values_at(item, rest, f"{place}[{index}]")
    elif inner is not None:
        yield from values_at(inner, rest, place)


def value_at(value: Any, pattern: str) -> Any:
    """The first value at a path, as `values_at` finds it; None if there is none."""
    return next((inner for _, inner in values_at(value, pattern)), None)
