"""Which keys several stacks share: sets that grow as facts come in, with one entry of a few bytes for each key.

Keys are kept as hashes. Two that collide only bring resources together that do not refer to each other.
"""

from __future__ import annotations

from collections.abc import Iterable


class Shared:
    """The keys of all stacks, by the number of the first stack that has each, and those that several have."""

    def __init__(self) -> None:
        self._first: dict[int, int] = {}
        self._leads: dict[int, int] = {}
        self.by_several: dict[int, set[int]] = {}
        """By hash of a key, the numbers of its stacks."""
        self.texts: dict[int, str] = {}

    def add(self, stack: int, keys: Iterable[str]) -> None:
        """Add the keys of one resource, which belong together."""
        lead: int | None = None
        for key in keys:
            hashed = hash(key)
            first = self._first.setdefault(hashed, stack)
            if first != stack:
                self.by_several.setdefault(hashed, {first}).add(stack)
                self.texts[hashed] = key
            if lead is not None and (one := self.root(lead)) != (two := self.root(hashed)):
                self._leads[two] = one
            lead = hashed

    def root(self, hashed: int) -> int:
        """What all keys that belong together have in common."""
        while (lead := self._leads.get(hashed, hashed)) != hashed:
            self._leads[hashed] = self._leads.get(lead, lead)
            hashed = lead
        return hashed

    def groups(self) -> dict[int, tuple[set[int], str]]:
        """By root, the stacks that share some of its keys, and one of these."""
        groups: dict[int, tuple[set[int], str]] = {}
        for hashed, stacks in self.by_several.items():
            root = self.root(hashed)
            together, key = groups.get(root, (set(), self.texts[hashed]))
            groups[root] = together | stacks, min(key, self.texts[hashed])
        return groups
