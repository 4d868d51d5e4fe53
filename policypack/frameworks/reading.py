"""Frameworks by name: the id of a published one or the path of a file in, a validated framework out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import msgspec

from policypack.core.policy import Policy
from policypack.core.reading import yaml_reader
from policypack.core.reading.schema_errors import Misfit, misfit
from policypack.core.spelling import similar
from policypack.frameworks.catalog import PUBLISHED, covered
from policypack.frameworks.model import Check, Framework, FrameworkError, Requirement

Place = Callable[[Sequence[str | int]], str]


def load(names: Sequence[str], cards: Sequence[Policy[Any]], *, closed: bool = True) -> tuple[Framework, ...]:
    """The frameworks of these names.

    Args:
        names: ids of published frameworks, or paths of files.
        cards: the policies that there are.
        closed: whether there are no others, so that any other id in a file is a mistake.

    Raises:
        FrameworkError: there is no such framework, a file does not fit, or two have one id.
    """
    known = {card.id for card in cards} if closed else None
    frameworks = [covered(name, cards) if name in PUBLISHED else _read(name, known) for name in dict.fromkeys(names)]
    for framework_id, count in Counter(framework.id for framework in frameworks).items():
        if count > 1:
            raise FrameworkError(f"{count} frameworks have the id `{framework_id}`; give each its own")
    return tuple(frameworks)


def _read(name: str, known: Collection[str] | None) -> Framework:
    path = Path(name)
    try:
        document = yaml_reader.read(path)
    except yaml_reader.YamlError as error:
        raise FrameworkError(error.at(path)) from None
    except FileNotFoundError:
        raise FrameworkError(
            f"there is no framework `{name}`, and no file of that name; {_suggested(name, PUBLISHED)}"
        ) from None
    except OSError as error:
        raise FrameworkError(f"{path} cannot be read: {(error.strerror or 'it is no file').lower()}") from None
    return parse(document.value, lambda keys: f"{path}:{document.line(keys)}", known)


def parse(raw: Any, place: Place, known: Collection[str] | None) -> Framework:
    """The framework of a decoded file.

    Args:
        raw: the content.
        place: returns the place of the part at some keys, for errors.
        known: the ids of all policies; None if there may be others.

    Raises:
        FrameworkError: it does not fit the schema, has an id twice, or names a policy that does not exist.
    """
    try:
        framework = msgspec.convert(raw, Framework)
    except msgspec.ValidationError as error:
        raise FrameworkError(_explained(misfit(error), place)) from None
    if framework.id in PUBLISHED:
        raise FrameworkError(f"{place(['id'])}: `{framework.id}` is a published framework; choose another id")
    seen: set[str] = set()
    for index, requirement in enumerate(framework.requirements):
        if requirement.id in seen:
            raise FrameworkError(
                f"{place(['requirements', index, 'id'])}: there are two requirements `{requirement.id}`; number them apart"
            )
        seen.add(requirement.id)
        for at, check in enumerate(requirement.checks):
            if known is not None and check.policy not in known:
                where = place(["requirements", index, "policies", at])
                raise FrameworkError(f"{where}: there is no policy `{check.policy}`; {_suggested(check.policy, known)}")
    return framework


def _suggested(name: str, known: Collection[str]) -> str:
    near = similar(name, sorted(known), most=3)
    if near:
        return f"did you mean {' or '.join(f'`{match}`' for match in near)}?"
    return (
        f"there are {', '.join(f'`{name}`' for name in PUBLISHED)}"
        if known is PUBLISHED
        else ("`stackguard explain` lists them")
    )


def _explained(found: Misfit, place: Place) -> str:
    """A line with the place, the key and a way to fix it."""
    named = f"`{found.named}`" if found.named else "the file"
    if found.unknown is not None:
        where = place([*found.keys, found.unknown])
        return f"{where}: {named} has no key `{found.unknown}`; {_key(found.unknown, found.named)}"
    if found.missing is not None:
        return f"{place(found.keys)}: {named} needs `{found.missing}`"
    return f"{place(found.keys)}: {named} {found.problem}"


def _key(name: str, path: str) -> str:
    struct = Check if ".policies[" in path else Requirement if path else Framework
    near = similar(name, struct.__struct_fields__)
    return f"did you mean `{near[0]}`?" if near else "remove it"
