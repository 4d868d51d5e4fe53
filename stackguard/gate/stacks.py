"""The stacks of a run: targets and options of the command line go in, one target for each stack comes out."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

from policypack.core.reading.files import repository
from policypack.core.stack_name import StackName
from policypack.evaluation.settings.resolving import on_path
from stackguard.errors import CannotJudge
from stackguard.preview.project.settings_file import find
from stackguard.sources.settings import TargetSettings

PROJECT = "Pulumi"
"""The name of a project's file, without its extension."""
FOREIGN = frozenset({"node_modules", "site-packages", "__pycache__"})
"""Folders of installed code, whose projects are not the repository's own."""
NO_TARGETS = frozenset({".cfg", ".ini", ".lock", ".md", ".py", ".rst", ".sh", ".toml", ".txt", ".yaml", ".yml"})
"""What `infra/*` matches besides projects, exports and previews."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The stacks that the operator selects of each project."""

    patterns: tuple[str, ...] = ()
    """Names, which may have wildcards, as those of `--stack`."""
    all: bool = False

    @property
    def only(self) -> str | None:
        """The one name that `--stack` gives, if it is a name."""
        return self.patterns[0] if len(self.patterns) == 1 and not _is_pattern(self.patterns[0]) else None

    @property
    def several(self) -> bool:
        """Whether it may select several stacks of one project."""
        return self.all or (bool(self.patterns) and self.only is None)


@dataclass(frozen=True, slots=True)
class StackTarget:
    """One stack to judge."""

    target: str
    """A folder or a file as on the command line, or `-`."""
    stack: str | None = None
    """The value of `--stack` for it."""
    name: StackName = field(default_factory=StackName)
    """As far as it is known before the program runs."""
    folder: Path | None = None
    """Of a program's project."""

    def __str__(self) -> str:
        return str(self.name) or self.target


@dataclass(frozen=True, slots=True)
class Expansion:
    """What targets stand for."""

    stacks: tuple[StackTarget, ...]
    several: bool
    """Whether the command line asks for several stacks, even if there is only one today."""
    notes: tuple[str, ...] = ()
    """What was left out, and why."""


def expand(
    targets: Sequence[str], selection: Selection, settings: Callable[[str], TargetSettings] | None = None
) -> Expansion:
    """The stacks of targets, in their order; each once.

    A folder is the program that it belongs to; if it belongs to none, all programs below it. A target that does not exist
    may be a pattern, as a shell that expands none passes it.

    Args:
        targets: of the command line; none is the working folder.
        selection: of the stacks of each project.
        settings: returns those of a target, which exclude projects below it.

    Raises:
        CannotJudge: no stack fits a pattern, or a target that is a pattern fits nothing.
    """
    asked = tuple(targets or (".",))
    given = [path for target in asked for path in _matched(target)]
    folders = {target: _projects(Path(target), explicit=len(given) == 1) for target in given if _is_folder(target)}
    programs = {target: below.projects for target, below in folders.items()}
    holders = [target for target, inner in programs.items() if inner and not _absolute(target).is_relative_to(inner[0])]
    if len(given) == 1 and tuple(given) == asked and not holders and not selection.several:
        folder = next(iter(programs.get(given[0], ())), None)
        notes = _without_file(folder, selection.only) if folder else ()
        return Expansion((StackTarget(given[0], selection.only, folder=folder),), several=False, notes=notes)
    found = _Found(selection)
    found.notes += [
        f"`{_shown(target, other)}` is a repository of its own, and was not judged; give it as a target"
        for target, below in folders.items()
        for other in below.repositories
    ]
    for target in given:
        if target not in programs:
            found.file(target, others=any(programs.values()))
        elif programs[target]:
            exclusion = _Exclusion(settings(target)) if settings and target in holders else None
            for folder in programs[target]:
                shown = _shown(target, folder)
                if exclusion and exclusion.has(folder):
                    found.notes.append(f"`{shown}` is excluded by {exclusion.source}, and was not judged")
                else:
                    found.program(folder, shown)
            found.notes += exclusion.unused(target, programs[target]) if exclusion else ()
        elif any(programs.values()):
            found.notes.append(f"`{target}` has no `Pulumi.yaml` of its own, in it or below, and was not judged")
        else:  # the reason is reported as that of a single target
            found.stacks.setdefault((target, None), StackTarget(target))
    if any(programs.values()):
        found.check()
    return Expansion(tuple(found.stacks.values()), several=True, notes=tuple(found.notes))


def _without_file(folder: Path, asked: str | None) -> tuple[str, ...]:
    """A note about a stack that has no file: its name may be misspelt."""
    from stackguard.preview.project import project
    from stackguard.preview.project.stack_choice import is_name

    name = (asked or "").rpartition("/")[2]
    try:
        stacks = project.stacks(folder)
    except CannotJudge:  # the reason is reported when it is loaded
        return ()
    if name in stacks or not is_name(name):  # what is no name is an error when it is loaded
        return ()
    near = get_close_matches(name, stacks, n=1)
    others = f"these have one: {', '.join(stacks)}" if stacks else "no stack of this project has one"
    hint = f"did you mean `{near[0]}`?" if near else others
    return (f"stack `{name}` has no Pulumi.{name}.yaml, so no configuration of its own; {hint}",)


class _Exclusion:
    """The projects that the settings of a folder leave out, and the patterns of paths in these settings."""

    def __init__(self, settings: TargetSettings) -> None:
        effective = settings.of(StackName())
        self.source = effective.origin("exclude")
        self._excluding, self._base = effective.settings.exclude, _absolute(settings.folder)
        self._patterns = [("exclude", self.source, self._base, pattern) for pattern in self._excluding] + [
            ("paths", layer.place(part.keys), layer.folder, pattern)
            for layer in settings.layers
            for part in layer.parts
            for pattern in (part.conditions.paths or ())
            if layer.folder
        ]

    def has(self, folder: Path) -> bool:
        return on_path(folder, self._base, self._excluding)

    def unused(self, target: str, projects: Iterable[Path]) -> Iterator[str]:
        """Notes about the patterns that fit no project, if the target has all of the projects that they are about."""
        folders = [*projects]
        for key, source, base, pattern in self._patterns:
            if not base.is_relative_to(_absolute(target)) or any(on_path(one, base, (pattern,)) for one in folders):
                continue
            existing = glob.iglob(pattern, root_dir=base)  # noqa: PTH207 (a `Path` refuses absolute patterns)
            if key == "paths" and next(existing, None):
                continue
            names = [one.relative_to(base).as_posix() for one in folders if one.is_relative_to(base)]
            near = get_close_matches(pattern, names, n=1)
            hint = f"; did you mean `{near[0]}`?" if near else ""
            yield f"`{key}` of {source} has `{pattern}`, which fits no project{hint}"


@dataclass(slots=True)
class _Found:
    """What the targets of a run stand for, collected target by target."""

    selection: Selection
    stacks: dict[tuple[str | Path, str | None], StackTarget] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    """The stacks that have a file, each as `PROJECT/STACK`."""
    fitting: set[str] = field(default_factory=set)
    """The patterns that a stack fits."""
    assumed: set[str] = field(default_factory=set)
    """The names of stacks of projects that have no file of a stack."""
    unreadable: bool = False
    """Whether the stacks of a project are unknown."""

    def file(self, target: str, *, others: bool) -> None:
        """Add a file, unless it is what a folder has besides programs, and there are `others`."""
        if others and Path(target).suffix in NO_TARGETS and Path(target).is_file():
            self.notes.append(f"`{target}` is no program, export or preview, and was not judged")
        else:  # an export is of one stack, so the first pattern is reported as an error
            stack = next(iter(self.selection.patterns), None)
            self.stacks.setdefault((target, None), StackTarget(target, stack))

    def program(self, folder: Path, shown: str) -> None:
        """Add the selected stacks of a project."""
        from stackguard.preview.project import project

        name = project.name_in(folder) or ""
        try:
            chosen = list(self._chosen(name, project.stacks(folder)))
            self.notes += [note for stack in chosen for note in _without_file(folder, stack)]
        except CannotJudge:  # the reason is reported when it is loaded
            self.unreadable = True
            chosen = [None]
        for stack in chosen:
            known = StackName("", name, (stack or "").rpartition("/")[2])
            self.stacks.setdefault((folder, stack), StackTarget(shown, stack, known, folder))
        if not chosen:
            listed = " or ".join(f"`--stack {pattern}`" for pattern in self.selection.patterns)
            self.notes.append(f"`{shown}` has no stack that fits {listed}, and was not judged")

    def _chosen(self, name: str, stacks: Sequence[str]) -> Iterator[str | None]:
        """The selected ones of a project's stacks, as values of `--stack`; None is the one that Pulumi would choose."""
        self.known += [f"{name}/{stack}" for stack in stacks]
        if not self.selection.patterns:
            yield from stacks if self.selection.all and stacks else [None]
        for pattern in self.selection.patterns:
            organization, of_project, of_stack = ["*", "*", *pattern.split("/")][-3:]
            if not fnmatchcase(name, of_project):
                continue
            # A stack without a file has no configuration of its own, and is assumed to exist.
            for stack in stacks if stacks or _is_pattern(of_stack) else [of_stack]:
                if fnmatchcase(stack, of_stack):
                    (self.fitting if stacks else self.assumed).add(pattern)
                    yield stack if _is_pattern(organization) else f"{organization}/{name}/{stack}"

    def check(self) -> None:
        """Raise unless each pattern fits a stack.

        Raises:
            CannotJudge: one fits none; the message has a similar name.
        """
        for pattern in self.selection.patterns:
            if pattern in self.fitting or ((self.unreadable or pattern in self.assumed) and not self.known):
                continue
            names = list(dict.fromkeys(name if "/" in pattern else name.rpartition("/")[2] for name in self.known))
            near = get_close_matches(pattern, names, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"these have a file: {', '.join(names)}"
            raise CannotJudge(f"no stack fits `--stack {pattern}`; {hint if names else 'no stack has a file'}")


def _is_pattern(text: str) -> bool:
    return glob.has_magic(text)


def _matched(target: str) -> list[str]:
    """The target, or the paths that it fits as a pattern."""
    if not _is_pattern(target) or os.path.lexists(target):
        return [target]
    paths = sorted(glob.glob(target, recursive=True))  # noqa: PTH207 (a `Path` would change the spelling)
    if not paths:
        raise CannotJudge(f"no folder or file fits `{target}`")
    return paths


def _absolute(path: str | Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 (a link stays a link)


def _is_folder(target: str) -> bool:
    try:
        return Path(target).is_dir()
    except (OSError, ValueError):
        return False


def _projects(folder: Path, *, explicit: bool) -> Below:
    """The project that a folder belongs to, or else those below it; none below a hidden or installed one."""
    from stackguard.preview.project.project import nearest

    if above := nearest(folder):
        return Below((above,))
    absolute = _absolute(folder)
    return below(absolute) if explicit or own(absolute) else Below()


@dataclass(frozen=True, slots=True)
class Below:
    """The projects below a folder, sorted."""

    projects: tuple[Path, ...] = ()
    repositories: tuple[Path, ...] = ()
    """The repositories inside its repository that have projects."""


def below(folder: Path) -> Below:
    """The projects in an absolute folder and below it, but for hidden and installed ones.

    A repository inside a repository is not part of it (decision 53): neither its settings nor its baseline apply there.
    """
    projects, repositories = [], []
    inside = repository(folder) is not None
    for root, folders, _ in os.walk(folder):
        ours = [path for name in folders if own(path := Path(root, name))]
        others = [path for path in ours if inside and (path / ".git").exists()]
        repositories += [path for path in others if below(path).projects]
        folders[:] = [path.name for path in ours if path not in others]
        if find(Path(root), PROJECT):
            projects.append(Path(root))
    return Below(tuple(sorted(projects)), tuple(sorted(repositories)))


@dataclass(frozen=True, slots=True)
class Known:
    """The stacks that the projects of a folder have."""

    stacks: frozenset[str]
    """Those that have a file, each as `PROJECT/STACK`."""
    projects: frozenset[str]
    """The projects that have no file of a stack, or an unreadable one: any name may be a stack of theirs."""

    def has(self, name: str) -> bool:
        """Whether there may be a stack `PROJECT/STACK`."""
        return not {name.rpartition("/")[0], ANY}.isdisjoint(self.projects) or name in self.stacks


ANY = "*"
"""Of `Known.projects`: a project has no readable name."""


def known(folder: Path) -> Known:
    """The stacks of the projects that a folder belongs to, or that are below it."""
    from stackguard.preview.project import project

    under = below(_absolute(folder))
    inner = (path for other in under.repositories for path in below(other).projects)
    folders = {*under.projects, *inner, *filter(None, [project.nearest(folder)])}
    stacks: set[str] = set()
    projects: set[str] = set()
    for path in folders:
        name = project.name_in(path) or ANY
        try:
            names = project.stacks(path)
        except CannotJudge:
            names = []
        stacks |= {f"{name}/{stack}" for stack in names}
        if not names or name == ANY:
            projects.add(name)
    return Known(frozenset(stacks), frozenset(projects))


def vanished(counts: Mapping[str, int], folder: Path, stacks: Sequence[StackTarget], *, every: bool) -> dict[str, int]:
    """Those of some stacks that are not there any more, if a run of programs shows it.

    Args:
        counts: by `PROJECT/STACK`, what a file has of them.
        folder: of the file.
        stacks: what the run judges: programs, of which some are in the folder or below it.
        every: whether it judges all stacks of its projects; else it shows nothing, unless it judges every project there.
    """
    folder = _absolute(folder)
    judged = {_absolute(stack.folder) for stack in stacks if stack.folder}
    if not all(stack.folder for stack in stacks) or not any(path.is_relative_to(folder) for path in judged):
        return {}
    if not every and not judged.issuperset(below(folder).projects):
        return {}
    there, names = known(folder), {stack.name.in_project for stack in stacks}
    return {name: count for name, count in counts.items() if name not in names and not there.has(name)}


def own(folder: Path) -> bool:
    """Whether a folder may have code of the repository's own, and is not hidden or installed."""
    return not (folder.name.startswith(".") or folder.name in FOREIGN or (folder / "pyvenv.cfg").exists())


def _shown(target: str, folder: Path) -> str:
    """The folder of a project as the operator would write it: from the target on."""
    base = _absolute(target)
    if not folder.is_relative_to(base):  # the target is inside the project
        return os.path.relpath(folder)
    return str(Path(target) / folder.relative_to(base))
