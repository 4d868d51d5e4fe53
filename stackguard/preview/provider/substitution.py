"""Texts replaced by others in whatever a resource holds; what holds none of them stays the same object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from policypack.core.policy import Asset
from policypack.core.values import rewritten
from stackguard.preview.provider import assets

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Substitution:
    """Which text is replaced by which. No text is a part of another; a text of digits stands for the number too."""

    texts: Mapping[str, str] = field(default_factory=dict)

    def value(self, value: T) -> T:
        """A resource, a property map or a value in one, with every text replaced, those of keys and URNs too."""
        return rewritten(value, self.text, self._number, _rehashed) if self.texts else value

    def text(self, text: str) -> str:
        """The text with every text in it replaced."""
        for each in self.texts:
            if each in text:
                return re.sub("|".join(map(re.escape, self.texts)), lambda found: self.texts[found[0]], text)
        return text

    def _number(self, number: int) -> int:
        return int(self.texts[str(number)]) if str(number) in self.texts else number


def _rehashed(asset: Asset) -> Asset:
    """The asset with the hash of its new content, where it has a hash."""
    if not asset.hash:
        return asset
    rehashed: Asset = assets.hashed(replace(asset, hash=""), Path())  # its paths are absolute
    return rehashed
