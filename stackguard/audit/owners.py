"""Who owns a stack: rules in a file go in, the owner of each stack comes out. The last rule that fits wins, as in CODEOWNERS."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from policypack.core import yaml_reader
from policypack.core.stack_name import StackName
from policypack.evaluation.settings import SettingsError
from policypack.evaluation.settings.files import settings_errors


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


class OwnerFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a file with owners."""

    owners: tuple[OwnerRule, ...] = ()


def read(path: Path) -> tuple[OwnerRule, ...]:
    """The rules in a YAML file, in its order.

    Raises:
        SettingsError: the file cannot be read, or does not fit the schema.
    """
    with settings_errors("owner file", path):
        document = yaml_reader.read(path)
    try:
        return msgspec.convert({} if document.value is None else document.value, OwnerFile).owners
    except msgspec.ValidationError as error:
        steps = re.findall(r"(\w+)|\[(\d+)\]", str(error).rpartition("`$")[2].rstrip("`"))
        line = document.line([int(index) if index else name for name, index in steps])
        raise SettingsError(f"{path}:{line}: {str(error).partition(' - at ')[0]}") from None


def owner_of(
    rules: Sequence[OwnerRule], name: StackName, accounts: Iterable[str], region: str, tags: Mapping[str, str]
) -> str:
    """The owner of a stack; empty if no rule fits."""
    accounts = [*accounts]
    return next((rule.owner for rule in reversed(rules) if rule.fits(name, accounts, region, tags)), "")
