"""Waivers: accepted violations in, outcomes with their exemptions and problems of the waivers out.

A waiver accepts what one policy reports about one resource, until a date. It never accepts a crash, and never more than
one place: without a `finding`, a waiver that fits several places fits none. One that can never count is a problem.
One of `pulumi-unknown-value` accepts what all policies report of one unknown value.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from difflib import get_close_matches
from typing import Any

from policypack.core.policy import UNKNOWN_VALUE, Exemption, Kind, Outcome, Policy, Resource, Severity
from policypack.core.stack_name import StackName
from policypack.evaluation.grouping import waits_for_value
from policypack.evaluation.places import fingerprint, fits, known_as
from policypack.evaluation.placing.shared_names import urns
from policypack.evaluation.placing.statement_place import StatementPlace, contains_secret, statement_at
from policypack.evaluation.settings import Settings
from policypack.evaluation.settings.selectors import selectors
from policypack.evaluation.waiver_file import PlacedWaiver, Waiver
from policypack.iam.tables import canonical

FINGERPRINT = re.compile(r"[0-9a-f]{32}")
FINGERPRINTS = "let it be a fingerprint, which `--verbose` prints"
MOST_NAMES = 5
"""The names that a message lists."""


class ProblemKind(enum.StrEnum):
    """Why a waiver does not count, or is not needed."""

    EXPIRED = "expired"
    UNUSED = "unused"
    AMBIGUOUS = "ambiguous"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """No policy has its id."""


@dataclass(frozen=True, slots=True)
class WaiverProblem:
    """A waiver that somebody has to edit; `message` is one line."""

    kind: ProblemKind
    source: str
    policy: str
    message: str


@dataclass(frozen=True, slots=True)
class WaiverRules:
    """What waivers may accept, as the central settings say."""

    never: frozenset[str] = frozenset()
    """Policies that may not be waived: ids, `tag:TAG` or `severity:SEVERITY`."""
    longest: Mapping[Severity, int] = field(default_factory=dict)
    """By severity, the number of days that a waiver may last from today."""

    def refuse(self, policy: Policy[Any]) -> bool:
        """Whether the violations of a policy may not be accepted."""
        return not self.never.isdisjoint(selectors(policy))


def rules_of(settings: Settings) -> WaiverRules:
    """The rules that the settings lock."""
    return WaiverRules(frozenset(settings.limits.never_waive), settings.limits.longest_waiver)


@dataclass(frozen=True, slots=True)
class Waived:
    """The result for one stack."""

    outcomes: tuple[Outcome, ...]
    """As they came, with their exemptions."""
    used: frozenset[str] = frozenset()
    """The sources of the waivers that accept an outcome."""
    problems: tuple[WaiverProblem, ...] = ()
    """`UNUSED` is a problem only if no other stack of the run uses the waiver."""
    elsewhere: tuple[WaiverProblem, ...] = ()
    """Waivers of other stacks or resources: problems if all stacks there are say so."""


def to_edit(problems: Iterable[WaiverProblem], used: Collection[str], *, complete: bool = True) -> list[WaiverProblem]:
    """Each waiver that somebody has to edit, once.

    Args:
        problems: of all that was judged.
        used: the sources of the waivers that accept an outcome: those are not unused.
        complete: whether all was judged; else none is called unused, because it may be used where nothing was judged.
    """
    once = {(problem.kind, problem.source): problem for problem in problems}
    return [
        problem
        for problem in once.values()
        if problem.kind is not ProblemKind.UNUSED or (complete and problem.source not in used)
    ]


def waive(
    outcomes: Sequence[Outcome],
    waivers: Iterable[PlacedWaiver],
    stack: StackName,
    ran: Collection[str],
    resources: Iterable[Resource],
    today: date,
    rules: WaiverRules | None = None,
    known: Collection[str] = (),
) -> Waived:
    """The outcomes of one stack with the exemptions of the waivers that apply to it.

    Args:
        outcomes: with their places.
        waivers: of the whole run; those of other stacks are left out here.
        stack: the stack's name.
        ran: ids of the policies that ran.
        resources: all of the stack; a waiver for another policy or resource is never a problem.
        today: the day that `expires` is compared with.
        rules: the limits of the central settings.
        known: ids of all policies, by which a misspelt one is recognized; empty if they are not all known.
    """
    waivers = tuple(waivers)
    if not waivers:
        return Waived(tuple(outcomes))
    judged = _keys(resources)
    prints = known_as(outcomes)
    exempt: dict[int, Exemption] = {}
    used: set[str] = set()
    problems: list[WaiverProblem] = []
    elsewhere: list[WaiverProblem] = []
    for placed in waivers:
        waiver = placed.waiver
        stacks = (waiver.stacks,) if isinstance(waiver.stacks, str) else waiver.stacks
        if known and (misspelt := _misspelt(placed, known)):
            problems.append(misspelt)
            continue
        why = ""
        if stacks and not any(map(stack.matches, stacks)):
            why = f"its `stacks` fit no stack ({_quoted(stacks)})"
        elif _key(waiver) not in judged:
            why = "no stack that it is for has this resource"
        if why and waiver.policy in ran:
            elsewhere.append(_unfit(placed, why))
        if why or waiver.policy not in ran:
            continue
        fitting = {index: outcome for index, outcome in enumerate(outcomes) if _fits(waiver, outcome, prints[index])}
        if not fitting and waiver.parts:
            fitting = {
                index: outcome
                for index, outcome in enumerate(outcomes)
                if _is_about(waiver, outcome) and fits(outcome, waiver.parts)
            }
        reported = [outcome for outcome in outcomes if _is_about(waiver, outcome)]
        if problem := _problem(placed, [*fitting.values()], today, rules or WaiverRules(), reported):
            problems.append(problem)
        else:
            used.add(placed.source)
            exempt |= {index: _exemption(placed) for index in fitting if index not in exempt}
    exempted = tuple(
        replace(outcome, exemption=exempt[index]) if index in exempt else outcome
        for index, outcome in enumerate(outcomes)
    )
    return Waived(exempted, frozenset(used), tuple(problems), tuple(elsewhere))


def _misspelt(placed: PlacedWaiver, known: Collection[str]) -> WaiverProblem | None:
    """The problem of a waiver whose policy does not exist.

    One whose id is like none of these may be of a policy pack that this run does not have.
    """
    policy = placed.waiver.policy
    if policy in known:
        return None
    pack, separator, _ = policy.rpartition("/")
    if separator and not any(policy_id.startswith(f"{pack}/") for policy_id in known):
        return None  # of a pack that this run does not have
    near = get_close_matches(policy, known, n=1)
    if not near and policy.partition("-")[0] not in {policy_id.partition("-")[0] for policy_id in known}:
        return None
    hint = f"did you mean `{near[0]}`?" if near else "`stackguard explain` lists them"
    text = f"the waiver of `{policy}` for {_named(placed.waiver)} accepts nothing: there is no such policy; {hint}"
    return WaiverProblem(ProblemKind.UNKNOWN, placed.source, policy, text)


def _unfit(placed: PlacedWaiver, why: str) -> WaiverProblem:
    waiver = placed.waiver
    text = f"the waiver of `{waiver.policy}` for {_named(waiver)} accepts nothing: {why}; correct or remove it"
    return WaiverProblem(ProblemKind.UNUSED, placed.source, waiver.policy, text)


def nowhere(of_stacks: Iterable[Iterable[WaiverProblem]]) -> list[WaiverProblem]:
    """The waivers that are for no stack and resource at all: those that every stack has in `elsewhere`."""
    by_stack = [{problem.source: problem for problem in of} for of in of_stacks]
    return [problem for source, problem in by_stack[0].items() if all(source in of for of in by_stack)]


def _key(waiver: Waiver) -> object:
    """The resource of a waiver, as `_keys` has it."""
    named = waiver.resource
    return named if isinstance(named, str) else (_printed(named.type), named.name)


def _printed(type_token: str) -> str:
    """A type token as reports print it: `aws:s3:Bucket`."""
    package, _, rest = canonical(type_token).partition(":")
    module, _, name = rest.rpartition(":")
    return ":".join((package, module.partition("/")[0], name))


def _keys(resources: Iterable[Resource]) -> set[object]:
    """What waivers may call the resources: their URNs, types and names, and those of their aliases."""
    names = {urn for resource in resources for urn in urns(resource)}
    parts = (urn.split("::", 3) for urn in names)
    return {*names, *((_printed(part[2].rpartition("$")[2]), part[3]) for part in parts if len(part) == 4)}


def _is_about(waiver: Waiver, outcome: Outcome) -> bool:
    of_value = waiver.policy == UNKNOWN_VALUE and waits_for_value(outcome)
    return (
        outcome.kind is not Kind.ERROR
        and (of_value or outcome.policy.id == waiver.policy)
        and _key(waiver) in _keys([outcome.resource])
    )


def _fits(waiver: Waiver, outcome: Outcome, prints: Collection[str]) -> bool:
    if not _is_about(waiver, outcome):
        return False
    if waiver.finding is None:
        return True
    if FINGERPRINT.fullmatch(waiver.finding):
        return waiver.finding in prints or (waiver.policy == UNKNOWN_VALUE and waiver.finding in _of_value(outcome))
    statement = statement_at(outcome.resource, outcome.path)
    if statement is None or contains_secret(outcome.resource, statement.document):
        return False
    return statement.sid == waiver.finding or waiver.finding.lower() in _actions(statement)


def _of_value(outcome: Outcome) -> set[str]:
    """The fingerprints of the summary of what is undecided because of one value (`grouping.one_per_value`)."""
    from policypack.policies.pulumi.unknown_value import POLICY  # imports all policies

    summary = replace(outcome, policy=POLICY)
    return {fingerprint(summary, place) for place in (outcome.place, *outcome.former_places)}


def _actions(statement: StatementPlace) -> set[str]:
    """The actions at the place: the one that it leads to, or all of the statement."""
    listed = statement.statement.get("Action", ())
    actions = [listed] if isinstance(listed, str) else list(listed)
    match = re.fullmatch(r"Action\[(\d+)\]", statement.element)
    chosen = actions[int(match[1]) : int(match[1]) + 1] if match else actions
    return {action.lower() for action in chosen if isinstance(action, str)}


def _problem(
    placed: PlacedWaiver, fitting: Sequence[Outcome], today: date, rules: WaiverRules, reported: Sequence[Outcome]
) -> WaiverProblem | None:
    """Why a waiver does not count; None if it does. `reported` are the outcomes of its policy for its resource."""
    waiver = placed.waiver

    def problem(kind: ProblemKind, text: str) -> WaiverProblem:
        return WaiverProblem(kind, placed.source, waiver.policy, text)

    about = f"the waiver of `{waiver.policy}` for {_named(waiver)}"
    if waiver.expires < today:
        fix = "fix the violation, or extend the waiver after a review"
        return problem(ProblemKind.EXPIRED, f"{about} expired on {waiver.expires}; {fix}")
    if waiver.policy in rules.never or any(rules.refuse(outcome.policy) for outcome in fitting):
        return problem(ProblemKind.REFUSED, f"{about} does not count: the central settings allow no waiver of it")
    days = min(
        (rules.longest[outcome.policy.severity] for outcome in fitting if outcome.policy.severity in rules.longest),
        default=None,
    )
    if days is not None and waiver.expires > today + timedelta(days):
        latest = today + timedelta(days)
        return problem(
            ProblemKind.REFUSED,
            f"{about} does not count: the central settings allow {days} days, so it expires on {latest} at the latest",
        )
    if not fitting:
        if reported and waiver.finding and not FINGERPRINT.fullmatch(waiver.finding):
            there = f"let it be one of {_quoted(findings)}" if (findings := _findings(reported)) else FINGERPRINTS
            text = f"its `finding` {_quoted([waiver.finding])} is no `Sid`, action or fingerprint of what is reported there"
            return problem(ProblemKind.UNUSED, f"{about} accepts nothing: {text}; {there}, or remove the waiver")
        if reported:
            text = "what the policy reports there is another violation now; review it, or remove the waiver"
            return problem(ProblemKind.UNUSED, f"{about} accepts nothing: {text}")
        return problem(ProblemKind.UNUSED, f"{about} accepts nothing, since the policy does not report it; remove it")
    paths = {outcome.path: fingerprint(outcome) for outcome in fitting}
    of_value = waiver.policy == UNKNOWN_VALUE
    several = len({outcome.place if of_value else _statement(outcome) for outcome in fitting}) > 1
    if several or (len(paths) > 1 and of_value) or len({*paths.values()}) < len(paths):
        count = len(fitting)
        return problem(
            ProblemKind.AMBIGUOUS,
            f"{about} fits {count} violations, so it accepts none; let `finding` be one of their fingerprints",
        )
    return None


def _findings(reported: Iterable[Outcome]) -> list[str]:
    """What a `finding` may be for each outcome: the `Sid` of its statement, else the actions; none of a document with secrets."""
    findings: dict[str, None] = {}
    for outcome in reported:
        statement = statement_at(outcome.resource, outcome.path)
        if statement is None or contains_secret(outcome.resource, statement.document):
            continue
        findings |= dict.fromkeys([statement.sid] if statement.sid else sorted(_actions(statement)))
    return list(findings)


def _quoted(names: Sequence[str]) -> str:
    """The names as a list, of which the first few are enough."""
    listed = ", ".join(f"`{name}`" for name in names[:MOST_NAMES])
    return f"{listed} and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else listed


def _statement(outcome: Outcome) -> tuple[object, ...]:
    """The place of the outcome, but one place for all elements of a statement."""
    statement = statement_at(outcome.resource, outcome.path)
    return (outcome.resource.urn, *((statement.document, statement.index) if statement else (outcome.place,)))


def _exemption(placed: PlacedWaiver) -> Exemption:
    waiver = placed.waiver
    return Exemption(
        "waived",
        reason=waiver.reason,
        owner=waiver.owner,
        expires=waiver.expires,
        ticket=waiver.ticket,
        approver=waiver.approver,
        source=placed.source,
    )


def _named(waiver: Waiver) -> str:
    resource = waiver.resource
    return f"`{resource}`" if isinstance(resource, str) else f"`{resource.type}` `{resource.name}`"
