"""What a statement allows beyond what is needed: elements of it, each with a message."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from policypack.access.solver.diff import NOTHING, Access, newly, within
from policypack.access.solver.partition import TooManyCellsError, Work
from policypack.iam.actions import Action, expand
from policypack.iam.document import Effect, Statement
from policypack.iam.globs import covers, overlaps

MOST_QUOTED = 4


class Excess(NamedTuple):
    """An element of a statement that allows more than is needed."""

    element: str
    message: str
    of: tuple[str, ...] | None = None
    """The pattern that allows it; None for what the message quotes."""
    actions: tuple[str, ...] = ()
    """The patterns of the actions that the message names, if it is about a resource."""
    used: tuple[str, ...] = ()
    """The actions by the pattern that are called: the more, the less is in excess."""


PASS = "iam:passrole"  # noqa: S105 (an action)
"""What no operation is named after: a call of another service passes the role.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html.
"""
TAKES_NO_ROLE = frozenset(
    {"cloudwatch", "dynamodb", "kms", "logs", "s3", "secretsmanager", "ses", "sns", "sqs", "ssm", "sts", "xray"}
)
"""Services of which the calls that functions make pass no role."""


def _may_pass(used: Iterable[str]) -> bool:
    """Whether one of the actions in lower case may pass a role to a service."""
    return any(
        action.level == "Write" and action.service not in TAKES_NO_ROLE for name in used for action in expand(name)
    )


def excess_of(
    written: Statement,
    plain: Statement,
    used: Mapping[str, list[Statement]],
    denials: tuple[Statement, ...],
    work: Work,
) -> Iterator[Excess]:
    """What a statement allows beyond what is needed.

    Args:
        written: the statement.
        plain: the same without conditions, and with ARNs as needs are written.
        used: by action in lower case, what is needed.
        denials: what the role denies.
        work: the budget of the comparison.
    """
    if plain.actions is None or plain.resources is None:
        every = Access.of(statement for statements in used.values() for statement in statements)
        if witness := _newly(Access.of([plain, *denials]), every, work):
            element = "NotAction" if plain.actions is None else "NotResource"
            yield Excess(element, f"allows more than is called, for example {witness}")
        return
    called: dict[str, Action] = {}
    for pattern in plain.actions:
        expanded = sorted(expand(pattern), key=str)
        here = {str(action): action for action in expanded if str(action).lower() in used}
        called |= here
        if expanded and not here and not (pattern.lower() == PASS and _may_pass(used)):
            yield Excess("Action", f"allows `{pattern}`, which is never called", (pattern,))
        elif 0 < len(here) < len(expanded):
            verb = "is" if len(here) == 1 else "are"
            message = f"allows {len(expanded)} actions by `{pattern}`, of which {listed(list(here))} {verb} called"
            yield Excess("Action", message, (pattern,), used=(*here,))
    for resource in zip(written.resources or (), plain.resources, strict=True):
        for message, names, touched in _of_resource(resource, called, used, denials, work):
            by = tuple(
                pattern for pattern in plain.actions if any(covers(pattern, name, ignore_case=True) for name in names)
            )
            yield Excess("Resource", message, resource[:1], by, touched)


def _of_resource(
    resource: tuple[str, str],
    called: Mapping[str, Action],
    used: Mapping[str, list[Statement]],
    denials: tuple[Statement, ...],
    work: Work,
) -> Iterator[tuple[str, Sequence[str], tuple[str, ...]]]:
    """Messages about a resource pattern, or a part of it, that no call uses: with its actions, and those that use it."""
    written, pattern = resource
    fitting = [name for name, action in called.items() if action.fits(written)]
    examples: dict[str, str] = {}
    untouched = []
    for name in fitting:
        targets = [target for statement in used[name.lower()] for target in statement.resources or ()]
        if any(covers(target, pattern) for target in targets):
            continue
        if not denials and not any(overlaps(target, pattern) for target in targets):
            examples[name] = pattern
            untouched.append(name)
            continue
        granted, needed = Access.of([allowing((name,), pattern), *denials]), Access.of(used[name.lower()])
        if witness := _newly(granted, needed, work):
            examples[name] = witness
            if not _newly(within(granted, needed), NOTHING, work):
                untouched.append(name)
    touched = tuple(name for name in fitting if name not in untouched)
    if called and not touched:
        are = "is" if len(called) == 1 else "are"
        yield f"names `{written}`, on which {listed(list(called))} {are} never called", [*called], touched
        return
    if untouched:
        yield f"allows {listed(untouched)} on `{written}`, on which {_verb(untouched)} never called", untouched, touched
    if wider := [name for name in examples if name not in untouched]:
        example = examples[wider[0]]
        for_example = "" if example in resource else f", for example on `{example}`"
        message = f"allows {listed(wider)} on more of `{written}` than {_verb(wider)} called on{for_example}"
        yield message, wider, touched


def listed(names: Sequence[str]) -> str:
    """The first names, quoted."""
    return ", ".join(f"`{name}`" for name in names[:MOST_QUOTED]) + (" …" if len(names) > MOST_QUOTED else "")


def _verb(names: Sequence[str]) -> str:
    return "it is" if len(names) == 1 else "they are"


def _newly(new: Access, old: Access, work: Work) -> str:
    """The resource of a newly allowed request; empty if there is none, or if this cannot be determined."""
    try:
        gain = newly(new, old, attached=True, work=work)
    except TooManyCellsError:
        return ""
    return gain[0].resource if gain else ""


def allowing(actions: tuple[str, ...], resource: str) -> Statement:
    """A statement that allows actions on a resource."""
    return Statement("", Effect.ALLOW, actions=actions, resources=(resource,))
