"""Ways to the permissions of others, by the table of the escalation room: roles that are passed, and whole accounts.

A role is passed to a service that may assume it, in calls that make the service act by it. Whoever writes permissions of
its own holds the account.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policypack.access.escalation.analysis import IdentityDocuments, administers, opened
from policypack.access.escalation.paths import PRODUCTS, WAYS, RiskyCall
from policypack.access.escalation.paths import Way as EscalationWay
from policypack.access.paths.fleet import Fleet, Holder, arn_of
from policypack.access.paths.hops import Hold, Hop, Node
from policypack.access.paths.requests import Allowed, Questions
from policypack.access.solver.bounds import Bound
from policypack.access.solver.partition import TooManyCellsError
from policypack.core.policy import Resource
from policypack.iam.actions import concerns, every_action
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import TRUST, documents_of
from policypack.iam.globs import everything
from policypack.resources.tokens import MANAGED_POLICY, ROLE

PASS = "iam:PassRole"  # noqa: S105 (an action)
PASSING = tuple(way for way in WAYS if way.steps[0][0].action == PASS)
ADMINISTERING = frozenset(
    way.id
    for way in WAYS
    if len(way.steps) == 1 and way.steps[0][0].action.startswith("iam:") and "Boundary" not in way.steps[0][0].action
)
"""Ways after which the caller has any permission of its account."""


def taking_over(fleet: Fleet, questions: Questions, holder: Holder) -> Iterator[Hop]:
    """The hops from an identity to all of its account, or else to roles that it can pass."""
    node = Node(Hold.IDENTITY, holder.identity.urn)
    whole = list(_to_account(questions, holder, node))
    yield from whole
    if not any(hop.certain for hop in whole):
        yield from _passing(fleet, questions, holder, node)


def _to_account(questions: Questions, holder: Holder, node: Node) -> Iterator[Hop]:
    if holder.policies.boundary is None and not holder.policies.unread:
        yield from _administering(node, holder)
    yield from _account(node, holder)
    for attached in holder.policies.carried:
        policy = attached.resource
        if policy.type == MANAGED_POLICY and holder.policies.boundary is None and (arn := arn_of(policy)):
            allowed = questions.allowed(holder, "iam:CreatePolicyVersion", arn, policy)
            if allowed:
                yield _hop(node, Node(Hold.ACCOUNT, holder.account), "rewrites its own policy in", allowed)


def _administering(node: Node, holder: Holder) -> Iterator[Hop]:
    """An identity that is allowed everything."""
    carried = holder.policies.carried
    statements = [statement for attached in carried for statement in attached.document.statements]
    if not administers(IdentityDocuments(tuple(attached.document for attached in carried)), statements):
        return
    for attached in carried:
        for statement in attached.document.statements:
            every = any(map(every_action, statement.actions or ())) and any(map(everything, statement.resources or ()))
            if every and not statement.conditions:
                allowed = Allowed(attached.resource, attached.at(statement.path), "", certain=attached.certain)
                yield _hop(node, Node(Hold.ACCOUNT, holder.account), "administers", allowed)
                return


def _account(node: Node, holder: Holder) -> Iterator[Hop]:
    own = f"{'role' if holder.identity.type == ROLE else 'user'}/{holder.arn.rpartition('/')[2]}" if holder.arn else ""
    attached = [policy for policy in holder.policies.carried if policy.certain]
    documents = IdentityDocuments(tuple(policy.document for policy in attached), holder.policies.boundary, own)
    try:
        way = next((way for way in opened(documents, Bound.LEAST) if way.way.id in ADMINISTERING), None)
    except TooManyCellsError:
        return
    if way is None:
        return
    opener = way.openers[0]
    by = attached[opener.document]
    unread = holder.policies.unread or holder.policies.boundary is not None
    why = "a permissions boundary may limit what it can give itself" if unread else ""
    example = f"{holder.arn or holder.identity.name} calls `{opener.action}`: {way.way.leads}"
    allowed = Allowed(by.resource, by.at(opener.path), example, certain=not unread, why=why)
    yield _hop(node, Node(Hold.ACCOUNT, holder.account), "takes over", allowed)


def _passing(fleet: Fleet, questions: Questions, holder: Holder, node: Node) -> Iterator[Hop]:
    """The roles that an identity can pass to a service that acts by them for it."""
    if not any(
        statement.allows and (concerns(statement, PASS) or "Action" in statement.unknown)
        for attached in holder.policies.carried
        for statement in attached.document.statements
    ):
        return
    ways: dict[str, Allowed] = {}
    for way in PASSING:
        service = _service(way)
        answer = _all_steps(questions, holder, way)
        if answer and (service not in ways or (answer.certain and not ways[service].certain)):
            ways[service] = answer
    for arn, role in fleet.by_type.get((ROLE, holder.account), ()) if ways else ():
        if role.urn == holder.identity.urn:
            continue
        for service in _trusted(role):
            if service not in ways:
                continue
            passed = questions.allowed(holder, PASS, arn, iam_passedtoservice=f"{service}.amazonaws.com")
            if passed:
                certain = passed.certain and ways[service].certain
                why = passed.why or ways[service].why
                runs = Allowed(passed.by, passed.path, f"{passed.example}; {ways[service].example}", certain, why)
                yield _hop(node, Node(Hold.IDENTITY, role.urn), f"passes to {PRODUCTS[service]}", runs)
                break


def _service(way: EscalationWay) -> str:
    return dict(way.steps[0][0].context)["iam:passedtoservice"][0].removesuffix(".amazonaws.com")


def _all_steps(questions: Questions, holder: Holder, way: EscalationWay) -> Allowed | None:
    """The calls of a way after the role is passed, each on any resource."""
    answers = []
    for step in way.steps[1:]:
        answer = _first(questions, holder, step)
        if answer is None:
            return None
        answers.append(answer)
    if not answers:
        return None
    why = next((answer.why for answer in answers if not answer.certain), "")
    example = "; ".join(answer.example for answer in answers)
    return Allowed(answers[0].by, answers[0].path, example, certain=not why, why=why)


def _first(questions: Questions, holder: Holder, step: Sequence[RiskyCall]) -> Allowed | None:
    answers = [questions.allowed(holder, call.action, "*") for call in step]
    return next((answer for answer in answers if answer and answer.certain), None) or next(filter(None, answers), None)


def _trusted(role: Resource) -> list[str]:
    """The services that a role's trust policy names."""
    return [
        principal.value.partition(".")[0]
        for _, document in documents_of(role, TRUST, granting=True)
        if isinstance(document, PolicyDocument)
        for statement in document.statements
        if statement.allows
        for principal in statement.principals or ()
        if principal.type == "Service"
    ]


def _hop(start: Node, end: Node, verb: str, allowed: Allowed) -> Hop:
    return Hop(start, end, verb, allowed.certain, allowed.by, allowed.path, allowed.why, allowed.example)
