"""The stacks that paths are searched in: sources go in, and of each stack what a way can lead over comes out.

One stack is in memory at a time: of a state only resources on which a way can lead on, and those that are asked for, are
kept. A program is kept whole, because values of it that are not known yet refer to any of its resources.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from policypack.access.paths.leading import leads_on
from policypack.core.policy import Resource
from policypack.evaluation.redaction import Secrets
from policypack.resources.joining.merging import Part, part_of
from policypack.resources.naming import identifiers
from stackguard.access.target import load
from stackguard.audit.engine import content
from stackguard.audit.model import StackRef
from stackguard.audit.sources import archives, cloud, listing
from stackguard.audit.sources.listing import LARGEST, URL
from stackguard.errors import CannotJudge, NotAStackError, reason
from stackguard.gate.stacks import Selection, expand
from stackguard.sources import STANDARD_INPUT, LoadedStack, RunOptions, exported
from stackguard.sources.input_stream import text

TAGS = ("tags", "tagsAll")


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

    def about(self, resource: Resource) -> bool:
        """Whether a resource is named, or has a tag that is asked for."""
        return any(names(resource, text) for text in (*self.to, self.start)) or any(
            has_tag(tags_of(resource), text) for text in self.tags
        )


def names(resource: Resource, name: str | None) -> bool:
    """Whether a text is the name, the ARN or the URN of a resource."""
    return name is not None and (name in (resource.urn, resource.name) or name in identifiers(resource))


def tags_of(resource: Resource) -> dict[str, str]:
    """The tags of a resource whose values are known."""
    own: dict[str, str] = {}
    for name in TAGS:
        for properties in (resource.outputs, resource.inputs):
            tags = properties.get(name)
            if isinstance(tags, Mapping):
                own |= {key: value for key, value in tags.items() if isinstance(value, str)}
    return own


def has_tag(tags: Mapping[str, str], tag: str) -> bool:
    """Whether tags have `KEY=VALUE`, or `KEY` with any value."""
    key, equals, value = tag.partition("=")
    return key in tags and (not equals or tags[key] == value)


@dataclass(slots=True)
class Stacks:
    """The stacks that were read, by their names in the report."""

    parts: list[Part] = field(default_factory=list)
    folders: dict[str, Path | None] = field(default_factory=dict)
    """By stack, the folder that the files of positions are relative to."""
    secrets: list[Secrets] = field(default_factory=list)
    """The texts that no report may show."""
    notes: list[str] = field(default_factory=list)
    unread: int = 0
    """The stacks that could not be read, each of which has a note."""
    unplaced: list[str] = field(default_factory=list)
    """The stacks of which no account is known."""
    names: set[str] = field(default_factory=set)
    """Of all resources, also those that are not kept."""
    tags: set[tuple[str, str]] = field(default_factory=set)

    def add(self, loaded: LoadedStack, asked: Asked) -> None:
        """Keep what a way can lead over."""
        name = str(loaded.name)
        name = name if name not in self.folders else f"{name} ({loaded.target.strip('`')})"
        self.folders[name] = loaded.folder
        if secrets := loaded.secrets:
            self.secrets.append(secrets)
        accounts = () if loaded.stand_in else loaded.accounts
        whole = part_of(loaded.stack, name, accounts)
        if not any(located.scope.account for located in whole.resources):
            self.unplaced.append(name)
        self.names.update(resource.name for resource in loaded.resources)
        self.tags.update(tag for resource in loaded.resources for tag in tags_of(resource).items())
        kept = [
            msgspec.structs.replace(located, resource=_shared(located.resource))
            for located in whole.resources
            if loaded.folder or leads_on(located.resource) or asked.about(located.resource)
        ]
        self.parts.append(Part(name, tuple(kept)))


def _shared(resource: Resource) -> Resource:
    """The resource, whose outputs share with its inputs what is equal, as most of them are."""
    inputs = resource.inputs
    outputs = {
        name: inputs[name] if name in inputs and inputs[name] == value else value
        for name, value in resource.outputs.items()
    }
    return replace(resource, outputs=outputs)


def read(sources: Sequence[str], asked: Asked, options: RunOptions, selection: Selection) -> Stacks:
    """The stacks of sources; what cannot be read is a note.

    Args:
        sources: as on the command line of `check` or `audit`.
        asked: what ways are asked for.
        options: how to run a program.
        selection: of the stacks of a program.

    Raises:
        CannotJudge: a source does not exist, is malformed or has no stack, or a program fails.
    """
    stacks = Stacks()
    for source in sources:
        before = len(stacks.parts)
        for loaded in _loaded(source, options, selection, stacks):
            stacks.add(loaded, asked)
        if len(stacks.parts) == before:
            detail = "\n".join(stacks.notes)
            raise CannotJudge(f"`{source}` contains neither a `Pulumi.yaml` nor a stack export", detail)
    return stacks


def _loaded(source: str, options: RunOptions, selection: Selection, stacks: Stacks) -> Iterator[LoadedStack]:
    if _of_audit(source):
        yield from _listed(source, options, stacks)
        return
    expansion = expand([source], selection)
    stacks.notes += expansion.notes
    for target in expansion.stacks:
        if target.target != STANDARD_INPUT and target.folder is None and Path(target.target).is_dir():
            yield from _listed(target.target, options, stacks)
        else:
            yield load(target.target, replace(options, stack=target.stack))


def _of_audit(source: str) -> bool:
    """Whether only an audit takes a source: a list, a named one, a URL, an archive or a service."""
    if Path(source).exists():
        return Path(source).is_file() and archives.is_archive(source)
    return source.startswith("@") or bool(
        listing.NAMED.fullmatch(source) or URL.match(source) or cloud.is_cloud(source)
    )


def _listed(source: str, options: RunOptions, stacks: Stacks) -> Iterator[LoadedStack]:
    for ref in listing.stacks([source], stacks.notes.append):
        try:
            loaded = _of_ref(ref, options)
        except (CannotJudge, content.TooLargeError, OSError) as error:
            is_loose_file = isinstance(error, NotAStackError) and not ref.name.stack
            stacks.unread += not is_loose_file
            stacks.notes.append(_why(ref, error))
        else:
            yield loaded


def _why(ref: StackRef, error: CannotJudge | content.TooLargeError | OSError) -> str:
    """Why a stack cannot be read, for people."""
    if isinstance(error, CannotJudge):
        return error.message
    if isinstance(error, content.TooLargeError):
        return f"`{ref.location}` is larger than {LARGEST >> 20} MiB"
    return f"`{ref.location}` cannot be read: {reason(error)}"


def _of_ref(ref: StackRef, options: RunOptions) -> LoadedStack:
    if ref.location.kind == "program":
        return load(ref.location.url, replace(options, stack=ref.name.stack or None))
    with content.read(ref.location, LARGEST) as read_:
        source = f"`{ref.location}`"
        loaded = exported(text(read_.blocks(), source), source, replace(options, stack=None))
    return replace(loaded, organization=ref.name.organization or loaded.organization)
