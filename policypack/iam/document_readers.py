"""Readers of the policy documents of resources, and of values at property paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

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


class Attached(NamedTuple):
    """A policy document of a resource."""

    path: str
    kind: DocumentKind
    gives: bool
    """Whether it grants, and does not only narrow access as a VPC endpoint's or a permissions boundary does."""
    document: PolicyDocument | Unknown


@dataclass(frozen=True, slots=True, eq=False)
class DocumentReader:
    """Reads the policy documents of one resource, and nothing else of it; see `documents`."""

    elements: tuple[str, ...]
    kinds: tuple[DocumentKind, ...]
    granting: bool

    def __call__(self, resource: Resource) -> Iterator[Reading[PolicyDocument]]:
        """The paths of the documents, and each document."""
        return self.of(attached(resource))

    def of(self, every: Iterable[Attached]) -> Iterator[Reading[PolicyDocument]]:
        """What it reads of the documents of a resource."""
        for path, document in _chosen(every, self.kinds, granting=self.granting):
            yield path, document
            if isinstance(document, PolicyDocument):
                seen = set()
                for element, inner in document.unknowns:
                    if element in self.elements and inner not in seen:
                        seen.add(inner)
                        yield f"{path}.{inner}", Unknown()


@dataclass(frozen=True, slots=True, eq=False)
class StatementReader:
    """Reads the single statements of policy documents; see `statements`."""

    whole: DocumentReader

    def __call__(self, resource: Resource) -> Iterator[Reading[Statement]]:
        """The paths of the statements, and each statement."""
        return self.of(attached(resource))

    def of(self, every: Iterable[Attached]) -> Iterator[Reading[Statement]]:
        """What it reads of the documents of a resource."""
        for path, document in self.whole.of(every):
            if isinstance(document, Unknown):
                yield path, document
            else:
                for statement in document.statements:
                    yield f"{path}.{statement.path}", statement


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
    return DocumentReader(elements, kinds, granting)


def statements(*elements: str, kinds: tuple[DocumentKind, ...] = EVERY, granting: bool = False) -> StatementReader:
    """A reader of single statements; the arguments are those of `documents`."""
    return StatementReader(documents(*elements, kinds=kinds, granting=granting))


def documents_of(
    resource: Resource, kinds: tuple[DocumentKind, ...] = EVERY, *, granting: bool = False
) -> list[tuple[str, PolicyDocument | Unknown]]:
    """The policy documents of a resource, parsed once; the arguments are those of `documents`."""
    every = attached(resource)
    return _chosen(every, kinds, granting=granting) if every else []


def _chosen(
    every: Iterable[Attached], kinds: tuple[DocumentKind, ...], *, granting: bool
) -> list[tuple[str, PolicyDocument | Unknown]]:
    return [
        (path, document.as_granted if granting and isinstance(document, PolicyDocument) else document)
        for path, kind, gives, document in every
        if kind in kinds and (gives or not granting)
    ]


def attached(resource: Resource) -> Sequence[Attached]:
    """Every policy document of a resource, parsed once."""
    return _parsed(resource) if resource.type in tables.document_properties() else ()


@memoized
def _parsed(resource: Resource) -> Sequence[Attached]:
    parsed = []
    for pattern, usual in tables.documents_of(resource.type, resource.inputs).items():
        kind = DocumentKind.BOUNDARY if resource.only_boundary else usual
        gives = kind is not DocumentKind.BOUNDARY and tables.grants(resource.type, pattern)
        for path, raw in values_at(resource.inputs, pattern):
            if raw is not None:
                document = raw if isinstance(raw, Unknown) else parse(raw, kind, resource.type)
                parsed.append(Attached(path, kind, gives, document))
    return tuple(parsed)


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
