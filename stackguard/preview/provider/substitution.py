"""Replaces texts in resources; a value that contains none of them stays the same object."""

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
    """Texts and their replacements. No text is a part of another; a text of digits is replaced as a number too."""

    texts: Mapping[str, str] = field(default_factory=dict)

    def value(self, value: T) -> T:
        """A resource, a property map or a value in one, with every text replaced, those of keys and URNs too."""
        return rewritten(value, self.text, self._number, _rehashed) if self.texts else value

    def text(self, text: str) -> str:
        """The text with every text in it replaced."""
        for old in self.texts:  # a loop, because nearly every text has none of them
            if old in text:
                return re.sub("|".join(map(re.escape, self.texts)), lambda match: self.texts[match[0]], text)
        return text

    def _number(self, number: int) -> int:
        return int(self.texts[str(number)]) if str(number) in self.texts else number


def _rehashed(asset: Asset) -> Asset:
    """The asset with the hash of its new content, if it has a hash."""
    if not asset.hash:
        return asset
    rehashed: Asset = assets.hashed(replace(asset, hash=""), Path())  # its paths are absolute
    return rehashed
