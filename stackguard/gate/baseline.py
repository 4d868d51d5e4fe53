"""The baseline: violations that were there before the gate, which do not block.

A file has a line for each violation, by stack and fingerprint, with who added it; equal violations are counted, and what
is added later has a line of its own: `shop/dev FINGERPRINT 2` begins with the second one. Lines are sorted, end in a comma
and are never rewritten, so that git merges two branches with `merge=union` in `.gitattributes`.
"""

from __future__ import annotations

import json
import re
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


Key = tuple[str, str, int]
"""A stack as `PROJECT/STACK`, a fingerprint, and which of the equal violations is the first of the entry."""
NAME = re.compile(r"(?P<stack>.*) (?P<print>[0-9a-f]+)(?: (?P<first>[1-9]\d*))?", re.DOTALL)


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
        counts: Counter[str] = Counter()
        for (name, print_, _), entry in self.entries.items():
            if name == stack.in_project:
                counts[print_] += entry.count
        return counts

    def authors(self, stack: StackName) -> dict[str, str]:
        """Who added the entries of a stack, by fingerprint; several are separated by commas."""
        added: dict[str, dict[str, None]] = {}
        for (name, print_, _), entry in sorted(self.entries.items(), key=lambda item: item[0]):
            if name == stack.in_project and entry.added.by:
                added.setdefault(print_, {})[entry.added.by] = None
        return {print_: ", ".join(names) for print_, names in added.items()}

    def policy(self, stack: StackName, print_: str) -> str:
        """The policy of a fingerprint."""
        return self.entries[self._equal(stack, print_)[0]].policy

    def with_outcomes(self, stack: StackName, outcomes: Iterable[Outcome], added: Added) -> Baseline:
        """The baseline with more outcomes of a stack; the entries that it has stay as they are.

        Args:
            stack: the stack.
            outcomes: those to add.
            added: who adds the new entries.
        """
        entries = dict(self.entries)
        new: dict[str, list[Outcome]] = {}
        for outcome in outcomes:
            new.setdefault(fingerprint(outcome), []).append(outcome)
        for print_, equal in new.items():
            last = max((key[2] + entries[key].count for key in self._equal(stack, print_)), default=1)
            entries[stack.in_project, print_, last] = _entry(equal[0], added, len(equal))
        return Baseline(entries)

    def moved(self, stack: StackName, moves: Iterable[tuple[str, Outcome]]) -> Baseline:
        """The baseline with the present fingerprints of outcomes that fit an entry by a former one.

        Args:
            stack: the stack.
            moves: the former fingerprint and the outcome; who added the entry stays.
        """
        baseline = self
        for print_, outcome in moves:
            added = baseline.entries[baseline._equal(stack, print_)[-1]].added
            baseline = baseline.without(stack, Counter([print_])).with_outcomes(stack, [outcome], added)
        return baseline

    def without(self, stack: StackName, gone: Counter[str]) -> Baseline:
        """The baseline without entries of a stack that are gone, each as many times as it is counted; the last first."""
        entries = dict(self.entries)
        for print_, count in gone.items():
            left = count
            for key in reversed(self._equal(stack, print_)):
                entry = entries.pop(key)
                if entry.count > left:
                    entries[key] = msgspec.structs.replace(entry, count=entry.count - left)
                left -= min(left, entry.count)
        return Baseline(entries)

    def _equal(self, stack: StackName, print_: str) -> list[Key]:
        """The keys of one fingerprint, in order."""
        return sorted(key for key in self.entries if key[:2] == (stack.in_project, print_))

    def text(self) -> str:
        """The content of the file."""
        lines = [
            f'"{key[0]} {key[1]}{f" {key[2]}" if key[2] > 1 else ""}": {msgspec.json.encode(entry).decode()},'
            for key, entry in sorted(self.entries.items(), key=lambda item: item[0])
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
    moved: tuple[tuple[str, Outcome], ...] = ()
    """The former fingerprint and the outcome of each entry that fits by a former place."""
    refused: Counter[str] = field(default_factory=Counter)
    """By policy, the number of entries that do not count, since the central settings allow no waiver."""


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
        key = NAME.fullmatch(name)
        if key is None:
            raise SettingsError(f"{path}: entry `{name}`: is no stack and fingerprint")
        try:
            entries[key["stack"], key["print"], int(key["first"] or 1)] = msgspec.convert(value, Entry)
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
    outside = {index for index, outcome in enumerate(outcomes) if outcome.exemption or rules.refuse(outcome.policy)}
    open_ = [index for index, outcome in enumerate(outcomes) if outcome.kind is not Kind.ERROR and index not in outside]
    accepted = taken(outcomes, open_, left)
    there = taken(outcomes, outside, left)  # waived or refused, and so not gone
    new = [index for index in open_ if add and index not in accepted and outcomes[index].blocks]
    exempt = {*accepted, *new}
    authors = baseline.authors(stack)
    by = {index: authors.get(print_, "") for index, print_ in accepted.items()}
    exempted = tuple(
        replace(outcome, exemption=Exemption("baselined", owner=by.get(index, ""))) if index in exempt else outcome
        for index, outcome in enumerate(outcomes)
    )
    gone = {print_: count for print_, count in left.items() if count and baseline.policy(stack, print_) in ran}
    moved = [
        (print_, outcomes[index])
        for index, print_ in (accepted | there).items()
        if print_ != fingerprint(outcomes[index])
    ]
    refused = Counter(outcomes[index].policy.id for index in there if outcomes[index].exemption is None)
    return Baselined(exempted, Counter(gone), tuple(outcomes[index] for index in new), tuple(moved), refused)


def _entry(outcome: Outcome, added: Added, count: int) -> Entry:
    return Entry(outcome.policy.id, name_of(outcome.resource.urn), outcome.path, count, added)


def _first(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object; of entries that two branches added, the first: to accept too little is safe."""
    return dict(reversed(pairs))
