"""What a resource may newly do because it runs as another role than before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from policypack.access.solver.verdict import Answer, Verdict
from policypack.access.stack_diff.counterparts import Place, Places
from policypack.access.stack_diff.direct_grant_tables import grants_by_type
from policypack.access.stack_diff.gains import Gain, Holding, Key, gained_by
from policypack.core.policy import Resource, Stack, Unknown
from policypack.resources.references import resolve, written
from policypack.resources.tokens import ROLE

PROFILE = "aws:iam/instanceProfile:InstanceProfile"
_ROLE = re.compile(r"(?:.*R|r)ole(?:Arn)?|.*[iI]amInstanceProfile")
"""The properties with the role, or the profile with the role, that a resource runs as."""
ELSEWHERE = "runs as another role than before, which is not in this stack"


def execution_gains(
    new: tuple[Stack, Places], old: tuple[Stack, Places], after: Mapping[Key, Holding], before: Mapping[Key, Holding]
) -> Iterator[Gain]:
    """What each resource of both stacks may newly do by another role."""
    same = new[1].same or {}
    for resource in new[0].resources:
        other = same.get(resource.urn)
        if other is None or resource.external or not _runs(resource):
            continue
        for name, value in resource.inputs.items():
            if _ROLE.fullmatch(name) and isinstance(value, str | Unknown):
                now, earlier = _run(new, resource, name, after), _run(old, other, name, before)
                if _place(new, now) != _place(old, earlier):
                    yield from _gains(resource, name, now, earlier)


def _runs(resource: Resource) -> bool:
    """Whether a resource may run as a role: what manages policies of a role does not, and grants are compared as such."""
    own = resource.type == PROFILE or not resource.type.startswith("aws:iam/")
    return own and resource.type.startswith("aws:") and resource.type not in grants_by_type()


def _run(side: tuple[Stack, Places], resource: Resource, name: str, holdings: Mapping[Key, Holding]) -> Holding | str:
    """The role that a resource runs as, or else the text that names it; empty without one."""
    stack, places = side
    role = _role(stack, resource, name)
    if role is not None and (holding := holdings.get(("identity", *places.of(role)))):
        return holding
    value = written(resource, name)
    return value if isinstance(value, str) else "" if value is None else "?"


def _role(stack: Stack, resource: Resource, name: str) -> Resource | None:
    if name.lower().endswith("profile"):
        profile = resolve(stack, resource, name, PROFILE).only
        return resolve(stack, profile, "role", ROLE).only if profile else None
    return resolve(stack, resource, name, ROLE).only


def _place(side: tuple[Stack, Places], run: Holding | str) -> Place | str:
    return run if isinstance(run, str) else side[1].of(run.holder)


def _gains(resource: Resource, name: str, now: Holding | str, before: Holding | str) -> Iterator[Gain]:
    if isinstance(now, str):
        if now not in ("", "?") and isinstance(before, str) and before not in (now, "?"):
            yield Gain(resource, resource, name, Answer(Verdict.UNDECIDED, ELSEWHERE))
        return
    role = now.holder
    if isinstance(before, str):
        if before:
            return
        before = Holding(role, attached=True)
    why = f"`{resource.name}` newly runs as `{role.name}`"
    for gain in gained_by(now, before):
        answer = msgspec.structs.replace(gain.answer, why=why)
        yield Gain(resource, gain.by, gain.path, answer)
