"""Replaces texts wherever a resource holds them; a value that holds none of them stays the same object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar, cast

from policypack.core.policy import Asset, Options, Partial, Reference, Resource
from policypack.core.wire import mapped, rebuilt
from stackguard.preview.provider import assets

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Substitution:
    """Texts and their replacements. No text is a part of another; a text of digits is replaced as a number too."""

    texts: Mapping[str, str] = field(default_factory=dict)

    def resource(self, resource: Resource) -> Resource:
        """The resource with every text replaced, in names, URNs and paths of secrets too."""
        return self.replaced(resource) if self.texts else resource

    def text(self, text: str) -> str:
        """The text with every text in it replaced."""
        for old in self.texts:  # a loop, because nearly every text has none of them
            if old in text:
                return re.sub("|".join(map(re.escape, self.texts)), lambda match: self.texts[match[0]], text)
        return text

    def value(self, value: T) -> T:
        """A property map, or a value in one, with every text replaced, those of keys too."""
        return cast("T", rebuilt(value, self._leaf) if self.texts else value)

    def _leaf(self, value: Any) -> Any:
        if type(value) is str:
            return self.text(value)
        match value:
            case Partial():
                return value if self.text(value) == value else mapped(value, self.text)
            case int():
                return int(self.texts.get(str(value), value)) if type(value) is int else value
            case Asset():
                return self._asset(value)
            case Reference():
                return self.replaced(value)
            case Options():
                return value if value == Options() else self.replaced(value)
        return value

    def replaced(self, value: T, *names: str) -> T:
        """A dataclass with the texts in these of its fields replaced, or in all of them."""
        instance: Any = value
        names = names or tuple(known.name for known in fields(instance) if known.init)
        changed = {name: new for name in names if (new := self.value(old := getattr(instance, name))) is not old}
        return cast("T", replace(instance, **changed)) if changed else value

    def _asset(self, asset: Asset) -> Asset:
        """An asset with its text replaced, and then its hash; a file's content stays as it is."""
        changed: Asset = self.replaced(asset, "text", "members")
        if changed is asset or not asset.hash:
            return changed
        rehashed: Asset = assets.hashed(replace(changed, hash=""), Path())  # its paths are absolute
        return rehashed
