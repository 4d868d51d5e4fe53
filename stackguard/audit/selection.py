"""Which stacks of the sources an audit judges: patterns, a limit or a sample in, the stacks and what was left out, out."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from stackguard.audit.model import StackRef

ACCOUNT = "account:"


@dataclass(frozen=True, slots=True)
class Selection:
    """What the operator selects.

    A pattern is of one to three parts, such as `shop/prod*`, or `tag:KEY=VALUE`, or `account:NUMBER`. A stack whose name is
    unknown before it is read, as that of a loose file, is matched by its path. Its accounts are known once it was read.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    limit: int | None = None
    """The first so many stacks only."""
    sample: int | None = None
    """So many stacks, drawn at random, the same ones for the same stacks."""

    @property
    def filters(self) -> tuple[str, ...]:
        """The patterns, for people."""
        return (*(f"--include {text}" for text in self.include), *(f"--exclude {text}" for text in self.exclude))

    def described(self, listed: int) -> str:
        """What `limit` and `sample` leave out, for people; empty if nothing.

        Args:
            listed: how many stacks fit the patterns.
        """
        if self.sample is not None and self.sample < listed:
            return f"a sample of {self.sample} of {listed} stacks"
        if self.limit is not None and self.limit < listed:
            return f"the first {self.limit} of {listed} stacks"
        return ""

    def fitting(self, refs: Iterable[StackRef]) -> list[StackRef]:
        """The stacks that fit the patterns, and those that may, depending on their accounts."""
        return [ref for ref in refs if self.fits(ref)]

    def fits(self, ref: StackRef, accounts: Collection[str] | None = None) -> bool:
        """Whether a stack fits the patterns, or may if its accounts are None: unknown because it was not read."""
        wanted = not self.include or any(
            matches(ref, pattern, accounts) or (accounts is None and pattern.startswith(ACCOUNT))
            for pattern in self.include
        )
        return wanted and not any(matches(ref, pattern, accounts) for pattern in self.exclude)

    def chosen(self, refs: Sequence[StackRef]) -> list[StackRef]:
        """The stacks of these that are judged."""
        if self.sample is not None and self.sample < len(refs):
            drawn = {*random.Random(0).sample(sorted(ref.id for ref in refs), self.sample)}  # noqa: S311 (no secret)
            return [ref for ref in refs if ref.id in drawn]
        return list(refs if self.limit is None else refs[: self.limit])


def matches(ref: StackRef, pattern: str, accounts: Collection[str] | None = None) -> bool:
    """Whether a pattern is certainly about a stack."""
    if pattern.startswith(ACCOUNT):
        return any(fnmatchcase(account, pattern.removeprefix(ACCOUNT)) for account in accounts or ())
    if pattern.startswith("tag:"):
        key, _, value = pattern.removeprefix("tag:").partition("=")
        return key in ref.tags and fnmatchcase(ref.tags[key], value or "*")
    if not ref.name.stack:
        return fnmatchcase(ref.identity, pattern)
    return ref.name.matches(pattern)
