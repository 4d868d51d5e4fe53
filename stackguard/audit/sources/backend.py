"""The layout of Pulumi's own backends: files of a source go in, the stacks that they hold come out.

A backend keeps a stack as `.pulumi/stacks/PROJECT/STACK.json`, or without the project in its older layout; `.gz` and `.zst`
follow if it is compressed. Of several forms of one stack the newest counts, as for the CLI. Backups, histories, journals
and locks are no stacks. What is not below `.pulumi` is a loose file, such as an export.
Source: pkg/backend/diy/store.go, state.go and stack_tags.go of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import msgspec

from policypack.core.reading.json_errors import NO_JSON
from policypack.core.stack_name import StackName
from stackguard.audit.model import StackRef
from stackguard.audit.sources.entries import Entry, unreadable

STACKS = ".pulumi/stacks/"
BOOKKEEPING = ".pulumi"
TAGS = ".pulumi-tags"
NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
"""A name of a project or a stack. Source: sdk/go/common/tokens/names.go."""
STATE = re.compile(r"(?P<stem>.+)\.json(\.gz|\.zst)?", re.DOTALL)
FOREIGN = frozenset({"node_modules", "venv", "site-packages", "__pycache__"})


class _Tags(msgspec.Struct):
    tags: Mapping[str, str] | None = None


@dataclass(slots=True)
class _Forms:
    """The files of one stack."""

    name: StackName
    entries: list[Entry] = field(default_factory=list)
    tags: Entry | None = None


def stacks(entries: Iterable[Entry], origin: str, name: str, read: Callable[[Entry], bytes]) -> Iterator[StackRef]:
    """The stacks of the files of one source, in the order of their names.

    Args:
        entries: the files.
        origin: the source, without credentials.
        name: the name that the operator gave the source; empty for none.
        read: reads a small file.

    Raises:
        OSError: a file with tags cannot be read; raised after all else.
    """
    problems: list[OSError] = []
    backends: dict[tuple[str, str, str], _Forms] = {}
    loose: dict[str, list[Entry]] = {}
    for entry in entries:
        root, in_backend, rest = f"/{entry.path}".rpartition(f"/{STACKS}")
        if in_backend:
            _add(backends, root.lstrip("/"), rest, entry)
        elif (match := STATE.fullmatch(entry.path)) and _own(entry.path):
            loose.setdefault(match["stem"], []).append(entry)
    for (root, _, _), forms in sorted(backends.items()):
        if forms.entries:
            where = "/".join(filter(None, (name or origin.rstrip("/"), root)))
            try:
                tags = _tags(forms.tags, read)
            except OSError as error:
                problems.append(error)
                tags = {}
            yield _ref(newest(forms.entries), forms.name, where, "", tags)
    for stem, files in sorted(loose.items()):
        yield _ref(newest(files), StackName(), name, stem, {})
    if problems:
        raise problems[0]


def may_be_stack(path: str) -> bool:
    """Whether a file can be a stack or have its tags, by its path in a source."""
    if f"/{STACKS}" in f"/{path}":
        return path.endswith(TAGS) or STATE.fullmatch(path) is not None
    return STATE.fullmatch(path) is not None and _own(path)


def newest(entries: Iterable[Entry]) -> Entry:
    """The form of a stack that the CLI reads: the one that was written last."""
    return max(entries, key=lambda entry: (entry.modified, entry.path))


def _add(backends: dict[tuple[str, str, str], _Forms], root: str, rest: str, entry: Entry) -> None:
    parts = rest.split("/")
    if len(parts) > 2 and STATE.fullmatch(parts[1]):
        inside, at = "/" + "/".join(parts[2:]), entry.location
        folder = replace(at, url=at.url.removesuffix(inside), member=at.member.removesuffix(inside))
        entry, parts = unreadable(entry.path.removesuffix(inside), folder, stat.S_IFDIR), parts[:2]
    project, file = ("", *parts)[-2:]
    if len(parts) > 2 or (project and not NAME.fullmatch(project)):
        return
    match = STATE.fullmatch(file)
    stack = match["stem"] if match else file.removesuffix(TAGS)
    if not NAME.fullmatch(stack) or (match is None and not file.endswith(TAGS)):
        return
    forms = backends.setdefault((root, project, stack), _Forms(StackName("", project, stack)))
    if match:
        forms.entries.append(entry)
    else:
        forms.tags = entry


def _own(path: str) -> bool:
    """Whether a loose file can be an export: it is in no hidden or installed folder."""
    return not any(part.startswith(".") or part in FOREIGN for part in path.split("/"))


def _ref(entry: Entry, name: StackName, origin: str, identity: str, tags: Mapping[str, str]) -> StackRef:
    modified = f"{entry.modified}:{entry.size}" if entry.modified else ""
    return StackRef(entry.location, name, origin, identity, entry.version, modified, entry.size, tags)


def _tags(entry: Entry | None, read: Callable[[Entry], bytes]) -> Mapping[str, str]:
    if entry is None:
        return {}
    try:
        return msgspec.json.decode(read(entry), type=_Tags).tags or {}
    except NO_JSON:  # they only describe the stack
        return {}
