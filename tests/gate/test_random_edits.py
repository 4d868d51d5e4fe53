"""Random edits of a program against its baseline and waivers: nothing is swallowed, nothing comes back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from policypack.core.policy import Options, Outcome, Resource
from policypack.core.stack_name import StackName
from policypack.evaluation.places import fingerprints
from policypack.evaluation.waiver_file import PlacedWaiver, ResourceName, Waiver
from policypack.evaluation.waivers import waive
from stackguard.gate.baseline import Added, Baseline, apply
from tests.evaluation.test_places import BUCKET, ROLE_POLICY, outcomes

POLICY = "iam-wildcard-action"
COMPONENT = "shop:index:Api"
TODAY = date(2026, 11, 29)
Content = tuple[str, str]
"""The action and the resource of a statement."""
OWN = "the stack's bucket"
CONTENTS: Sequence[Content] = [
    ("s3:*", "arn:aws:s3:::a"),
    ("s3:*", "*"),
    ("s3:*", OWN),
    ("s3:*", "arn:aws:s3:::b"),
    ("sqs:*", "arn:aws:sqs:eu-west-1:111122223333:jobs"),
    ("s3:GetObject", "arn:aws:s3:::a/*"),
]
SOUND = {CONTENTS[-1]}
STYLES = ("plain", "reversed", "sid", "lists", "capitals", "twice", "more")
"""Spellings of a statement, which say the same of its violation."""
Identity = tuple[int, Content]
"""What a violation is to a person: the resource, whatever it is called now, and what the statement says."""


@dataclass(frozen=True)
class Role:
    """A role policy of the program: `number` is what stays when it is renamed."""

    number: int
    name: str
    chain: str = ROLE_POLICY
    aliases: tuple[tuple[str, str], ...] = ()
    """The types and names that it had before, each with its parents."""
    statements: tuple[tuple[Content, str], ...] = ()
    """What they say, and in which style."""


@dataclass
class Program:
    """A program in the course of edits."""

    roles: list[Role] = field(default_factory=list)
    buckets: tuple[str, ...] = ("files",)
    """The names that its bucket had, and has."""
    drawn: int = 0

    def fresh(self) -> int:
        self.drawn += 1
        return self.drawn

    def violations(self) -> Counter[Identity]:
        statements = ((role.number, content) for role in self.roles for content, _ in role.statements)
        return Counter(pair for pair in statements if pair[1] not in SOUND)

    def resources(self, stack: str) -> list[Resource]:
        *old, name = self.buckets
        options = Options(aliases=tuple(_urn(stack, BUCKET, former) for former in old))
        bucket = Resource(BUCKET, name, {"bucket": f"{name}-1a2b3c4"}, _urn(stack, BUCKET, name), options=options)
        return [bucket, *(_resource(role, stack, f"arn:aws:s3:::{name}-1a2b3c4/*") for role in self.roles)]


def _styled(action: str, target: str, style: str, index: int) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": action, "Resource": target}
    match style:
        case "reversed":
            return dict(reversed(statement.items()))
        case "sid":
            return {"Sid": f"S{index}", **statement}
        case "lists":
            return statement | {"Action": [action], "Resource": [target, target]}
        case "capitals":
            return statement | {"Action": action.upper() if action.endswith("*") else action}
        case "twice":
            return statement | {"Action": [action.upper(), action]}
        case "more":
            return statement | {"Action": ["sqs:SendMessage", action]}
    return statement


def _resource(role: Role, stack: str, own: str) -> Resource:
    statements = [
        _styled(action, own if target == OWN else target, style, index)
        for index, ((action, target), style) in enumerate(role.statements)
    ]
    inputs = {"policy": json.dumps({"Version": "2012-10-17", "Statement": statements}), "role": "r"}
    aliases = tuple(_urn(stack, chain, name) for chain, name in role.aliases)
    return Resource(
        ROLE_POLICY, role.name, inputs, _urn(stack, role.chain, role.name), options=Options(aliases=aliases)
    )


def _urn(stack: str, chain: str, name: str) -> str:
    return f"urn:pulumi:{stack}::shop::{chain}::{name}"


statement = st.tuples(st.sampled_from(CONTENTS), st.sampled_from(STYLES))
EDITS = (
    "rename the bucket",
    "add",
    "remove",
    "rename",
    "rename without alias",
    "move",
    "statement",
    "drop",
    "shuffle",
    "turn",
    "replace",
)


def edit(program: Program, draw: Any) -> None:
    kind = draw(st.sampled_from(EDITS))
    if kind == "add" or not program.roles:
        number = program.fresh()
        program.roles.append(Role(number, f"r{number}", statements=tuple(draw(st.lists(statement, max_size=3)))))
        return
    if kind == "rename the bucket":
        program.buckets = (*program.buckets, f"b{program.fresh()}")
        return
    index = draw(st.integers(0, len(program.roles) - 1))
    role = program.roles[index]
    if kind == "remove":
        del program.roles[index]
        return
    if kind == "rename":
        role = replace(role, name=f"r{program.fresh()}", aliases=(*role.aliases, (role.chain, role.name)))
    elif kind == "rename without alias":
        number = program.fresh()
        role = replace(role, number=number, name=f"r{number}", aliases=())
    elif kind == "move":
        chain = ROLE_POLICY if "$" in role.chain else f"{COMPONENT}${ROLE_POLICY}"
        role = replace(role, chain=chain, aliases=(*role.aliases, (role.chain, role.name)))
    program.roles[index] = replace(role, statements=tuple(edited(kind, list(role.statements), draw)))


def edited(kind: str, statements: list[tuple[Content, str]], draw: Any) -> list[tuple[Content, str]]:
    place = draw(st.integers(0, len(statements)))
    if kind == "statement":
        statements.insert(place, draw(statement))
    elif kind == "drop":
        del statements[place : place + 1]
    elif kind == "shuffle":
        return list(draw(st.permutations(statements)))
    elif kind == "style":
        return [(content, draw(st.sampled_from(STYLES))) for content, _ in statements]
    elif kind == "replace":
        statements[place : place + 1] = [draw(statement)]
    return statements


def reported(program: Program, stack: str) -> tuple[Outcome, ...]:
    return outcomes(*program.resources(stack), policy=POLICY, stack=stack)


def identities(program: Program, found: Sequence[Outcome]) -> list[Identity]:
    by_name = {role.name: role for role in program.roles}
    indexes = [int(outcome.path.split("[")[1].split("]")[0]) for outcome in found]
    return [
        (by_name[outcome.resource.name].number, by_name[outcome.resource.name].statements[index][0])
        for outcome, index in zip(found, indexes, strict=True)
    ]


def begun(draw: Any) -> Program:
    program = Program()
    for _ in range(draw(st.integers(1, 8))):
        edit(program, draw)
    return program


@settings(max_examples=150)
@given(st.data(), st.sampled_from(["dev", "prod", "r1"]))
def test_a_baseline_accepts_what_was_there_and_no_more(data: st.DataObject, stack: str) -> None:
    name = StackName("", "shop", stack)
    program = begun(data.draw)
    before = program.violations()
    baseline = Baseline().with_outcomes(name, reported(program, stack), Added())
    for _ in range(data.draw(st.integers(0, 8))):
        edit(program, data.draw)
    result = apply(reported(program, stack), baseline, name, [POLICY])
    blocking = Counter(
        identity
        for identity, outcome in zip(identities(program, result.outcomes), result.outcomes, strict=True)
        if outcome.blocks
    )
    assert blocking == program.violations() - before
    assert result.gone.total() == (before - program.violations()).total()


@settings(max_examples=150)
@given(st.data())
def test_a_waiver_accepts_its_violation_and_no_other(data: st.DataObject) -> None:
    name = StackName("acme", "shop", "dev")
    program = begun(data.draw)
    before = reported(program, "dev")
    named = list(zip(identities(program, before), before, fingerprints(before), strict=True))
    if not named:
        return
    chosen, outcome, print_ = data.draw(st.sampled_from(named))
    rank = [identity for identity, _, _ in named[: named.index((chosen, outcome, print_)) + 1]].count(chosen)
    for _ in range(data.draw(st.integers(0, 8))):
        edit(program, data.draw)
    waiver = Waiver(
        policy=POLICY,
        resource=ResourceName(ROLE_POLICY, outcome.resource.name),
        reason="r",
        expires=TODAY,
        finding=print_,
    )
    after = reported(program, "dev")
    result = waive(after, [PlacedWaiver(waiver, "w")], name, [POLICY], program.resources("dev"), TODAY)
    accepted = [
        identity
        for identity, shown in zip(identities(program, result.outcomes), result.outcomes, strict=True)
        if shown.exemption
    ]
    there = program.violations()[chosen] >= rank
    assert accepted == ([chosen] if there else [])
    exists = any(role.number == chosen[0] for role in program.roles)
    assert len(result.problems) == (1 if exists and not there else 0)
