"""Names of a stack in texts, replaced with what is the same in every stack of its project, and across renames."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, product
from typing import Any, TypeVar, cast

from policypack.core.policy import ROOT_TYPE, Resource
from policypack.core.wire import UNKNOWNS
from policypack.evaluation.placing.attached import attaching
from policypack.evaluation.placing.subjects import subject_properties
from policypack.iam.actions import services
from policypack.iam.arn import Arn
from policypack.resources.naming import identifiers
from policypack.resources.providers import DEFAULT_NAME

T = TypeVar("T")

UNKNOWN = "(unknown)"
ACTION = re.compile(r"[A-Za-z0-9-]+:[\w*?]+")
TOKEN = re.compile(r"[^:/\s\"']+")
"""A part of an ARN or a URL."""
ARN = re.compile(r"arn:[^\s\"']+")
LINE = re.compile(r"(?<=\.\w\w):\d+$|\[\d+\]")
"""What a fact has of lines and indexes: `index.py:5`, `Statement[0]`."""
ORDINARY = re.compile(r"\W*|Allow|Deny|arn|aws")
"""What ends an identifier and names no resource: the `*` of a log group's ARN, or a word of documents."""
MOST = 64
"""Combinations of the former names of resources that one outcome mentions."""


def urns(resource: Resource) -> tuple[str, ...]:
    """The URN of a resource, and those that it had in the same stack."""
    stack = resource.urn.partition("::")[0]
    return resource.urn, *(alias for alias in resource.options.aliases if alias.partition("::")[0] == stack)


@dataclass(slots=True)
class Index:
    """What a stack's names are replaced with."""

    owners: dict[str, Resource] = field(default_factory=dict)
    """By the last part of an identifier, the resource."""
    by_urn: dict[str, Resource] = field(default_factory=dict)
    logical: dict[str, Resource] = field(default_factory=dict)
    """By logical name, the first resource that has it."""
    accounts: dict[str, str] = field(default_factory=lambda: {"": ""})
    region: str = ""
    """The stack's own: another one is what a program chose for a resource, and counts as it is written."""


class Names:
    """The texts that differ between the stacks of one project, with what replaces them.

    It has the present names, and the accounts replaced; a variant of it has former names, or accounts as they are written
    wherever no resource of the stack is named: before the settings know the account, a document may have it in digits.
    """

    def __init__(
        self,
        resources: Iterable[Resource],
        stack: str,
        chosen: Mapping[str, str] | None = None,
        *,
        written_accounts: bool = False,
    ) -> None:
        """Begin.

        Args:
            resources: all of the stack.
            stack: its name; empty if it is unknown.
            chosen: by URN, the former one by which a resource is named.
            written_accounts: whether accounts that stand beside no name of the stack are kept.
        """
        self._resources = resources
        self._stack_name = stack
        self._chosen = chosen or {}
        self._written_accounts = written_accounts
        self._stack = re.compile(rf"(?<![A-Za-z0-9]){re.escape(stack)}(?![A-Za-z0-9])") if stack else None
        self._digests: dict[str, str] = {}
        self._kept: dict[Hashable, tuple[object, Any]] = {}
        self.mentioned: dict[str, tuple[str, ...]] = {}
        """By URN, the names of the resources with former ones that were replaced; `account` if an account was."""

    def variants(self) -> Iterator[Names]:
        """These names with the former ones of what was mentioned: first all by the same alias, then mixed."""
        former = {urn: names for urn, names in self.mentioned.items() if urn != "account"}
        most = max(map(len, former.values()), default=1)
        same = ([names[min(index, len(names) - 1)] for names in former.values()] for index in range(most))
        mixed = islice(product(*former.values()), MOST)
        choices = dict.fromkeys(map(tuple, (*same, *mixed)))
        for written in (False, True) if "account" in self.mentioned else (False,):
            for choice in choices:
                chosen = dict(zip(former, choice, strict=True))
                variant = Names(self._resources, self._stack_name, chosen, written_accounts=written)
                variant.__dict__["_index"] = self._index
                yield variant

    def resource(self, urn: str) -> str:
        """The project, the types and the name in a URN."""
        parts = urn.split("::", 3)
        return self.of_stack("::".join(parts[1:]) if len(parts) == 4 else urn)

    def referred(self, urn: str) -> str:
        """A resource that another one refers to."""
        owner = self._index.by_urn.get(urn)
        return self._inside(urn if owner is None else self._named(owner))

    def _inside(self, urn: str) -> str:
        """A resource of the same project, whose name says nothing and may change."""
        return f"{{{self.resource(urn).partition('::')[2]}}}"

    def of_stack(self, text: str) -> str:
        """The text without the stack's name."""
        return self._stack.sub("{stack}", text) if self._stack else text

    def same_everywhere(self, text: str) -> str:
        """The text without names of the stack, of its accounts, of its region and of its resources."""
        if text == self._index.region:
            return text  # a value that is a region decides where something lands
        for sentinel in UNKNOWNS:
            text = text.replace(sentinel, UNKNOWN)
        if not self._written_accounts:
            return self.of_stack(TOKEN.sub(self._replaced, text))
        parts, end = [], 0
        for arn in ARN.finditer(text):
            parts += [TOKEN.sub(self._kept_account, text[end : arn.start()]), self._in_arn(arn[0])]
            end = arn.end()
        return self.of_stack("".join([*parts, TOKEN.sub(self._kept_account, text[end:])]))

    def identified(self, text: str) -> str:
        """The resource that a text is an identifier of, else the text."""
        owner = self._index.owners.get(re.split("[:/]", text)[-1])
        return self.referred(owner.urn) if owner and text in identifiers(owner) else self.same_everywhere(text)

    def digest(self, text: str) -> str:
        """A hash of the text as it is everywhere; of one that mentions nothing it is kept, since many outcomes have it."""
        if (known := self._digests.get(text)) is not None:
            return known
        before, self.mentioned = self.mentioned, {}
        digest = hashlib.sha256(self.same_everywhere(text).encode(errors="replace")).hexdigest()
        if not self.mentioned:
            self._digests[text] = digest
        before.update(self.mentioned)
        self.mentioned = before
        return digest

    def once(self, of: object, key: Hashable, make: Callable[[], T]) -> T:
        """What is made of an object that many outcomes share, kept if it mentions nothing."""
        if (known := self._kept.get((id(of), key))) is not None:
            return cast("T", known[1])
        before, self.mentioned = self.mentioned, {}
        made = make()
        if not self.mentioned:
            self._kept[id(of), key] = (of, made)  # with the object, so that no other one gets its id
        before.update(self.mentioned)
        self.mentioned = before
        return made

    def fact(self, text: str) -> str:
        """A fact of a message, without logical names that a resource had before."""
        text = LINE.sub("", text)
        if (resource := self._index.logical.get(text)) is not None:
            return self.of_stack(self._named(resource).rpartition("::")[2])
        return self.same_everywhere(text.lower() if ACTION.fullmatch(text) else text)

    def _in_arn(self, arn: str) -> str:
        named = any(token in self._index.owners for token in TOKEN.findall(arn))
        return TOKEN.sub(self._replaced if named else self._kept_account, arn)

    def _kept_account(self, match: re.Match[str]) -> str:
        return match[0] if match[0] in self._index.accounts else self._replaced(match)

    def _replaced(self, match: re.Match[str]) -> str:
        text, index = match[0], self._index
        if text in index.accounts:
            self.mentioned["account"] = ()
            return index.accounts[text]
        if text == index.region:
            return "{region}"
        owner = index.owners.get(text)
        return text if owner is None else self._inside(self._named(owner))

    def _named(self, resource: Resource) -> str:
        """The URN by which a resource is named."""
        if resource.options.aliases and len(names := urns(resource)) > 1:
            self.mentioned[resource.urn] = names
        return self._chosen.get(resource.urn, resource.urn)

    @cached_property
    def attaching(self) -> Mapping[str, Sequence[Resource]]:
        """The resources that attach each managed policy of the stack, by its URN."""
        return attaching([*self._resources])

    @cached_property
    def _index(self) -> Index:
        index = Index()
        regions: dict[bool, str] = {}
        for resource in self._resources:
            index.by_urn[resource.urn] = resource
            index.logical.setdefault(resource.name, resource)
            if resource.external or not resource.custom or resource.type == ROOT_TYPE:
                continue
            others = [resource.inputs.get(name) for name in subject_properties(resource.type)]
            for text in identifiers(resource):
                if text in others:
                    continue
                name = re.split("[:/]", text)[-1]
                if "/arn:" not in text and not ORDINARY.fullmatch(name) and name not in services():
                    index.owners.setdefault(name, resource)
                if arn := Arn.parse(text):
                    index.accounts.setdefault(arn.account, f"{{account {len(index.accounts)}}}")
                    if arn.region:
                        regions.setdefault(self._chooses_region(resource), arn.region)
        index.region = next((regions[chosen] for chosen in (False, True) if chosen in regions), "")
        return index

    def _chooses_region(self, resource: Resource) -> bool:
        """Whether a resource has a region of its own, or a provider that the program constructs."""
        provider = resource.provider.rpartition("::")[0] if resource.provider.count("::") > 3 else resource.provider
        name = provider.rpartition("::")[2]
        return resource.inputs.get("region") is not None or bool(name and not DEFAULT_NAME.fullmatch(name))
