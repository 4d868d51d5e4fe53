"""Texts replaced by others in whatever a resource holds; what holds none of them stays the same object."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from policypack.core.policy import Asset, Options, Partial, Reference, Resource
from stackguard.preview.provider import assets

T = TypeVar("T")
OPTIONS = tuple(each.name for each in fields(Options))
REWRITTEN = (
    "name",
    "inputs",
    "urn",
    "outputs",
    "parent",
    "provider",
    "dependencies",
    "property_dependencies",
    "secrets",
    "id",
    "options",
)


@dataclass(frozen=True, slots=True)
class Substitution:
    """Which text is replaced by which. No text is a part of another; a text of digits stands for the number too."""

    texts: Mapping[str, str] = field(default_factory=dict)

    def resource(self, resource: Resource) -> Resource:
        """The resource with every text replaced, in names, URNs and paths of secrets too."""
        return self._replaced(resource, REWRITTEN) if self.texts else resource

    def text(self, text: str) -> str:
        """The text with every text in it replaced."""
        for each in self.texts:
            if each in text:
                return re.sub("|".join(map(re.escape, self.texts)), lambda found: self.texts[found[0]], text)
        return text

    def value(self, value: T) -> T:
        """A property map, or a value in one, with every text replaced, those of keys too."""
        found: Any = self._value(value) if self.texts else value
        return found  # type: ignore[no-any-return]

    def _value(self, value: Any) -> Any:
        kind = type(value)  # most values are of these, and every resource of a big stack comes by here
        if kind is str:
            return self.text(value)
        if kind is dict:
            return self._mapping(value)
        if kind is list or kind is tuple or kind is frozenset:
            return self._collection(value)
        if kind is int:
            return int(self.texts[str(value)]) if str(value) in self.texts else value
        match value:
            case Partial():
                return self._partial(value)
            case Asset():
                return self._asset(value)
            case Reference():
                return self._replaced(value, ("urn", "id"))
            case Options():
                return value if value == Options() else self._replaced(value, OPTIONS)
        return value

    def _mapping(self, value: dict[str, Any]) -> dict[str, Any]:
        pairs = {self.text(name): self._value(each) for name, each in value.items()}
        same = all(pairs.get(name, pairs) is each for name, each in value.items())
        return value if same else pairs

    def _collection(self, value: Any) -> Any:
        items = [self._value(each) for each in value]
        same = all(map(operator.is_, items, value))
        return value if same else type(value)(items)

    def _replaced(self, value: Any, names: tuple[str, ...]) -> Any:
        """A dataclass with these fields replaced."""
        changed = {name: new for name in names if (new := self._value(old := getattr(value, name))) is not old}
        return replace(value, **changed) if changed else value

    def _partial(self, value: Partial) -> Partial:
        text = self.text(str(value))
        if text == value:
            return value
        partial = Partial(text)
        partial.unknown = value.unknown
        return partial

    def _asset(self, asset: Asset) -> Asset:
        """An asset with its text replaced, and then its hash too; a file is what it is."""
        changed: Asset = self._replaced(asset, ("text", "members"))
        if changed is asset or not asset.hash:
            return changed
        rehashed: Asset = assets.hashed(replace(changed, hash=""), Path())  # its paths are absolute
        return rehashed
