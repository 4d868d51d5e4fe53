"""Who owns a stack: rules in a file go in, the owner of each stack comes out. The last rule that fits wins, as in CODEOWNERS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

import msgspec

from policypack.core.stack_name import StackName


class OwnerRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule: every condition that it has must fit."""

    owner: str
    stack: str | None = None
    """A pattern of one to three parts, as in waivers: `shop/prod*`."""
    account: str | None = None
    region: str | None = None
    tags: Mapping[str, str] = {}
    """Of the stack; each value is a pattern."""

    def fits(self, name: StackName, accounts: Iterable[str], region: str, tags: Mapping[str, str]) -> bool:
        """Whether the rule is about a stack."""
        return (
            (self.stack is None or name.matches(self.stack))
            and (self.account is None or self.account in accounts)
            and (self.region is None or fnmatchcase(region, self.region))
            and all(fnmatchcase(tags.get(key, ""), pattern) for key, pattern in self.tags.items())
        )


def owner_of(
    rules: Sequence[OwnerRule], name: StackName, accounts: Iterable[str], region: str, tags: Mapping[str, str]
) -> str:
    """The owner of a stack; empty if no rule fits."""
    accounts = [*accounts]
    return next((rule.owner for rule in reversed(rules) if rule.fits(name, accounts, region, tags)), "")
