"""The shortest ways from outside, or from an identity, to resources of several stacks, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Literal

import msgspec

from policypack.access.paths.fleet import Fleet
from policypack.access.paths.hops import OUTSIDE, Hold, Hop, Node, Way
from policypack.access.paths.relays import RUNS_AS
from policypack.access.paths.search import Search
from policypack.core.spelling import similar
from policypack.core.values import rewritten
from policypack.evaluation.redaction import hidden
from policypack.evaluation.settings import Settings
from policypack.resources.joining.merging import Merged, merged
from stackguard.access.path_stacks import Asked, Stacks, has_tag, names, tags_of
from stackguard.access.paths_json import HopEntry, PathEntry, PathsReport, PathsSummary, PlaceEntry, SourceEntry
from stackguard.errors import CannotJudge
from stackguard.positions import lines_at
from stackguard.positions.repository import shown
from stackguard.reports import Screen
from stackguard.reports.formatting import indented_json, many, name_of, printable
from stackguard.reports.json_types import SourceLine
from stackguard.reports.screen import Text, paint, wrapped

ANYONE = "anyone outside"


class PathsAnswer(msgspec.Struct, frozen=True):
    """The ways, and what the report about them needs."""

    ways: tuple[Way, ...]
    wanted: frozenset[str]
    whole: Merged
    stacks: Stacks
    limits: tuple[str, ...]
    notes: tuple[str, ...]
    fail: bool = False

    @property
    def exit_code(self) -> Literal[0, 1, 2]:
        """2 if a stack could not be read, 1 if there is a way and the command asks to fail then, else 0."""
        if self.stacks.unread:
            return 2
        return 1 if self.fail and self.ways else 0


def find(stacks: Stacks, asked: Asked) -> PathsAnswer:
    """The ways in some stacks.

    Raises:
        CannotJudge: nothing has the name or the tag that is asked for.
    """
    unknown = (
        f"the account of `{name}` is unknown, so no way leads to or from its identities in other stacks"
        for name in (stacks.unplaced if len(stacks.parts) > 1 else ())
    )
    whole = merged(stacks.parts, Settings())
    wanted = frozenset(_wanted(stacks, whole, asked))
    fleet = Fleet(whole)
    start = OUTSIDE if asked.start is None else _start(stacks, fleet, asked.start)
    search = Search(fleet, wanted - {start.of})
    ways = search.ways(start, asked.most)
    return PathsAnswer(tuple(ways), wanted, whole, stacks, tuple(search.limits), (*stacks.notes, *unknown), asked.fail)


def _wanted(stacks: Stacks, whole: Merged, asked: Asked) -> Iterator[str]:
    for name in asked.to:
        yield from _named(stacks, whole, name, "--to", "resource")
    tags = {urn: tags_of(resource) for urn, (_, resource) in whole.origins.items()} if asked.tags else {}
    for tag in asked.tags:
        tagged = [urn for urn, own in tags.items() if has_tag(own, tag)]
        if not tagged:
            known = {f"{key}={value}" if "=" in tag else key for key, value in stacks.tags}
            raise CannotJudge(f"no resource has the tag `--tag {tag}`{_hint(tag, known)}")
        yield from tagged


def _named(stacks: Stacks, whole: Merged, text: str, option: str, kind: str) -> list[str]:
    """The resources with a name, an ARN or a URN; several stacks may have the same name."""
    named = [urn for urn, (_, resource) in whole.origins.items() if names(resource, text)]
    created = [urn for urn in named if not whole.origins[urn][1].external and whole.origins[urn][1].custom]
    beginnings = ("aws:iam/rolePolicy", "aws:iam/userPolicy", "pulumi:")
    main = [urn for urn in created if not whole.origins[urn][1].type.startswith(beginnings)]
    if not (main or created):
        raise CannotJudge(f"no {kind} has the name, ARN or URN `{option} {text}`{_hint(text, stacks.names)}")
    return main or created


def _hint(text: str, known: Iterable[str]) -> str:
    near = similar(text, sorted(known))
    return f"; did you mean `{near[0]}`?" if near else ""


def _start(stacks: Stacks, fleet: Fleet, text: str) -> Node:
    whole = fleet.merged
    for urn in _named(stacks, whole, text, "--from", "identity"):
        if urn in fleet.holders:
            return Node(Hold.IDENTITY, urn)
        if whole.origins[urn][1].type in RUNS_AS:
            return Node(Hold.RUN, urn)
    raise CannotJudge(f"`--from {text}` names no role, user, function or state machine")


class _Printer:
    """Names of places, without secrets."""

    def __init__(self, answer: PathsAnswer) -> None:
        self.answer = answer
        self.secrets = answer.stacks.secrets

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
        folder = self.answer.stacks.folders[stack]
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
        len(answer.stacks.parts),
        len(answer.wanted),
        len({way[-1].end.of for way in answer.ways}),
        len(entries),
        sum(entry.certain for entry in entries),
        answer.stacks.unread,
        answer.exit_code,
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
    unread = f", {many(answer.stacks.unread, 'stack')} not read" if answer.stacks.unread else ""
    return paint([*lines, Text(f"{count} in {many(len(answer.stacks.parts), 'stack')}{unread}", "bold")], screen)


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
