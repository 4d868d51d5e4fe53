"""Resolution of unknown values in a preview, by the values of the offline run of the same program. Pure.

A value that the engine knows always wins. An offline value counts only if the resource is the same and its known inputs
equal the engine's. Names that Pulumi or the offline run generate are no difference: the engine's own name replaces each
wherever it occurs. Source: decision 26.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from policypack.core.policy import Asset, PartialDocument, Reference, Resource, Unknown
from policypack.core.values import has_unknown, rewritten, with_reason

SET_BY_PROVIDER = frozenset({"region", "tagsAll"})
"""Inputs that the aws provider adds by itself, depending on its version."""
DIFFERS = (
    "Make the program's result the same in every run, without clock or random values, or set the value in its config."
)
ABSENT = Unknown(
    "is unknown to the preview, and the offline run of the program has no such resource",
    "Make the program register it in every run, or build the value from names that are known before the update.",
)


NAME_CHARACTER = r"[^\s\"',\\]"
"""A character of a name, an id or an ARN."""
SUFFIX = 7
"""Characters at the end of a text by which it is looked up: the random part is there."""


class Names:
    """Texts that the offline run generates, and the engine's texts for them.

    `generated` are names, ids and ARNs with a random part, and the stand-in for an unknown account.
    """

    def __init__(self, generated: frozenset[str]) -> None:
        self.generated = generated
        self.known: dict[str, str] = {}
        self._by_suffix: dict[str, list[str]] = {}
        for text in sorted(generated, key=len, reverse=True):
            self._by_suffix.setdefault(text[-SUFFIX:], []).append(text)
        self._short = [text for text in generated if len(text) < SUFFIX]

    def same(self, offline: str, engine: str) -> bool:
        """Whether two texts are equal except for generated names; learns the engine's names for these."""
        if offline == engine or self.renamed(offline) == engine:
            return True
        pieces = self._pieces(offline)
        new = dict.fromkeys(piece for piece in pieces if piece in self.generated and piece not in self.known)
        if not new:
            return False
        groups = {token: f"made{index}" for index, token in enumerate(new)}
        first, last = (re.fullmatch(self._pattern(pieces, groups, many), engine) for many in ("+?", "+"))
        if first is None or last is None:
            return False
        learned = {token: first[group] for token, group in groups.items()}
        if learned == {token: last[group] for token, group in groups.items()}:  # else two names have no clear boundary
            self.known |= learned
        return True

    def _pattern(self, pieces: list[str], groups: Mapping[str, str], many: str) -> str:
        pattern, seen = "", set[str]()
        for piece in pieces:
            if piece not in groups:
                pattern += re.escape(self.known.get(piece, piece))
            elif piece in seen:
                pattern += f"(?P={groups[piece]})"
            else:
                seen.add(piece)
                pattern += f"(?P<{groups[piece]}>{NAME_CHARACTER}{many})"
        return pattern

    def renamed(self, text: str) -> str:
        """The text with the engine's names for generated ones."""
        return "".join(self.known.get(piece, piece) for piece in self._pieces(text)) if self.known else text

    def _pieces(self, text: str) -> list[str]:
        """The text in pieces: the generated names, longest first, and the texts between them."""
        tokens = {token for token in self._short if token in text}
        for end in range(SUFFIX, len(text) + 1):
            for token in self._by_suffix.get(text[end - SUFFIX : end], ()):
                if text.endswith(token, 0, end):
                    tokens.add(token)
        if not tokens:
            return [text]
        longest_first = sorted(tokens, key=lambda token: (-len(token), token))
        return re.split(f"({'|'.join(map(re.escape, longest_first))})", text)


class Resolver:
    """The offline resources of one program, with the differences and names learned from the engine's resources."""

    def __init__(self, resources: Iterable[Resource], generated: frozenset[str]) -> None:
        self.names = Names(generated)
        self._offline: dict[str, Resource] = {}
        for resource in resources:
            self._offline[resource.urn] = resource
            for alias in resource.options.aliases:
                self._offline.setdefault(alias, resource)
        self._differences: dict[str, str] = {}
        """By URN, the path at which the two runs differ, or the path and name of a dependency that differs."""

    def offline(self, urn: str) -> Resource | None:
        """The offline resource with this URN, or with this alias."""
        return self._offline.get(urn)

    def learn(self, resource: Resource, by_provider: Iterable[str] = ()) -> None:
        """Compare a resource of the engine with the offline one: where they differ, and which names correspond.

        Args:
            resource: the engine's.
            by_provider: the inputs that its provider set, which the offline run may lack.
        """
        offline = self.offline(resource.urn)
        if offline is None:
            return
        optional = SET_BY_PROVIDER.union(by_provider)
        path = next(differences(resource.inputs, offline.inputs, self.names, "", optional), None)
        if path is not None:
            self._differences[resource.urn] = f"`{path}`"
        else:
            self._inherit(resource)
        for name, value in resource.outputs.items():  # an older state has more names than the inputs
            if name in offline.outputs and name not in resource.inputs:
                next(differences(value, offline.outputs[name], self.names, name), None)

    def renamed(self, resource: Resource) -> Resource:
        """An offline resource with the engine's names in it."""
        return rewritten(resource, self.names.renamed)

    def _inherit(self, resource: Resource) -> None:
        """Inherit the difference of a dependency: what is computed from it differs too."""
        by_property = (urn for urns in resource.property_dependencies.values() for urn in urns)
        for urn in (*resource.dependencies, *by_property):
            if urn in self._differences:
                where = self._differences[urn].partition(" of ")[0]
                self._differences[resource.urn] = f"{where} of `{urn.rpartition('::')[2]}`"
                return

    def resolved(self, resource: Resource) -> Resource:
        """The resource with offline values for unknown ones, or with the reason why there are none."""
        offline = self.offline(resource.urn)
        if offline is None:
            return replace(resource, inputs=with_reason(resource.inputs, ABSENT))
        difference = self._differences.get(resource.urn)
        if difference is not None:
            why = f"is unknown to the preview, and the offline run of the program differs from it at {difference}"
            return replace(resource, inputs=with_reason(resource.inputs, Unknown(why, DIFFERS)))
        known = {name: value for name, value in resource.outputs.items() if not has_unknown(value)}
        return replace(
            resource,
            inputs=self._filled(resource.inputs, offline.inputs),
            outputs={**rewritten(offline.outputs, self.names.renamed), **known},
            secrets=resource.secrets | offline.secrets,
            id=resource.id or self.names.renamed(offline.id),
            position=offline.position,
            callers=offline.callers,
            accepts=offline.accepts,
            literals=offline.literals,
            invoked=offline.invoked,
        )

    def _filled(self, engine: Any, offline: Any) -> Any:
        match engine, offline:
            case Unknown() | PartialDocument() | Reference(id=Unknown()), None:
                return engine
            case Unknown() | PartialDocument() | Reference(id=Unknown()), _:
                return rewritten(offline, self.names.renamed)
            case Mapping(), Mapping():
                return {name: self._filled(inner, offline.get(name)) for name, inner in engine.items()}
            case list(), list() if len(engine) == len(offline):
                return [self._filled(*pair) for pair in zip(engine, offline, strict=True)]
        return engine


def differences(
    engine: Any, offline: Any, names: Names, path: str, optional: frozenset[str] = frozenset()
) -> Iterator[str]:
    """The paths at which values differ that both runs know.

    Args:
        engine: the engine's value.
        offline: the offline run's value of the same property.
        names: generated names, which are no difference.
        path: of both values.
        optional: top-level names that only one side may have.
    """
    match engine, offline:
        case (Unknown() | PartialDocument(), _) | (_, Unknown() | PartialDocument() | Reference(id=Unknown())):
            return
        case Mapping(), Mapping():
            for name in dict.fromkeys((*engine, *offline)):
                if name not in optional or (name in engine and name in offline):
                    inner = f"{path}.{name}" if path else name
                    yield from differences(engine.get(name), offline.get(name), names, inner)
        case list(), list() if len(engine) == len(offline):
            for index, pair in enumerate(zip(engine, offline, strict=True)):
                yield from differences(*pair, names, f"{path}[{index}]")
        case _ if not _same(engine, offline, names):
            yield path


def _same(engine: Any, offline: Any, names: Names) -> bool:
    """Whether two values without structure are equal except for generated names."""
    match engine, offline:
        case str(), str():
            return names.same(offline, engine)
        case str(), Reference():  # the engine sends its id, or the URN of a component
            return names.same(str(offline.id) or offline.urn, engine)
        case Asset(), Asset():
            return _same_content(engine, offline)
    return bool(engine == offline)


def _same_content(engine: Asset, offline: Asset) -> bool:
    if engine.hash and offline.hash:
        return engine.hash == offline.hash
    if replace(engine, members=None, hash="") != replace(offline, members=None, hash=""):
        return False
    ours, theirs = engine.members or {}, offline.members or {}
    return ours.keys() == theirs.keys() and all(_same_content(ours[name], theirs[name]) for name in ours)
