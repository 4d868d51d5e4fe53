"""Readers of the missing and excess permissions of a stack's functions, for policies and for the command."""

from __future__ import annotations

from collections.abc import Iterator

from policypack.access.least_privilege.analysis import Privilege, functions, privilege
from policypack.access.least_privilege.comparison import ExcessPermission, MissingPermission
from policypack.core.policy import Judgement, Placed, Stack, Undecided, Unknown, Violation
from policypack.lambda_code.packaging import code_property

UNREAD_FIX = "Write what the managed policy allows, and the code needs, into the role's own policy."
CALL_FIX = "Name the service, the operation and the resource in the code or in the function's environment."


def lacks(stack: Stack) -> Iterator[Placed[MissingPermission]]:
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
                why = f"makes calls that cannot be determined: `{unresolved[0].place}` {unresolved[0].why}{more}"
                yield function, code_property(function), Unknown(why, CALL_FIX)


def excesses(stack: Stack) -> Iterator[Placed[ExcessPermission]]:
    """Each element of a role's document that allows more than all functions with that role need."""
    seen: set[tuple[str, str, str]] = set()
    for function in functions(stack):
        found = privilege(stack, function)
        if isinstance(found, Unknown):
            yield function, code_property(function), found
        elif found is not None:
            for excess in found.comparison.over:
                mark = (excess.resource.urn, excess.path, excess.message)
                if mark not in seen:  # a role that two functions share is reported once
                    seen.add(mark)
                    yield excess.resource, excess.path, excess
            if found.role.documents or found.role.managed:
                for why in found.role.unread:
                    yield function, "", Unknown(why, UNREAD_FIX)


def grouped(found: Privilege) -> list[MissingPermission]:
    """What is missing, once for each action and resource, at the first line that needs it.

    A role that cannot be read is reported once.
    """
    kept: dict[tuple[str, str, bool], MissingPermission] = {}
    for missing_permission in found.comparison.missing:
        unread = not missing_permission.sure and bool(found.role.unread)
        kept.setdefault(
            ("", missing_permission.why, False)
            if unread
            else (missing_permission.need.action, missing_permission.resource, missing_permission.sure),
            missing_permission,
        )
    return list(kept.values())


def judge_missing(missing: MissingPermission) -> Judgement:
    """The report of a missing permission."""
    need = missing.need
    who = f"`{need.place}` {need.why}" if need.place else need.why
    if missing.sure:
        everything = "all of " if missing.partly else ""
        return Violation("", f"does not allow `{need.action}` on {everything}`{missing.resource}`: {who}")
    return Undecided(
        "", f"may not allow `{need.action}` on `{missing.resource}`, because {missing.why}: {who}", CALL_FIX
    )


def judge_excess(over: ExcessPermission) -> Judgement:
    """The report of an excess permission."""
    return Violation("", over.message) if over.sure else Undecided("", over.message, CALL_FIX)
