"""Whether one identity may send one request to one resource, by all documents that count: the solver's own answer.

In one account what is attached to the identity, or the resource's document if it names the identity, suffices; between
accounts both are needed. A role's trust policy and a key's policy must let the identity in, also in one account. Denials
count wherever they are, and a permissions boundary limits what is attached. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

import msgspec

from policypack.access.paths.fleet import Fleet, Holder
from policypack.access.solver.bounds import Bound
from policypack.access.solver.diff import NOTHING, TOO_MANY, Access, access, newly, within
from policypack.access.solver.partition import TooManyCellsError, Work
from policypack.access.solver.request import account_of, includes_caller
from policypack.access.solver.witness import witness_of
from policypack.core.policy import Resource
from policypack.iam.actions import concerns
from policypack.iam.arn import Arn
from policypack.iam.condition_keys import ACCOUNT, ALWAYS_SENT
from policypack.iam.document import Condition, Effect, PolicyDocument, Principal, Statement
from policypack.iam.globs import matches, overlaps
from policypack.iam.tables import DocumentKind
from policypack.resources.attachments import AttachedDocument
from policypack.resources.naming import physical_name
from policypack.resources.tokens import BUCKET_TYPES, KEY, ROLE, USER

FREE = (
    "*:requesttag/*",
    "aws:referer",
    "aws:tagkeys",
    "aws:useragent",
    "ec2:instancetype",
    "kms:encryptioncontext*",
    "s3:delimiter",
    "s3:max-keys",
    "s3:prefix",
    "s3:x-amz-*",
    "secretsmanager:versionstage",
    "sts:rolesessionname",
)
"""Keys whose value every caller chooses. A condition on another key may or may not be met."""
LET_IN = {ROLE: "sts:", KEY: "kms:"}
"""Types whose own document must let in the identities of its account too, with the actions for which it must."""
NAME = "aws:username"
MOST_QUESTIONS = 20_000
"""Requests that are asked about for one answer."""


class Allowed(msgspec.Struct, frozen=True):
    """A request that is or may be allowed: what allows it, and an example. `why` says what decides it."""

    by: Resource
    path: str
    example: str
    certain: bool = True
    why: str = ""


class Questions:
    """The budget of all questions."""

    def __init__(self, fleet: Fleet, most: int = MOST_QUESTIONS) -> None:
        self.fleet = fleet
        self.left = most
        self._answers: dict[tuple[str, str, str, str], Allowed | None] = {}

    @property
    def exhausted(self) -> bool:
        """Whether a question was not asked."""
        return self.left < 0

    def allowed(
        self, holder: Holder, action: str, target: str, resource: Resource | None = None, **context: str
    ) -> Allowed | None:
        """Whether an identity may call an action; None if not, or if the budget is spent.

        Args:
            holder: the identity.
            action: such as `s3:GetObject`.
            target: the ARN, or a pattern of which one suffices.
            resource: of the fleet, whose documents count; None for one that has none.
            context: condition keys of the request, with `_` for the colon.
        """
        key = (holder.identity.urn, action, target, str(sorted(context.items())))
        if key not in self._answers:
            self.left -= 1
            if self.left < 0:
                return None
            given = {name.replace("_", ":", 1): value for name, value in context.items()}
            self._answers[key] = _Question(self.fleet, holder, action, target, resource, given).answer()
        return self._answers[key]


class _Question:
    """One question, at the bounds of what is unknown."""

    def __init__(
        self,
        fleet: Fleet,
        holder: Holder,
        action: str,
        target: str,
        resource: Resource | None,
        context: Mapping[str, str],
    ) -> None:
        self.holder = holder
        self.action = action
        self.target = target
        self.own = holder.policies.carried
        self.limits = holder.policies.boundary
        self.documents = fleet.documents.get(resource.urn, ()) if resource else ()
        self.lets_in = resource is not None and action.startswith(LET_IN.get(resource.type, "-"))
        self.account = fleet.account(resource) if resource else holder.account
        if resource is not None and resource.type == KEY and not self.documents:
            self.documents = (_default_of(resource, self.account),)
        bucket = resource is not None and resource.type in BUCKET_TYPES
        self.unplaced = bucket and not ACCOUNT.fullmatch(self.account) and self.account != holder.account
        """Whether the bucket, whose name is one in all accounts, may be in that of the identity."""
        kind = "User" if holder.identity.type == USER else "AssumedRole"
        self.fixed = {
            "aws:principalarn": holder.arn,
            "aws:principaltype": kind,
            "aws:principalisawsservice": "false",
            "aws:viaawsservice": "false",
            **context,
        }
        if kind == "User" and (name := physical_name(holder.identity)):
            self.fixed[NAME] = name
        arn = Arn.parse(holder.arn)
        own = arn.account if arn else holder.account  # of an unknown account the ARN has the stand-in
        other = own if self.account == holder.account else self.account
        if ACCOUNT.fullmatch(own):
            self.fixed |= dict.fromkeys(("aws:principalaccount", "kms:calleraccount"), own)
        if ACCOUNT.fullmatch(other):
            self.fixed |= dict.fromkeys(("aws:resourceaccount", "s3:resourceaccount"), other)

    def answer(self) -> Allowed | None:
        """The answer: certain if it is so with the least that may be allowed and without any chance."""
        try:
            certain = self._search(Bound.LEAST, free=False)
            if certain and not (certain.why or self.holder.policies.unread or self.unplaced):
                return certain
            possible = certain or self._search(Bound.LEAST, free=True) or self._search(Bound.MOST, free=True)
        except TooManyCellsError:
            attached = next(iter((*self.own, *self.documents)), None)
            by = attached.resource if attached else self.holder.identity
            return Allowed(by, attached.path if attached else "", "", certain=False, why=TOO_MANY)
        if possible is None:
            return None
        why = possible.why or "an unknown value decides it"
        if self.unplaced:
            why = "the account of the bucket is unknown"
        elif self.holder.policies.unread:
            why = "a permissions boundary that is in none of the stacks decides it"
        return msgspec.structs.replace(possible, certain=False, why=why)

    def _search(self, bound: Bound, *, free: bool) -> Allowed | None:
        own = list(self._own(bound))
        beside = list(self._beside(bound))
        limits = [] if self.limits is None else [access(self.limits, bound).statements]
        every = [*own, *(statement for _, statement in beside), *chain.from_iterable(limits)]
        question = self._asked([statement for statement in every if concerns(statement, self.action)], free=free)
        alternatives = tuple(self._alternatives(own, beside, limits))
        denials = [statement for statement in every if not statement.allows and concerns(statement, self.action)]
        granted = within(Access(alternatives, tuple(denials)), Access.of([question]))
        gain = newly(granted, NOTHING, attached=True, work=Work()) if alternatives else None
        if gain is None:
            return None
        request, statement = gain
        index, _, path = statement.path.partition(" ")
        attached = (*self.own, *self.documents)[int(index)]
        needed = [name for name in request.context if name not in self.fixed and not _chosen(name)]
        why = f"only if {', '.join(f'`{name}`' for name in needed)} of the request fits" if needed else ""
        example = msgspec.structs.replace(
            witness_of(request),
            outsider=self.holder.arn or self.holder.identity.name,
            context=tuple((name, ", ".join(request.context[name])) for name in needed),
        )
        return Allowed(attached.resource, attached.at(path), str(example), why=why)

    def _own(self, bound: Bound) -> Iterator[Statement]:
        """The statements that are attached, with the place of their document."""
        for index, attached in enumerate(self.own):
            for statement in access((attached.document,), bound).statements:
                if attached.certain or statement.allows is (bound is Bound.MOST):
                    yield msgspec.structs.replace(statement, path=f"{index} {statement.path}")

    def _beside(self, bound: Bound) -> Iterator[tuple[bool, Statement]]:
        """The statements of the resource that are about the identity, and whether they name it, not its account only."""
        caller = self.holder.caller
        for index, attached in enumerate(self.documents, len(self.own)):
            for statement in access((attached.document,), bound).statements:
                if includes_caller(statement, caller):
                    direct = any(_names(principal, caller.arns) for principal in statement.principals or ())
                    yield (
                        direct,
                        msgspec.structs.replace(
                            statement, principals=None, not_principals=None, path=f"{index} {statement.path}"
                        ),
                    )

    def _alternatives(
        self, own: Sequence[Statement], beside: Sequence[tuple[bool, Statement]], limits: Sequence[Sequence[Statement]]
    ) -> Iterator[tuple[tuple[Statement, ...], ...]]:
        """The groups of Allow statements of which each must allow the request."""
        attached = self._allowing(own)
        direct = self._allowing(statement for named, statement in beside if named)
        let_in = self._allowing(statement for _, statement in beside)
        bounds = [self._allowing(limit) for limit in limits]
        if self.account != self.holder.account and not self.unplaced:
            if not all(map(ACCOUNT.fullmatch, (self.account, self.holder.account))):
                return iter(())
            groups = [[attached, let_in, *bounds]]
        else:
            groups = [[attached, *([let_in] if self.lets_in else []), *bounds], [direct, *bounds]]
        return (tuple(group) for group in groups if all(group))

    def _allowing(self, statements: Iterable[Statement]) -> tuple[Statement, ...]:
        return tuple(
            statement
            for statement in statements
            if statement.allows
            and concerns(statement, self.action)
            and (
                statement.resources is None or any(_may_match(pattern, self.target) for pattern in statement.resources)
            )
        )

    def _asked(self, statements: Sequence[Statement], *, free: bool) -> Statement:
        """The request as a statement: with what it certainly sends, and without what it may not have unless `free`."""
        used = {condition.name for statement in statements for condition in statement.conditions}
        used |= {NAME for statement in statements if NAME in str(statement.resources).lower()}
        conditions = [
            Condition("StringEquals", name, (self.fixed[name],)) for name in sorted(used) if name in self.fixed
        ]
        if NAME in used - self.fixed.keys():  # a role has no user name
            conditions.append(Condition("Null", NAME, ("true",)))
        if not free:
            conditions += [
                Condition("Null", name, ("true",))
                for name in sorted(used - {NAME})
                if name not in self.fixed and not _chosen(name)
            ]
        resources = (self.target,) if self.target else ("*",)
        return Statement("", Effect.ALLOW, actions=(self.action,), resources=resources, conditions=tuple(conditions))


def _may_match(pattern: str, target: str) -> bool:
    return "${" in pattern or target in ("", "*") or overlaps(pattern, target)


def _names(principal: Principal, arns: Sequence[str]) -> bool:
    """Whether a principal is the identity or everyone, and not its account, which leaves the decision to the account."""
    return account_of(principal.value) is None and (
        principal.anyone or any(matches(principal.value, arn) for arn in arns)
    )


def _chosen(name: str) -> bool:
    return name in ALWAYS_SENT or any(matches(pattern, name) for pattern in FREE)


def _default_of(key: Resource, account: str) -> AttachedDocument:
    """The document of a key that states none: it leaves the decision to the account."""
    principal = Principal("AWS", account)
    statement = Statement("", Effect.ALLOW, actions=("kms:*",), resources=("*",), principals=(principal,))
    return AttachedDocument(key, "policy", PolicyDocument(DocumentKind.RESOURCE, KEY, (statement,)))
