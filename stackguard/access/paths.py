"""The shortest ways from outside, or from an identity, to resources of several stacks, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import msgspec

from policypack.access.paths.fleet import Fleet
from policypack.access.paths.hops import OUTSIDE, Hold, Hop, Node, Way
from policypack.access.paths.relays import RUNS_AS
from policypack.access.paths.search import Search
from policypack.core.policy import Resource, Stack
from policypack.core.spelling import similar
from policypack.core.values import rewritten
from policypack.evaluation.redaction import hidden
from policypack.evaluation.settings import Settings
from policypack.resources.joining.merging import Merged, merged, part_of
from policypack.resources.naming import identifiers
from stackguard.access.paths_json import HopEntry, PathEntry, PathsReport, PathsSummary, PlaceEntry, SourceEntry
from stackguard.access.target import load
from stackguard.errors import CannotJudge
from stackguard.gate.stacks import Selection, expand
from stackguard.positions import lines_at
from stackguard.positions.repository import shown
from stackguard.reports import Screen
from stackguard.reports.formatting import indented_json, many, name_of, printable
from stackguard.reports.json_types import SourceLine
from stackguard.reports.screen import Text, paint, wrapped
from stackguard.sources import LoadedStack, RunOptions

TAGS = ("tags", "tagsAll")
ANYONE = "anyone outside"


@dataclass(frozen=True, slots=True)
class Asked:
    """What ways are asked for."""

    to: tuple[str, ...] = ()
    """Names, ARNs or URNs."""
    tags: tuple[str, ...] = ()
    """`KEY=VALUE`, or `KEY` for every value."""
    start: str | None = None
    """The name, ARN or URN of an identity or a function; None for outside."""
    most: int = 3
    """Ways to each resource."""
    fail: bool = False
    """Whether a way makes the exit code 1."""


class PathsAnswer(msgspec.Struct, frozen=True):
    """The ways, and what the report about them needs."""

    ways: tuple[Way, ...]
    wanted: frozenset[str]
    whole: Merged
    loaded: Mapping[str, LoadedStack]
    """The stacks by their names in the report."""
    limits: tuple[str, ...]
    notes: tuple[str, ...]
    fail: bool = False

    @property
    def exit_code(self) -> int:
        """1 if there is a way and the command asks to fail then, else 0."""
        return int(self.fail and bool(self.ways))


def read(sources: Sequence[str], options: RunOptions, selection: Selection) -> tuple[list[LoadedStack], list[str]]:
    """The stacks of some targets, and notes about what was left out.

    A folder without a program, in it or below, is one of exports.

    Raises:
        CannotJudge: a target cannot be read.
    """
    stacks: list[LoadedStack] = []
    notes: list[str] = []
    for source in sources:
        expansion = expand([source], selection)
        notes += expansion.notes
        for target in expansion.stacks:
            folder = Path(target.target)
            if target.target != "-" and target.folder is None and folder.is_dir():
                of_folder = list(_exports(folder, options, notes))
                if not of_folder:
                    raise CannotJudge(f"`{source}` contains neither a `Pulumi.yaml` nor a stack export")
                stacks += of_folder
            else:
                stacks.append(load(target.target, replace(options, stack=target.stack)))
    return stacks, notes


def _exports(folder: Path, options: RunOptions, notes: list[str]) -> Iterator[LoadedStack]:
    for file in sorted(folder.rglob("*.json")):
        try:
            yield load(str(file), options)
        except CannotJudge as error:
            notes.append(error.message)


def find(stacks: Iterable[LoadedStack], asked: Asked, notes: Sequence[str] = ()) -> PathsAnswer:
    """The ways in some stacks.

    Raises:
        CannotJudge: nothing has the name or the tag that is asked for.
    """
    loaded: dict[str, LoadedStack] = {}
    for stack in stacks:
        name = str(stack.name)
        loaded[name if name not in loaded else f"{name} ({stack.target.strip('`')})"] = stack
    parts = []
    unknown = []
    for name, stack in loaded.items():
        accounts = () if stack.stand_in else stack.accounts
        part = part_of(Stack(stack.resources, Settings(stack_region=stack.region)), name, accounts)
        parts.append(part)
        if len(loaded) > 1 and not any(located.scope.account for located in part.resources):
            unknown.append(
                f"the account of `{name}` is unknown, so no way leads to or from its identities in other stacks"
            )
    whole = merged(parts, Settings())
    wanted = frozenset(_wanted(whole, asked))
    fleet = Fleet(whole)
    start = OUTSIDE if asked.start is None else _start(whole, asked.start)
    search = Search(fleet, wanted - {start.of})
    ways = search.ways(start, asked.most)
    return PathsAnswer(tuple(ways), wanted, whole, loaded, tuple(search.limits), (*notes, *unknown), asked.fail)


def _wanted(whole: Merged, asked: Asked) -> Iterator[str]:
    for text in asked.to:
        yield from _named(whole, text, "--to", "resource")
    tags = {urn: _tags_of(resource) for urn, (_, resource) in whole.origins.items()}
    for text in asked.tags:
        key, equals, value = text.partition("=")
        tagged = [urn for urn, own in tags.items() if key in own and (not equals or own[key] == value)]
        if not tagged:
            known = {f"{name}={own[name]}" if equals else name for own in tags.values() for name in own}
            raise CannotJudge(f"no resource has the tag `--tag {text}`{_hint(text, known)}")
        yield from tagged


def _tags_of(resource: Resource) -> dict[str, str]:
    own: dict[str, str] = {}
    for name in TAGS:
        for properties in (resource.outputs, resource.inputs):
            tags = properties.get(name)
            if isinstance(tags, Mapping):
                own |= {key: value for key, value in tags.items() if isinstance(value, str)}
    return own


def _named(whole: Merged, text: str, option: str, kind: str) -> list[str]:
    """The resources with a name, an ARN or a URN; several stacks may have the same name."""
    named = [
        urn
        for urn, (_, resource) in whole.origins.items()
        if text in (resource.urn, resource.name) or text in identifiers(resource)
    ]
    created = [urn for urn in named if not whole.origins[urn][1].external and whole.origins[urn][1].custom]
    beginnings = ("aws:iam/rolePolicy", "aws:iam/userPolicy", "pulumi:")
    main = [urn for urn in created if not whole.origins[urn][1].type.startswith(beginnings)]
    if not (main or created):
        known = {resource.name for _, resource in whole.origins.values()}
        raise CannotJudge(f"no {kind} has the name, ARN or URN `{option} {text}`{_hint(text, known)}")
    return main or created


def _hint(text: str, known: Iterable[str]) -> str:
    near = similar(text, sorted(known))
    return f"; did you mean `{near[0]}`?" if near else ""


def _start(whole: Merged, text: str) -> Node:
    fleet = Fleet(whole)
    for urn in _named(whole, text, "--from", "identity"):
        if urn in fleet.holders:
            return Node(Hold.IDENTITY, urn)
        if whole.origins[urn][1].type in RUNS_AS:
            return Node(Hold.RUN, urn)
    raise CannotJudge(f"`--from {text}` names no role, user, function or state machine")


class _Printer:
    """Names of places, without secrets."""

    def __init__(self, answer: PathsAnswer) -> None:
        self.answer = answer
        self.secrets = [stack.secrets for stack in answer.loaded.values()]

    def clean(self, text: str) -> str:
        """The text without secrets and control characters."""
        return printable(hidden(text, *self.secrets))

    def place(self, node: Node) -> PlaceEntry:
        """A place as JSON."""
        if node == OUTSIDE:
            return PlaceEntry(node.hold, "", ANYONE, "")
        if node.hold is Hold.ACCOUNT:
            return PlaceEntry(node.hold, "", node.of if node.of.isdigit() else self.clean(node.of), "")
        stack, resource = self.answer.whole.origins[node.of]
        return PlaceEntry(node.hold, resource.urn, resource.name, stack)

    def label(self, node: Node) -> str:
        """A place for people."""
        if node == OUTSIDE:
            return ANYONE
        if node.hold is Hold.ACCOUNT:
            return f"account {node.of}"
        return name_of(self.answer.whole.origins[node.of][1].urn)

    def source(self, hop: Hop) -> SourceEntry | None:
        """What allows a hop, with the line of its statement."""
        if hop.by is None or hop.by.urn not in self.answer.whole.origins:
            return None
        stack, resource = self.answer.whole.origins[hop.by.urn]
        folder = self.answer.loaded[stack].folder
        position = lines_at(resource, hop.path, folder).nearest or resource.position
        position = shown(position, folder) if position else None
        line = SourceLine(file=position.file, line=position.line) if position else None
        return SourceEntry(resource.urn, stack, hop.path, line)

    def entry(self, hop: Hop) -> HopEntry:
        """A hop as JSON."""
        start, end = self.place(hop.start), self.place(hop.end)
        return HopEntry(start, end, hop.verb, hop.certain, self.source(hop), hop.why, hop.example)


def json(answer: PathsAnswer) -> str:
    """The report for programs."""
    printer = _Printer(answer)
    entries = tuple(PathEntry(all(hop.certain for hop in way), tuple(map(printer.entry, way))) for way in answer.ways)
    summary = PathsSummary(
        len(answer.loaded),
        len(answer.wanted),
        len({way[-1].end.of for way in answer.ways}),
        len(entries),
        sum(entry.certain for entry in entries),
        1 if answer.exit_code else 0,
    )
    report = PathsReport(1, summary, entries, answer.limits, answer.notes)
    return indented_json(rewritten(msgspec.to_builtins(report), printer.clean))


def text(answer: PathsAnswer, screen: Screen) -> str:
    """The report for people: each hop on one line, and below it what decides it, if something does."""
    printer = _Printer(answer)
    lines = [line for number, way in enumerate(answer.ways, 1) for line in _of_way(printer, number, way, screen)]
    for label, remarks in (("limit", answer.limits), ("note", answer.notes)):
        for remark in remarks:
            lines += wrapped(printer.clean(remark), screen, 0, label)
    reached = len({way[-1].end.of for way in answer.ways})
    certain = sum(all(hop.certain for hop in way) for way in answer.ways)
    count = (
        f"{many(len(answer.ways), 'path')}, {certain} certain, to {reached} of {many(len(answer.wanted), 'resource')}"
    )
    return paint([*lines, Text(f"{count} in {many(len(answer.loaded), 'stack')}", "bold")], screen)


def _of_way(printer: _Printer, number: int, way: Way, screen: Screen) -> Iterator[Text]:
    certain = all(hop.certain for hop in way)
    heading = f"{number}. {printer.label(way[0].start)} to {printer.label(way[-1].end)}"
    line = Text(printer.clean(heading), "bold red" if certain else "bold")
    if not certain:
        line.append("  possibly", "magenta")
    yield line
    clean = partial(printer.clean)
    for hop in way:
        line = Text(clean(f"   {printer.label(hop.start)} {hop.verb} {printer.label(hop.end)}"))
        source = printer.source(hop)
        if source:
            line.append(clean(f"  by {name_of(source.urn)} {source.path}".rstrip() + f" in {source.stack}"), "dim")
            if source.position:
                line.append(clean(f"  {source.position.file}:{source.position.line}"), "dim")
        yield line
        if not hop.certain:
            yield from wrapped(clean(hop.why), screen, 6, "possibly")
        if hop.example:
            yield from wrapped(clean(hop.example), screen, 6, "for example")
    yield Text()
