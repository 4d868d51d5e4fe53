"""Resolves what a preview does not know, by what the offline run of the same program made of it. Pure.

What the engine knows always wins. An offline value counts only where the resource is the same and its known inputs
agree with the engine's. Names that Pulumi or the offline run made up are no difference: each stands for the engine's own
name, which is put in its place wherever it occurs. Source: decision 26.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from policypack.policy import UNKNOWN, Asset, Partial, Reference, Resource, Unknown

SET_BY_PROVIDER = frozenset({"region", "tagsAll"})
"""Inputs that the aws provider adds by itself, depending on its version."""
DIFFERS = "Make the program say the same whenever it runs, without a clock or chance, or give the value in its config."
ABSENT = Unknown(
    "is unknown to the preview, and the offline run of the program has no such resource",
    "Make the program register it whenever it runs, or build the value from names that it knows.",
)


@dataclass(slots=True)
class Names:
    """Texts that were made up offline, and what the engine has in their place.

    `made_up` are names, ids and ARNs with a part drawn at random, and the account where nobody told it.
    """

    made_up: frozenset[str]
    known: dict[str, str] = field(default_factory=dict)

    def same(self, offline: str, engine: str) -> bool:
        """Whether a text says the same but for names that were made up; learns what they stand for."""
        if offline == engine or self.renamed(offline) == engine:
            return True
        pieces = self._pieces(offline)
        tokens = [piece for piece in pieces if piece in self.made_up]
        if not tokens or any(token in self.known for token in tokens):
            return False
        groups: dict[str, str] = {}
        pattern = ""
        for piece in pieces:
            if piece not in self.made_up:
                pattern += re.escape(piece)
            elif piece in groups:
                pattern += f"(?P={groups[piece]})"
            else:
                groups[piece] = f"made{len(groups)}"
                pattern += f"(?P<{groups[piece]}>.+?)"
        found = re.fullmatch(pattern, engine, re.DOTALL)
        if found is None:
            return False
        self.known |= {token: found[group] for token, group in groups.items()}
        return True

    def renamed(self, text: str) -> str:
        """The text with the engine's names in place of those that were made up."""
        tokens = [token for token, name in self.known.items() if token != name and token in text]
        if not tokens:
            return text
        longest_first = sorted(tokens, key=len, reverse=True)
        return re.sub("|".join(map(re.escape, longest_first)), lambda found: self.known[found[0]], text)

    def in_value(self, value: Any) -> Any:
        """The value with the engine's names in all its texts."""
        match value:
            case Partial():
                partial = Partial(self.renamed(value))
                partial.unknown = value.unknown
                return partial
            case str():
                return self.renamed(value)
            case Mapping():
                return {name: self.in_value(each) for name, each in value.items()}
            case list():
                return [self.in_value(each) for each in value]
            case Reference() if isinstance(value.id, str):
                return replace(value, id=self.renamed(value.id))
        return value

    def _pieces(self, text: str) -> list[str]:
        tokens = sorted((token for token in self.made_up if token in text), key=len, reverse=True)
        return re.split(f"({'|'.join(map(re.escape, tokens))})", text) if tokens else [text]


class Resolver:
    """The offline resources of one program, and what the engine's resources have shown of them."""

    def __init__(self, resources: Iterable[Resource], made_up: frozenset[str]) -> None:
        self.names = Names(made_up)
        self._offline: dict[str, Resource] = {}
        for each in resources:
            self._offline[each.urn] = each
            for alias in each.options.aliases:
                self._offline.setdefault(alias, each)
        self._differences: dict[str, str] = {}

    def offline(self, urn: str) -> Resource | None:
        """The offline resource with this URN, or with this alias."""
        return self._offline.get(urn)

    def learn(self, resource: Resource, by_provider: Iterable[str] = ()) -> None:
        """Compare a resource of the engine with the offline one: where they differ, and which names correspond.

        Args:
            resource: with what the engine knows.
            by_provider: the inputs that its provider set, which the offline run need not know.
        """
        offline = self.offline(resource.urn)
        if offline is None:
            return
        aside = SET_BY_PROVIDER.union(by_provider)
        found = next(differences(resource.inputs, offline.inputs, self.names, "", aside), None)
        if found is not None:
            self._differences[resource.urn] = found
        for name, value in resource.outputs.items():  # an older state knows more names than inputs do
            if name in offline.outputs and name not in resource.inputs:
                next(differences(value, offline.outputs[name], self.names, name), None)

    def resolved(self, resource: Resource) -> Resource:
        """The resource with offline values in place of unknown ones, or with the reason why there are none."""
        offline = self.offline(resource.urn)
        if offline is None:
            return replace(resource, inputs=_explained(resource.inputs, ABSENT))
        place = self._differences.get(resource.urn)
        if place is not None:
            why = f"is unknown to the preview, and the offline run of the program differs from it at `{place}`"
            return replace(resource, inputs=_explained(resource.inputs, Unknown(why, DIFFERS)))
        computed = {**self.names.in_value(offline.outputs), **_known(resource.outputs)}
        return replace(
            resource,
            inputs=self._filled(resource.inputs, offline.inputs),
            outputs=computed,
            secrets=resource.secrets | offline.secrets,
            id=resource.id or self.names.renamed(offline.id),
            position=offline.position,
            accepts=offline.accepts,
        )

    def _filled(self, engine: Any, offline: Any) -> Any:
        match engine, offline:
            case Unknown() | Partial(), None:
                return engine
            case Unknown() | Partial(), _:
                return self.names.in_value(offline)
            case Mapping(), Mapping():
                return {name: self._filled(each, offline.get(name)) for name, each in engine.items()}
            case list(), list() if len(engine) == len(offline):
                return [self._filled(*pair) for pair in zip(engine, offline, strict=True)]
        return engine


def has_unknown(value: Any) -> bool:
    """Whether a decoded value is unknown, or holds something that is."""
    match value:
        case Unknown() | Partial():
            return True
        case Mapping():
            return any(map(has_unknown, value.values()))
        case list() | tuple():
            return any(map(has_unknown, value))
        case Reference():
            return isinstance(value.id, Unknown)
    return False


def differences(
    engine: Any, offline: Any, names: Names, path: str, aside: frozenset[str] = frozenset()
) -> Iterator[str]:
    """The paths at which two values differ that both sides know.

    Args:
        engine: the engine's value.
        offline: the offline run's value of the same property.
        names: what was made up, which is no difference.
        path: where they stand.
        aside: top-level names that only one side may have.
    """
    match engine, offline:
        case (Unknown() | Partial(), _) | (_, Unknown() | Partial() | Reference(id=Unknown())):
            return
        case Mapping(), Mapping():
            for name in dict.fromkeys((*engine, *offline)):
                if name not in aside or (name in engine and name in offline):
                    inner = f"{path}.{name}" if path else name
                    yield from differences(engine.get(name), offline.get(name), names, inner)
        case list(), list() if len(engine) == len(offline):
            for index, pair in enumerate(zip(engine, offline, strict=True)):
                yield from differences(*pair, names, f"{path}[{index}]")
        case _ if not _same(engine, offline, names):
            yield path


def _same(engine: Any, offline: Any, names: Names) -> bool:
    """Whether two values without structure are the same but for names that were made up."""
    match engine, offline:
        case str(), str():
            return names.same(offline, engine)
        case str(), Reference():  # the engine sends its id, or the URN of what has none
            return names.same(str(offline.id) or offline.urn, engine)
        case Asset(), Asset():
            return _same_content(engine, offline)
    return bool(engine == offline)


def _same_content(engine: Asset, offline: Asset) -> bool:
    if engine.hash and offline.hash:
        return engine.hash == offline.hash
    known = (engine.path, engine.text, engine.uri, engine.archive) == (
        offline.path,
        offline.text,
        offline.uri,
        offline.archive,
    )
    ours, theirs = engine.members or {}, offline.members or {}
    return known and ours.keys() == theirs.keys() and all(_same_content(ours[name], theirs[name]) for name in ours)


def _known(outputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in outputs.items() if not has_unknown(value)}


def _explained(value: Any, unknown: Unknown) -> Any:
    """The value with the reason why it was not resolved on each thing in it that only the update makes known."""
    match value:
        case Unknown():
            return unknown if value == UNKNOWN else value
        case Partial():
            partial = Partial(value)
            partial.unknown = unknown if value.unknown == UNKNOWN else value.unknown
            return partial
        case Mapping():
            return {name: _explained(each, unknown) for name, each in value.items()}
        case list():
            return [_explained(each, unknown) for each in value]
    return value
