"""Types that the rooms of the audit share: a stack to judge, where it is, and what an audit is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from policypack.core.stack_name import StackName
from stackguard.errors import shortened


@dataclass(frozen=True, slots=True)
class Location:
    """Where the content of a stack is: any process can open it, and it contains no credentials."""

    kind: str
    """`file`, `object`, `archive`, `cloud` or `program`: which module of `sources` opens it."""
    url: str
    """A path, or a URL."""
    member: str = ""
    """The name in an archive."""
    copy: str = ""
    """The file with its content, if the archive can only be read from its start, or the copy of a zip in an object store."""

    problem: str = ""
    """Why it cannot be opened, as a clause, if that is known from where it is listed."""

    def __str__(self) -> str:
        return f"{self.url}!{shortened(self.member)}" if self.member else self.url


@dataclass(frozen=True, slots=True)
class StackRef:
    """A stack that a source has; its content is read later, in another process."""

    location: Location
    name: StackName
    """As far as the source says; the content can say more."""
    origin: str = ""
    """The backend or the name of the source, which tells equal names of stacks apart."""
    identity: str = ""
    """What identifies the stack in its origin, if its name does not: the path of a loose file."""
    version: str = ""
    """Equal for equal content, as far as the source knows without reading it: an ETag or a version; empty if unknown."""
    modified: str = ""
    """The time and size of a file, which are equal for equal content unless somebody set the time."""
    size: int | None = None
    """Bytes; None if unknown."""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Identifies the stack in every run: 32 hexadecimal digits."""
        parts = (self.origin, self.identity or str(self.name))
        return hashlib.sha256("\n".join(parts).encode(errors="surrogateescape")).hexdigest()[:32]

    def __str__(self) -> str:
        return str(self.name) if self.name.stack else str(self.location)
