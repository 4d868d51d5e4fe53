"""Readers of the missing and excess permissions of a stack's functions, for policies and for the command."""

from __future__ import annotations

from collections.abc import Iterator

from policypack.access.least_privilege.analysis import Privilege, functions, privilege
from policypack.access.least_privilege.comparison import ExcessPermission, MissingPermission
from policypack.core.policy import Judgement, Placed, Stack, Undecided, Unknown, Violation
from policypack.lambda_code.packaging import code_property
from policypack.resources.execution_role import role_documents

UNREAD_FIX = "Write what the managed policy allows, and the code needs, into the role's own policy."
CALL_FIX = "Name the service, the operation and the resource in the code or in the function's environment."


def lacks(stack: Stack) -> Iterator[Placed[MissingPermission]]:
    """Each need of a function's code or settings that its role does not meet, or may not."""
    for function in functions(stack):
        judged = privilege(stack, function)
        if isinstance(judged, Unknown):
            yield function, code_property(function), judged
        elif judged is not None and not judged.role.refused and not role_documents(stack, function).elsewhere:
            for missing in grouped(judged):
                yield function, "role", missing
            if unresolved := judged.code.unresolved:
                more = f", and {len(unresolved) - 1} more" if len(unresolved) > 1 else ""
                why = f"makes calls that cannot be determined: `{unresolved[0].place}` {unresolved[0].why}{more}"
                yield function, code_property(function), Unknown(why, CALL_FIX)


def excesses(stack: Stack) -> Iterator[Placed[ExcessPermission]]:
    """Each element of a role's document that allows more than all functions with that role need."""
    seen: set[tuple[str, str, str]] = set()
    for function in functions(stack):
        judged = privilege(stack, function)
        if isinstance(judged, Unknown):
            yield function, code_property(function), judged
        elif judged is not None:
            for excess in judged.comparison.excess:
                key = (excess.resource.urn, excess.path, excess.message)
                if key not in seen:  # a role that two functions share is reported once
                    seen.add(key)
                    yield excess.resource, excess.path, excess
            if judged.role.documents or judged.role.managed:
                for why in judged.role.unread:
                    yield function, "", Unknown(why, UNREAD_FIX)


def grouped(judged: Privilege) -> list[MissingPermission]:
    """Missing permissions, once for each action and resource, at the first line that needs it.

    A role that cannot be read is reported once.
    """
    first: dict[tuple[str, str, bool], MissingPermission] = {}
    for missing in judged.comparison.missing:
        key = (missing.need.action, missing.resource, missing.sure)
        if not missing.sure and judged.role.unread:
            key = ("", missing.why, False)
        first.setdefault(key, missing)
    return list(first.values())


def judge_missing(missing: MissingPermission) -> Judgement:
    """The report of a missing permission."""
    need = missing.need
    who = f"`{need.place}` {need.why}" if need.place else need.why
    if missing.sure:
        everything = "all of " if missing.partly else ""
        unmet = f", {missing.why}" if missing.why else ""
        message = f"does not allow `{need.action}` on {everything}`{missing.resource}`: {who}{unmet}"
        return Violation("", message, related=missing.related)
    return Undecided(
        "", f"may not allow `{need.action}` on `{missing.resource}`, because {missing.why}: {who}", CALL_FIX
    )


def judge_excess(excess: ExcessPermission) -> Judgement:
    """The report of an excess permission."""
    if not excess.sure:
        return Undecided("", excess.message, CALL_FIX)
    of = excess.excess
    parts = None if of.of is None else of.actions
    return Violation("", excess.message, facts=of.of, parts=parts, limits=of.used)
