"""The baseline: violations that were there before the gate, which do not block.

A file has a line for each violation, by stack and fingerprint, with who added it; equal violations are counted. Lines are
sorted, end in a comma and are never rewritten, so that git merges two branches with `merge=union` in `.gitattributes`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import msgspec

from policypack.core import files
from policypack.core.policy import Exemption, Kind, Outcome
from policypack.core.stack_name import StackName
from policypack.evaluation.places import fingerprint, taken
from policypack.evaluation.settings import SettingsError
from policypack.evaluation.settings.files import settings_errors
from policypack.evaluation.waivers import WaiverRules
from stackguard.reports.formatting import name_of, printable_json

DEFAULT_FILE = "stackguard-baseline.json"
VERSION = 1
Count = Annotated[int, msgspec.Meta(ge=1)]


class Added(msgspec.Struct, frozen=True):
    """Who added an entry, when, and at which commit and version of stackguard; empty where unknown."""

    by: str = ""
    at: Annotated[str, msgspec.Meta(description="A date and time in UTC.", examples=["2026-11-29T08:30:00Z"])] = ""
    commit: str = ""
    version: Annotated[str, msgspec.Meta(description="Of stackguard.")] = ""


class Entry(msgspec.Struct, frozen=True):
    """A violation that does not block; what it says of it is as it was when it was added."""

    policy: str
    resource: Annotated[str, msgspec.Meta(description="Type and name.", examples=["aws:s3:Bucket uploads"])]
    path: str
    count: Annotated[Count, msgspec.Meta(description="How many equal ones.")] = 1
    added: Added = Added()


Key = tuple[str, str]
"""A stack as `PROJECT/STACK`, and a fingerprint."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The entries of a baseline file."""

    entries: Mapping[Key, Entry] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """The number of violations, equal ones counted."""
        return sum(entry.count for entry in self.entries.values())

    def of(self, stack: StackName) -> Counter[str]:
        """The number of entries of a stack by fingerprint."""
        name = stack.in_project
        return Counter({print_: entry.count for (of, print_), entry in self.entries.items() if of == name})

    def with_outcomes(self, stack: StackName, outcomes: Iterable[Outcome], added: Added) -> Baseline:
        """The baseline with more outcomes of a stack; what it has already stays as it is, but for its count.

        Args:
            stack: the stack.
            outcomes: those to add.
            added: who adds the new entries.
        """
        entries = dict(self.entries)
        for outcome in outcomes:
            key = stack.in_project, fingerprint(outcome)
            new = Entry(outcome.policy.id, name_of(outcome.resource.urn), outcome.path, 0, added)
            entry = entries.get(key, new)
            entries[key] = msgspec.structs.replace(entry, count=entry.count + 1)
        return Baseline(entries)

    def without(self, stack: StackName, gone: Counter[str]) -> Baseline:
        """The baseline without entries of a stack that are gone, each as many times as it is counted."""
        entries = dict(self.entries)
        for print_, count in gone.items():
            key = stack.in_project, print_
            left = entries[key].count - count
            if left > 0:
                entries[key] = msgspec.structs.replace(entries[key], count=left)
            else:
                del entries[key]
        return Baseline(entries)

    def text(self) -> str:
        """The content of the file."""
        lines = [
            f'"{stack} {print_}": {msgspec.json.encode(self.entries[stack, print_]).decode()},'
            for stack, print_ in sorted(self.entries)
        ]
        return printable_json("\n".join(["{", *lines, f'"version": {VERSION}', "}"])) + "\n"


@dataclass(frozen=True, slots=True)
class Baselined:
    """The result for one stack."""

    outcomes: tuple[Outcome, ...]
    """As they came, with their exemptions."""
    gone: Counter[str] = field(default_factory=Counter)
    """By fingerprint, the number of entries whose violation is not there any more."""
    new: tuple[Outcome, ...] = ()
    """The outcomes that are to be added: without an exemption here, with one in `outcomes`."""


def read(path: Path) -> Baseline:
    """The baseline in a file.

    Raises:
        SettingsError: it cannot be read, or is malformed; the message says where.
    """
    with settings_errors("baseline file", path):
        content = files.content(path)
    try:
        raw = json.loads(content, object_pairs_hook=_first)
    except (ValueError, RecursionError) as error:
        raise SettingsError(
            f"{path} is malformed: {error}; merge it again, or write it with `stackguard baseline`"
        ) from None
    if not isinstance(raw, Mapping) or raw.get("version") != VERSION:
        raise SettingsError(
            f'{path} is malformed: it has no `"version": {VERSION}`; write it with `stackguard baseline`'
        )
    entries: dict[Key, Entry] = {}
    for name, value in raw.items():
        if name in {"version", "$schema"}:
            continue
        stack, _, print_ = name.rpartition(" ")
        try:
            entries[stack, print_] = msgspec.convert(value, Entry)
        except msgspec.ValidationError as error:
            raise SettingsError(f"{path}: entry `{name}`: {error}") from None
    return Baseline(entries)


def apply(
    outcomes: Sequence[Outcome],
    baseline: Baseline,
    stack: StackName,
    ran: Collection[str],
    rules: WaiverRules | None = None,
    *,
    add: bool = False,
) -> Baselined:
    """The outcomes of one stack with the exemptions of its baseline.

    Each entry accepts as many outcomes as it counts, as by `places.taken`; what is waived already uses none.

    Args:
        outcomes: with their places.
        baseline: of all stacks.
        stack: the stack's name.
        ran: ids of the policies that ran: entries of others are not gone.
        rules: of the central settings: what they allow no waiver of, a baseline does not accept either.
        add: whether all other outcomes that block are to be added.
    """
    left = baseline.of(stack)
    rules = rules or WaiverRules()
    open_ = [
        index
        for index, outcome in enumerate(outcomes)
        if outcome.exemption is None and outcome.kind is not Kind.ERROR and not rules.refuse(outcome.policy)
    ]
    accepted = taken(outcomes, open_, left)
    new = [index for index in open_ if add and index not in accepted and outcomes[index].blocks]
    exempt = {*accepted, *new}
    by = {index: baseline.entries[stack.in_project, print_].added.by for index, print_ in accepted.items()}
    exempted = tuple(
        replace(outcome, exemption=Exemption("baselined", owner=by.get(index, ""))) if index in exempt else outcome
        for index, outcome in enumerate(outcomes)
    )
    gone = Counter(
        {
            print_: count
            for print_, count in left.items()
            if count and baseline.entries[stack.in_project, print_].policy in ran
        }
    )
    return Baselined(exempted, gone, tuple(outcomes[index] for index in new))


def _first(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object; of entries that two branches added, the first: to accept too little is safe."""
    return dict(reversed(pairs))
