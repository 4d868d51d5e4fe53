"""The baseline: violations that were there before the gate, which do not block.

A file has a line for each violation, by stack and fingerprint, with who added it. Equal violations are numbered:
`shop/dev FINGERPRINT 2` is the second one. A violation that is pruned leaves a short line with its number, which counts more
than any other line of that number and keeps the number from being given again. So lines are only ever added or outweighed,
and git merges two branches with `merge=union` in `.gitattributes` (decision 72).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import msgspec

from policypack.core.policy import Exemption, Kind, Outcome
from policypack.core.reading import files
from policypack.core.stack_name import StackName
from policypack.evaluation.places import extent, fingerprint, in_project, taken
from policypack.evaluation.placing.parts import WRITTEN
from policypack.evaluation.settings import SettingsError
from policypack.evaluation.settings.files import settings_errors
from policypack.evaluation.waivers import WaiverRules
from stackguard.reports.formatting import name_of, printable_json

DEFAULT_FILE = "stackguard-baseline.json"
VERSION = 1
Count = Annotated[int, msgspec.Meta(ge=1, le=100_000)]


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
    count: Annotated[Count, msgspec.Meta(description="How many equal ones a line is of.")] = 1
    added: Added = Added()
    parts: Annotated[
        Annotated[str, msgspec.Meta(pattern=f"^{WRITTEN}$")] | msgspec.UnsetType,
        msgspec.Meta(
            description="Digests of what it is about: a violation with fewer of these and all of their limits fits too.",
        ),
    ] = msgspec.UNSET
    undecided: Annotated[
        bool | msgspec.UnsetType, msgspec.Meta(description="Whether it is of an unknown value, and of no violation.")
    ] = msgspec.UNSET
    project: Annotated[
        str | msgspec.UnsetType,
        msgspec.Meta(description="The project's name when it was added, if it has another now."),
    ] = msgspec.UNSET
    folder: Annotated[
        str | msgspec.UnsetType,
        msgspec.Meta(description="Of the program, from that of the file: another one of its name has other entries."),
    ] = msgspec.UNSET


class Pruned(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is left of an entry that was removed."""

    pruned: Annotated[str, msgspec.Meta(description="When: a date and time in UTC.")]
    count: Count = 1


Key = tuple[str, str, int]
"""A stack as `PROJECT/STACK`, a fingerprint, and the number of one of equal violations."""
NAME = re.compile(r"(?P<stack>.*) (?P<print>[0-9a-f]{32})(?: (?P<first>[1-9]\d{0,8}))?", re.DOTALL)
"""Of a line: it is about as many violations as it counts, from this one on."""
MARKER = re.compile(rb"^(?:<{7}|\|{7}|={7}|>{7})(?: .*)?\r?\n?", re.MULTILINE)
"""A line that git adds to a file that it could not merge."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The violations of a baseline file."""

    entries: Mapping[Key, Entry] = field(default_factory=dict)
    """Each has the count 1."""
    pruned: Mapping[Key, str] = field(default_factory=dict)
    """Those that were removed, and when."""

    @property
    def stacks(self) -> Counter[str]:
        """The number of violations by stack."""
        return Counter(key[0] for key in self.entries)

    def of(self, stack: str) -> Counter[str]:
        """The number of violations of a stack by fingerprint."""
        return Counter(key[1] for key in self.entries if key[0] == stack)

    def of_stack(self, stack: StackName) -> dict[str, list[Entry]]:
        """The entries of a stack by fingerprint."""
        entries: dict[str, list[Entry]] = {}
        for (name, print_, _), entry in sorted(self.entries.items(), key=lambda item: item[0]):
            if name == stack.in_project:
                entries.setdefault(print_, []).append(entry)
        return entries

    def with_outcomes(self, stack: StackName, outcomes: Iterable[Outcome], added: Added, folder: str = "") -> Baseline:
        """The baseline with more outcomes of a stack; the entries that it has stay as they are.

        Args:
            stack: the stack.
            outcomes: those to add.
            added: who adds them.
            folder: of the program, from that of the file.
        """
        return self.with_entries(
            stack.in_project, ((fingerprint(outcome), _entry(outcome, added, folder)) for outcome in outcomes)
        )

    def moved(
        self, stack: StackName, moves: Iterable[tuple[str, Outcome]], at: str, others: Collection[Key] = ()
    ) -> Baseline:
        """The baseline with the present fingerprints of outcomes that fit an entry by a former one.

        Args:
            stack: the stack.
            moves: the former fingerprint and the outcome; who added the entry stays.
            at: the time.
            others: the entries of other programs.
        """
        baseline = self
        for print_, outcome in moves:
            key = [key for key in baseline._numbered(stack.in_project, print_) if key not in others][-1]
            entry = baseline.entries[key]
            baseline = baseline.without(stack.in_project, Counter([print_]), at, others)
            baseline = baseline.with_outcomes(stack, [outcome], entry.added, entry.folder or "")
        return baseline

    def renamed(self, stack: str, name: str, at: str) -> Baseline:
        """The baseline with the entries of a stack under another name, which keeps the equal ones that it has.

        Args:
            stack: as `PROJECT/STACK`.
            name: the other name.
            at: the time.
        """
        there, old = self.of(name), stack.rpartition("/")[0]
        project = msgspec.UNSET if old == name.rpartition("/")[0] else old
        more = []
        for (_, print_, _), entry in sorted(self._of(stack), key=lambda item: item[0]):
            there[print_] -= 1
            if there[print_] < 0:
                more.append((print_, msgspec.structs.replace(entry, project=entry.project or project)))
        rest = self.without(stack, self.of(stack), at)
        return rest.with_entries(name, more)

    def without(self, stack: str, gone: Counter[str], at: str, others: Collection[Key] = ()) -> Baseline:
        """The baseline without entries of a stack that are gone, each as many times as it is counted; the last first.

        Args:
            stack: as `PROJECT/STACK`.
            gone: how many, by fingerprint.
            at: the time.
            others: the entries of other programs, which stay.
        """
        left, pruned = Counter(gone), {}
        for key, _ in sorted(self._of(stack), key=lambda item: item[0], reverse=True):
            if left[key[1]] > 0 and key not in others:
                left[key[1]] -= 1
                pruned[key] = at
        entries = {key: entry for key, entry in self.entries.items() if key not in pruned}
        return Baseline(entries, {**self.pruned, **pruned})

    def merged(self, other: Baseline) -> Baseline:
        """The baseline with the lines of another one, too: what either has pruned is pruned."""
        return _united((*self._records(), *other._records()))

    def except_for(self, keys: Collection[Key]) -> Baseline:
        """The baseline as it is without some entries, which leave no trace."""
        return Baseline({key: entry for key, entry in self.entries.items() if key not in keys}, self.pruned)

    def forgetting(self, before: str) -> Baseline:
        """The baseline without what was pruned before a time: no branch is that old."""
        return Baseline(self.entries, {key: at for key, at in self.pruned.items() if at >= before})

    def _records(self) -> Iterator[tuple[Key, Entry | Pruned]]:
        yield from self.entries.items()
        yield from ((key, Pruned(at)) for key, at in self.pruned.items())

    def _of(self, stack: str) -> list[tuple[Key, Entry]]:
        return [(key, entry) for key, entry in self.entries.items() if key[0] == stack]

    def _numbered(self, stack: str, print_: str) -> list[Key]:
        """The keys of one fingerprint, in order."""
        return sorted(key for key in self.entries if key[:2] == (stack, print_))

    def with_entries(self, stack: str, more: Iterable[tuple[str, Entry]]) -> Baseline:
        """The baseline with more entries of a stack, whose numbers were never given."""
        last: Counter[str] = Counter()
        for name, print_, number in (*self.entries, *self.pruned):
            if name == stack:
                last[print_] = max(last[print_], number)
        entries = dict(self.entries)
        for print_, entry in more:
            last[print_] += 1
            entries[stack, print_, last[print_]] = entry
        return Baseline(entries, self.pruned)

    def text(self) -> str:
        """The content of the file: equal entries whose numbers follow each other have one line."""
        lines: list[tuple[Key, Entry | Pruned]] = []
        for key, record in sorted(self._records(), key=lambda item: item[0]):
            if lines:
                (*name, first), last = lines[-1]
                if (*name, first + last.count) == key and msgspec.structs.replace(last, count=1) == record:
                    lines[-1] = lines[-1][0], msgspec.structs.replace(last, count=last.count + 1)
                    continue
            lines.append((key, record))
        written = [
            f'"{stack} {print_}{f" {first}" if first > 1 else ""}": {msgspec.json.encode(record).decode()},'
            for (stack, print_, first), record in lines
        ]
        return printable_json("\n".join(["{", *written, f'"version": {VERSION}', "}"])) + "\n"


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


def read(path: Path, *, unmerged: bool = False) -> Baseline:
    """The baseline in a file.

    Args:
        path: of the file.
        unmerged: whether it may have conflicts of a merge: then it has the entries of both sides.

    Raises:
        SettingsError: it cannot be read, or is malformed; the message says where.
    """
    with settings_errors("baseline file", path):
        content = files.content(path)
    if MARKER.search(content) and not unmerged:
        raise SettingsError(
            f"{path} has conflicts of a merge, between lines such as `<<<<<<<`; `stackguard baseline` merges it"
        )
    repair = "restore it from the repository, or remove it and write it with `stackguard baseline`"
    try:
        raw = json.loads(MARKER.sub(b"", content), object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{path} is malformed: {_why(error)}; {repair}") from None
    if not isinstance(raw, Mapping) or raw.get("version") != VERSION:
        raise SettingsError(f'{path} is malformed: it has no `"version": {VERSION}`; {repair}')
    records: list[tuple[Key, Entry | Pruned]] = []
    for name, values in raw.items():
        if name in {"version", "$schema"}:
            continue
        try:
            records += _records(name, values)
        except (ValueError, msgspec.ValidationError) as error:
            raise SettingsError(f"{path}: entry `{name}`: {error}; {repair}") from None
    return _united(records)


def _united(records: Iterable[tuple[Key, Entry | Pruned]]) -> Baseline:
    """The baseline of the lines of one file or of several; what one of them says is pruned is not there."""
    entries: dict[Key, Entry] = {}
    pruned: dict[Key, str] = {}
    for key, record in records:
        if isinstance(record, Pruned):
            pruned[key] = max(record.pruned, pruned.get(key, ""))
        else:
            entries[key] = min(record, entries[key], key=msgspec.json.encode) if key in entries else record
    return Baseline({key: entry for key, entry in entries.items() if key not in pruned}, pruned)


def _records(name: str, values: Any) -> Iterator[tuple[Key, Entry | Pruned]]:
    """The numbered violations of the lines with one name: several lines, where two branches wrote it."""
    match = NAME.fullmatch(name)
    if match is None:
        raise ValueError("is no stack and fingerprint")
    first = int(match["first"] or 1)
    for value in values if isinstance(values, list) else [values]:
        kind: type[Entry | Pruned] = Pruned if isinstance(value, Mapping) and "pruned" in value else Entry
        record = msgspec.convert(value, kind)
        one = msgspec.structs.replace(record, count=1)
        for number in range(first, first + record.count):
            yield (match["stack"], match["print"], number), one


def apply(
    outcomes: Sequence[Outcome],
    baseline: Baseline,
    stack: StackName,
    ran: Collection[str],
    rules: WaiverRules | None = None,
    *,
    add: bool = False,
    unjudged: Callable[[Entry], bool] = lambda _: False,
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
        unjudged: returns whether the run does not show if the violation of an entry is still there: then it is not gone.
    """
    entries = baseline.of_stack(stack)
    left = Counter({print_: len(equal) for print_, equal in entries.items()})
    rules = rules or WaiverRules()
    outside = {index for index, outcome in enumerate(outcomes) if outcome.exemption or rules.refuse(outcome.policy)}
    open_ = [index for index, outcome in enumerate(outcomes) if outcome.kind is not Kind.ERROR and index not in outside]
    projects = {entry.project for equal in entries.values() for entry in equal if entry.project}
    places = [_under(outcome, stack.project, projects) for outcome in outcomes] if projects else outcomes
    extents = {print_: of for print_, equal in entries.items() for entry in equal if (of := entry.parts)}
    accepted = taken(places, open_, left, extents)
    there = taken(places, outside, left, extents)  # waived or refused, and so not gone
    new = [index for index in open_ if add and index not in accepted and outcomes[index].blocks]
    exempt = {*accepted, *new}
    authors = {print_: dict.fromkeys(entry.added.by for entry in equal) for print_, equal in entries.items()}
    by = {index: ", ".join(filter(None, authors[print_])) for index, print_ in accepted.items()}
    exempted = tuple(
        replace(outcome, exemption=Exemption("baselined", owner=by.get(index, ""))) if index in exempt else outcome
        for index, outcome in enumerate(outcomes)
    )
    gone = {
        print_: count
        for print_, count in left.items()
        if count and entries[print_][0].policy in ran and not unjudged(entries[print_][0])
    }
    moved = [
        (print_, outcomes[index])
        for index, print_ in (accepted | there).items()
        if print_ != fingerprint(outcomes[index])
    ]
    refused = Counter(outcomes[index].policy.id for index in there if outcomes[index].exemption is None)
    return Baselined(exempted, Counter(gone), tuple(outcomes[index] for index in new), tuple(moved), refused)


def _entry(outcome: Outcome, added: Added, folder: str) -> Entry:
    parts = extent(outcome) or msgspec.UNSET
    undecided = outcome.kind is Kind.UNDECIDED or msgspec.UNSET
    return Entry(
        outcome.policy.id,
        name_of(outcome.resource.urn),
        outcome.path,
        1,
        added,
        parts,
        undecided,
        folder=folder or msgspec.UNSET,
    )


def _under(outcome: Outcome, project: str, former: Iterable[str]) -> Outcome:
    """The outcome with its places under former names of its project."""
    more = (place for name in former for place in in_project(outcome, project, name))
    return replace(outcome, former_places=(*outcome.former_places, *more))


def _why(error: ValueError | RecursionError) -> str:
    """What is wrong with JSON, in words that are not about Python."""
    if isinstance(error, RecursionError):
        return "its values are nested too deeply"
    return (
        str(error) if isinstance(error, json.JSONDecodeError | UnicodeDecodeError) else "a number has too many digits"
    )


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The object; a name that it has several times has a list of values."""
    values: dict[str, list[Any]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: of_name if len(of_name) > 1 else of_name[0] for name, of_name in values.items()}
