"""What a stack's functions lack and what they have over, one reading for each, for policies and for the command."""

from __future__ import annotations

from collections.abc import Iterator

from policypack.access.least_privilege.analysis import Privilege, functions, privilege
from policypack.access.least_privilege.comparison import Missing, Over
from policypack.core.policy import Judgement, Placed, Stack, Undecided, Unknown, Violation
from policypack.lambda_code.packaging import code_property

UNREAD_FIX = "Write what the managed policy allows, and the code needs, into the role's own policy."
CALL_FIX = "Name the service, the operation and the resource in the code or in the function's environment."


def lacks(stack: Stack) -> Iterator[Placed[Missing]]:
    """Each need of a function's code or settings that its role does not meet, or may not."""
    for function in functions(stack):
        found = privilege(stack, function)
        if isinstance(found, Unknown):
            yield function, code_property(function), found
        elif found is not None:
            for each in grouped(found):
                yield function, "role", each
            if unresolved := found.found.unresolved:
                more = f", and {len(unresolved) - 1} more" if len(unresolved) > 1 else ""
                why = f"makes calls that cannot be told: `{unresolved[0].place}` {unresolved[0].why}{more}"
                yield function, code_property(function), Unknown(why, CALL_FIX)


def excesses(stack: Stack) -> Iterator[Placed[Over]]:
    """Each element of a role's document that allows more than all functions with that role need."""
    told: set[tuple[str, str, str]] = set()
    for function in functions(stack):
        found = privilege(stack, function)
        if isinstance(found, Unknown):
            yield function, code_property(function), found
        elif found is not None:
            for each in found.comparison.over:
                mark = (each.resource.urn, each.path, each.message)
                if mark not in told:  # a role that two functions share is reported once
                    told.add(mark)
                    yield each.resource, each.path, each
            if found.role.documents or found.role.managed:
                for why in found.role.unread:
                    yield function, "", Unknown(why, UNREAD_FIX)


def grouped(found: Privilege) -> list[Missing]:
    """What is missing, once for each action and resource, at the first line that needs it.

    A role that cannot be read is told of once.
    """
    kept: dict[tuple[str, str, bool], Missing] = {}
    for each in found.comparison.missing:
        unread = not each.sure and bool(found.role.unread)
        kept.setdefault(("", each.why, False) if unread else (each.need.action, each.resource, each.sure), each)
    return list(kept.values())


def told(missing: Missing) -> Judgement:
    """What is missing, in words."""
    need = missing.need
    who = f"`{need.place}` {need.why}" if need.place else need.why
    if missing.sure:
        everything = "all of " if missing.partly else ""
        return Violation("", f"does not allow `{need.action}` on {everything}`{missing.resource}`: {who}")
    return Undecided(
        "", f"may not allow `{need.action}` on `{missing.resource}`, because {missing.why}: {who}", CALL_FIX
    )


def exceeding(over: Over) -> Judgement:
    """What is over, in words."""
    return Violation("", over.message) if over.sure else Undecided("", over.message, CALL_FIX)
