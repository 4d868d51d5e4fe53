"""The name of a stack: organization, project and stack."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

MADE_UP = "organization"
"""The organization in the stacks' names of a backend of one's own: pkg/backend/diy/state.go of github.com/pulumi/pulumi."""


@dataclass(frozen=True, slots=True)
class StackName:
    """The parts of a stack's full name; empty where unknown."""

    organization: str = ""
    project: str = ""
    stack: str = ""

    def __str__(self) -> str:
        return "/".join(filter(None, (self.organization, self.project, self.stack)))

    @property
    def known(self) -> str:
        """The full name, without the organization that Pulumi makes up for a backend that has none."""
        return self.in_project if self.organization == MADE_UP and self.project and self.stack else str(self)

    @property
    def in_project(self) -> str:
        """`PROJECT/STACK`, which every source of a stack knows."""
        return f"{self.project}/{self.stack}"

    def matches(self, pattern: str) -> bool:
        """Whether a pattern of one, two or three parts, such as `shop/prod*`, fits as many of the last parts."""
        patterns = pattern.split("/")
        named = (self.organization, self.project, self.stack)[3 - len(patterns) :]
        return len(patterns) <= 3 and all(map(fnmatchcase, named, patterns))


def of_urn(urn: str, organization: str = "") -> StackName:
    """The name in a URN; without the organization, which a URN does not contain."""
    head, _, rest = urn.partition("::")
    return StackName(organization, rest.partition("::")[0], head.rpartition(":")[2])
