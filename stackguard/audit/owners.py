"""Who owns a stack: rules in files go in, the owner of each stack comes out. The last rule that fits wins.

A file is YAML with rules, or a CODEOWNERS file, whose patterns are about the path of a stack: for a program its stack file
`FOLDER/Pulumi.STACK.yaml` in its repository, for a state `ORGANIZATION/PROJECT/STACK`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from policypack.core.reading import files, yaml_reader
from policypack.core.reading.files import repository
from policypack.core.reading.schema_errors import Misfit, misfit
from policypack.core.stack_name import StackName
from policypack.evaluation.settings import SettingsError
from policypack.evaluation.settings.files import settings_errors
from stackguard.audit.codeowners import CodeOwners, CodeOwnersError, parsed

LARGEST_CODEOWNERS = 3 << 20
"""Bytes.

Source: https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners.
"""


@dataclass(frozen=True, slots=True)
class Owned:
    """What is known of a stack."""

    name: StackName
    accounts: Sequence[str] = ()
    region: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    program: Path | None = None
    """The folder of its program, if it is one that ran."""

    @property
    def path(self) -> str:
        """What a CODEOWNERS file calls it."""
        if self.program is None:
            return "/".join(filter(None, (self.name.organization, self.name.project, self.name.stack)))
        folder = self.program.absolute()
        place = folder.relative_to(repository(folder) or folder).as_posix()
        return f"{place}/Pulumi.{self.name.stack}.yaml".removeprefix("./")


class OwnerRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule: every condition that it has must fit."""

    owner: str
    stack: str | None = None
    """A pattern of one to three parts, as in waivers: `shop/prod*`."""
    account: str | None = None
    region: str | None = None
    tags: Mapping[str, str] = {}
    """Of the stack; each value is a pattern."""

    def of(self, owned: Owned) -> str | None:
        """The owner of a stack; None if the rule is not about it."""
        fits = (
            (self.stack is None or owned.name.matches(self.stack))
            and (self.account is None or self.account in owned.accounts)
            and (self.region is None or fnmatchcase(owned.region, self.region))
            and all(fnmatchcase(owned.tags.get(key, ""), pattern) for key, pattern in self.tags.items())
        )
        return self.owner if fits else None


class OwnerFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a file with owners."""

    owners: tuple[OwnerRule, ...] = ()


Rule = OwnerRule | CodeOwners
CODEOWNERS = "CODEOWNERS"


def read(path: Path) -> tuple[Rule, ...]:
    """The rules in a file, in its order.

    Args:
        path: a YAML file, or a CODEOWNERS file, which has this name or ends with it.

    Raises:
        SettingsError: the file cannot be read, or is malformed.
    """
    if path.name.upper().endswith(CODEOWNERS):
        return (_code_owners(path),)
    with settings_errors("owner file", path):
        document = yaml_reader.read(path)
    try:
        return msgspec.convert({} if document.value is None else document.value, OwnerFile).owners
    except msgspec.ValidationError as error:
        keys, problem = _readable(misfit(error))
        raise SettingsError(f"{path}:{document.line(keys)}: {problem}") from None


def _readable(found: Misfit) -> tuple[list[str | int], str]:
    """The keys and a message for what does not fit."""
    named = f"`{found.named}`" if found.named else "the file"
    if found.missing is not None:
        return found.keys, f"{named} needs `{found.missing}`"
    if found.unknown is not None:
        known = ", ".join(f"`{name}`" for name in (OwnerRule if found.named else OwnerFile).__struct_fields__)
        return [*found.keys, found.unknown], f"{named} has no key `{found.unknown}`; the keys are {known}"
    return found.keys, f"{named} {found.problem}"


def _code_owners(path: Path) -> CodeOwners:
    with settings_errors("CODEOWNERS file", path):
        content = files.content(path)
    if len(content) > LARGEST_CODEOWNERS:
        raise SettingsError(f"{path}: larger than {LARGEST_CODEOWNERS >> 20} MiB, which GitHub does not read either")
    try:
        return parsed(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8 text") from None
    except CodeOwnersError as error:
        raise SettingsError(f"{path}:{error.line}: {error}") from None


def owner_of(rules: Sequence[Rule], owned: Owned) -> str:
    """The owner of a stack; empty if no rule fits, or if the last one says that it has none."""
    path = owned.path if any(isinstance(rule, CodeOwners) for rule in rules) else ""
    for rule in reversed(rules):
        owner = rule.of(path) if isinstance(rule, CodeOwners) else rule.of(owned)
        if owner is not None:
            return owner
    return ""
