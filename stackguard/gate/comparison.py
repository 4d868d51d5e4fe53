"""A stack against its base: the reports of both go in, what is new, fixed and unchanged, and what is newly allowed, come out.

A base is a folder, a file, or a commit of the target's repository. A commit is checked out into a temporary folder by an
index of its own, so that the working tree and the repository's index stay as they are, and its program is run by the
Python of today's, with the packages that the repository has at the commit.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from policypack.core.policy import Kind, Outcome, Policy
from policypack.evaluation.places import extent, fingerprint, taken
from stackguard import git
from stackguard.errors import CannotJudge
from stackguard.gate.request import CheckRequest, judge_loaded
from stackguard.notes import Note, NoteKind
from stackguard.positions.digests import Digests
from stackguard.positions.repository import absolute, below, repository, with_relative_paths
from stackguard.reports import Change, NewAccess, Report
from stackguard.reports.formatting import printable
from stackguard.sources import STANDARD_INPUT, LoadedStack, RunOptions


class Tree(NamedTuple):
    """The files of a commit, and the repository that they are of."""

    root: Path
    files: Path


def with_change(
    request: CheckRequest, report: Report, loaded: LoadedStack, policies: Sequence[Policy[Any]] | None
) -> Report:
    """The report of a judged target with its change against the base of its request; what is odd about that is a note.

    Raises:
        CannotJudge: as by `compared`.
    """
    assert request.base is not None
    change = replace(compared(request, report, loaded, policies), remark=_remark(request.base, request.target))
    note = Note(NoteKind.SETTINGS, f"--base {request.base}", change.remark)
    return replace(report, change=change, notes=(*report.notes, note) if change.remark else report.notes)


def compared(
    request: CheckRequest, report: Report, loaded: LoadedStack, policies: Sequence[Policy[Any]] | None
) -> Change:
    """The change of a judged target against the base of its request.

    A program that cannot be judged, such as that of a commit, is no error: then the change says why there is no comparison.

    Raises:
        CannotJudge: there is no such base, or it is a file and no export.
    """
    assert request.base is not None
    with _base(request.base, request.target) as (target, tree):
        commit = tree is not None
        if target is None or (commit and _is_new(loaded, target)):  # so that everything is new
            return _against(report.outcomes, (), (), request.base)
        options, shared = _options(request, loaded, target, tree), _shared(loaded, target, tree)
        earlier = replace(request, target=target, options=options, base=None, shared=shared)
        try:
            base, base_loaded = judge_loaded(earlier, policies)
        except CannotJudge as error:
            if not commit and not Path(target).is_dir():
                raise CannotJudge(f"`--base {request.base}` cannot be compared with: {error.message}") from None
            roots = (tree.files,) if tree else ()
            reason = with_relative_paths(below(error.message, *roots), request.target)
            return Change(request.base, problem=printable(f"`{request.base}` cannot be judged: {reason}"))
        access = tuple(_new_access(loaded, base_loaded, shared))
    return _against(report.outcomes, base.report.outcomes, access, request.base)


def _is_new(loaded: LoadedStack, target: str) -> bool:
    """Whether the stack has a file today, and none at the commit: without its configuration a run would be of no stack."""
    from stackguard.preview.project.project import nearest, stacks

    before = nearest(Path(target))
    if loaded.folder is None or before is None or loaded.name.stack not in stacks(loaded.folder):
        return False
    try:
        return loaded.name.stack not in stacks(before)
    except CannotJudge:  # the reason is that of its run
        return False


def _options(request: CheckRequest, loaded: LoadedStack, target: str, tree: Tree | None) -> RunOptions:
    """The options for the base: a program runs for the stack of today, and at a commit with the Python of today."""
    from stackguard.preview.project.earlier import Earlier

    options = request.options
    if not Path(target).is_dir():
        return replace(options, stack=None)
    if loaded.folder is None:
        return options
    earlier = tree and Earlier(loaded.folder, tree.root, tree.files, tree.files.with_name("packages"))
    return replace(options, stack=loaded.name.stack or None, earlier=earlier)


def _shared(loaded: LoadedStack, target: str, tree: Tree | None) -> tuple[Path, ...]:
    """The folders with code of the base's program: the root of its own files, and the program of today.

    A copy of a whole repository, which need not be one, has its root as many folders above the program as today's has.
    """
    if loaded.folder is None or not Path(target).is_dir():
        return ()
    folder, today = absolute(Path(target)), absolute(loaded.folder)
    root = repository(today)
    below_root = today.relative_to(root).parts if today.is_relative_to(root) else ()
    copied = bool(below_root) and folder.parts[-len(below_root) :] == below_root
    own = tree.files.parent if tree else folder.parents[len(below_root) - 1] if copied else folder
    return own, today


def _against(outcomes: Sequence[Outcome], base: Sequence[Outcome], access: tuple[NewAccess, ...], name: str) -> Change:
    """Pair outcomes one by one, equal ones first, then narrower ones, as by `places.taken`; these are unchanged too."""
    left: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in base:
        if outcome.kind is not Kind.ERROR:
            left[fingerprint(outcome)].append(outcome)
    counts = Counter({print_: len(equal) for print_, equal in left.items()})
    extents = {print_: of for print_, equal in left.items() if (of := extent(equal[0]))}
    paired = taken(outcomes, range(len(outcomes)), counts, extents)
    for print_ in paired.values():
        left[print_].pop()
    return Change(
        name,
        tuple(outcome for index, outcome in enumerate(outcomes) if index not in paired),
        tuple(outcome for rest in left.values() for outcome in rest),
        tuple(outcome for index, outcome in enumerate(outcomes) if index in paired),
        access,
    )


def _new_access(new: LoadedStack, old: LoadedStack, shared: tuple[Path, ...]) -> Iterator[NewAccess]:
    """What the stack newly allows, without secrets; `shared` is as of the request for the old one."""
    from stackguard.access.diff import compare
    from stackguard.access.report import without_secret

    comparison = compare(new, old, (Digests(new.folder), Digests(old.folder, shared)))
    clean = comparison.new.clean
    for gain in comparison.gains:
        answer = without_secret(gain.by, gain.path, gain.answer)
        yield NewAccess(
            answer.verdict,
            clean(gain.holder.urn),
            answer.witness and answer.witness.rewritten(clean),
            clean(answer.why),
            clean(gain.by.urn),
            clean(gain.path),
        )


def _remark(base: str, target: str) -> str:
    """What the operator may not expect of a base: it is the target itself, or a folder with the name of a commit."""
    if not os.path.lexists(base):
        return ""
    with suppress(OSError):
        if os.path.samefile(base, target):  # noqa: PTH121 (any text)
            return "is the target itself, so nothing can differ"
    start = Path(target) if Path(target).is_dir() else Path(target).absolute().parent
    with suppress(git.GitError, OSError, ValueError):
        git.run(start, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")
        kind = "folder" if Path(base).is_dir() else "file"
        return f"is a {kind} and a commit, and was taken for the {kind}; `refs/heads/{base}` is the branch, `./{base}` the {kind}"
    return ""


@contextmanager
def _base(base: str, target: str) -> Iterator[tuple[str | None, Tree | None]]:
    """The target to judge as the base, None if the commit has none; and the commit's files, if the base is a commit."""
    if base == STANDARD_INPUT:
        raise CannotJudge("`--base` takes a file, a folder or a commit, and not standard input")
    if os.path.lexists(base):
        yield base, None
        return
    folder = Path(os.path.abspath(target))  # noqa: PTH100 (links stay, as the repository contains them)
    start = folder if folder.is_dir() else folder.parent
    if target == STANDARD_INPUT or not start.is_dir():
        raise CannotJudge(f"there is no file or folder `{base}` to compare with")
    try:
        root = Path(git.run(start, "rev-parse", "--show-toplevel"))
        commit = git.run(start, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")
    except git.GitError:
        raise CannotJudge(
            f"`--base {base}` is no file, no folder and no commit of the repository of `{target}`; in a shallow clone,"
            " fetch it first"
        ) from None
    with tempfile.TemporaryDirectory(prefix="stackguard-base-") as name:
        tree = Path(name).resolve() / "tree"
        tree.mkdir()
        try:
            index = {"GIT_INDEX_FILE": str(tree.parent / "index")}
            git.run(root, "read-tree", commit, **index)
            git.run(root, "checkout-index", "--all", "--quiet", f"--prefix={tree}/", **index)
        except git.GitError as error:
            raise CannotJudge(f"`{base}` cannot be checked out: {printable(str(error))}") from None
        there = tree / folder.resolve().relative_to(root.resolve())
        yield (str(there) if there.exists() else None), Tree(root.resolve(), tree)
