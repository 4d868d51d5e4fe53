"""What an identity may newly do because the document of a resource no longer denies it.

The documents of the identity decide what the denials stop, so both are read together: a request that the identity is
allowed, that no denial matches now, and that a denial matched before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from policypack.access.policy_targets import BUCKET_POLICY, TARGETS, own_arns
from policypack.access.solver.bounds import Bound
from policypack.access.solver.callers import PRINCIPAL_ARN
from policypack.access.solver.diff import TOO_MANY, Access, gains, within
from policypack.access.solver.partition import TooManyCellsError, Work
from policypack.access.solver.request import Caller, includes_caller
from policypack.access.solver.verdict import Answer, Verdict
from policypack.access.solver.witness import witness_of
from policypack.access.stack_diff.counterparts import Places, end_of
from policypack.access.stack_diff.gains import Gain, Holding, Key, described, place_in
from policypack.core.policy import Resource, Stack
from policypack.iam.arn import Arn
from policypack.iam.condition_keys import CALLER_KEYS
from policypack.iam.document import Condition, Effect, Statement
from policypack.iam.globs import everything
from policypack.iam.tables import canonical
from policypack.resources.providers import same_account
from policypack.resources.tokens import KEY, ROLE, USER

PINNED = {PRINCIPAL_ARN, "aws:principalaccount", "kms:calleraccount", "aws:principaltype", "aws:principalisawsservice"}
"""Keys that an identity's ARN decides."""
ANYTHING = Statement("", Effect.ALLOW, actions=("*",), resources=("*",))
NO_LONGER = "no longer denies this"
PERHAPS = "may no longer deny this"

Side = tuple[Stack, Places, Mapping[Key, Holding]]


def denial_gains(new: Side, old: Side) -> Iterator[Gain]:
    """What each identity of both stacks may newly do to resources whose documents deny less."""
    identities = [
        holding
        for key, holding in new[2].items()
        if holding.attached and (key in old[2] or ("outside", *key[1:]) in old[2])
    ]
    left = {end_of(other) for other in (new[1].same or {}).values()}
    for key, before in old[2].items():
        after = new[2].get(key) or Holding(before.holder)
        if key[0] != "resource" or after.unseen or (key not in new[2] and _gone(before.holder, left)):
            continue
        if any(plain(_denials(before, bound)) != plain(_denials(after, bound)) for bound in Bound):
            for identity in identities:
                if same_account(new[0], identity.holder, after.holder) is not False and _counts(after):
                    yield from _gained(identity, (new[0], after), (old[0], before))


def _gone(target: Resource, left: set[tuple[str, str]]) -> bool:
    """Whether the resource itself is no longer in the stack, rather than the document for one outside of it."""
    kind = canonical(target.type)
    return kind not in TARGETS and kind != BUCKET_POLICY and end_of(target) not in left


def _counts(protected: Holding) -> bool:
    """Whether the documents of identities count: for a key only if its own document refers to an account's."""
    statements = protected.access(Bound.MOST).statements
    return (
        not statements
        or protected.holder.type != KEY
        or any(
            principal.value.isdigit() or principal.value.endswith(":root") or principal.anyone
            for statement in statements
            if statement.allows
            for principal in statement.principals or ()
        )
    )


def _denials(protected: Holding, bound: Bound) -> tuple[Statement, ...]:
    """The Deny statements, which match the most or the least."""
    return protected.access(bound.other).denials


def plain(statements: Sequence[Statement]) -> set[Statement]:
    """The statements without what changes nothing: their order, their names and their paths."""
    return {
        msgspec.structs.replace(
            statement,
            path="",
            sid=None,
            conditions=tuple(msgspec.structs.replace(condition, path="") for condition in statement.conditions),
        )
        for statement in statements
    }


def _gained(identity: Holding, new: tuple[Stack, Holding], old: tuple[Stack, Holding]) -> Iterator[Gain]:
    """What one identity may newly do to one resource; if nothing certainly, what it perhaps may."""
    holder, resource = identity.holder, new[1].holder
    caller = _caller(holder)
    work = Work()
    try:
        for bound in (Bound.LEAST, Bound.MOST):
            certain = bound is Bound.LEAST
            denied = tuple(_against(caller, *old, bound, certain=certain))
            still = tuple(_against(caller, *new, bound.other, certain=not certain))
            granted = identity.access(bound)
            pinned = tuple(_pinned(holder, caller, (*granted.statements, *denied, *still)))
            granted = within(granted, Access.of([msgspec.structs.replace(ANYTHING, conditions=pinned)]))
            now = msgspec.structs.replace(granted, denials=(*granted.denials, *still))
            gained = [*gains(now, Access((((ANYTHING,),),), denied), attached=True, work=work)]
            for request, allow in gained if certain else gained[:1]:
                witness = msgspec.structs.replace(witness_of(request), outsider=described(holder))
                why = f"`{resource.name}` {NO_LONGER if certain else PERHAPS}"
                verdict = Verdict.NEW_ACCESS if certain and not identity.limits else Verdict.UNDECIDED
                yield Gain(holder, *place_in(identity, allow, bound), Answer(verdict, why, allow.path, witness))
            if gained:
                return
    except TooManyCellsError:
        yield Gain(holder, resource, "", Answer(Verdict.UNDECIDED, TOO_MANY))


def _caller(identity: Resource) -> Caller | None:
    arn = identity.outputs.get("arn")
    parsed = Arn.parse(arn) if isinstance(arn, str) and identity.type in (ROLE, USER) else None
    return Caller("AWS", str(arn), (str(arn),), parsed.account) if parsed else None


def _pinned(identity: Resource, caller: Caller | None, statements: Sequence[Statement]) -> Iterator[Condition]:
    """The values that the requests of an identity have for the keys of some statements."""
    if caller is None or not caller.account:
        return
    values = {
        PRINCIPAL_ARN: caller.arns[0],
        "aws:principalaccount": caller.account,
        "kms:calleraccount": caller.account,
        "aws:principaltype": "AssumedRole" if identity.type == ROLE else "User",
        "aws:principalisawsservice": "false",
    }
    named = {condition.name for statement in statements for condition in statement.conditions}
    yield from (Condition("StringEquals", name, (value,)) for name, value in values.items() if name in named)


def _against(
    caller: Caller | None, stack: Stack, protected: Holding, bound: Bound, *, certain: bool
) -> Iterator[Statement]:
    """The denials that match requests of a caller to the resource, as statements of an identity's document.

    Args:
        caller: the identity; None if its ARN is unknown.
        stack: with the resource.
        protected: the resource's documents.
        bound: which requests they match.
        certain: leave out a statement of which it is open whether it matches the caller.
    """
    own = own_arns(stack, protected.carried[0].resource) if protected.carried else ()
    arn = protected.holder.outputs.get("arn")
    own = own or ((arn, f"{arn}/*", f"{arn}:*") if isinstance(arn, str) and arn else ())
    for statement in _denials(protected, bound):
        included = _includes(statement, caller)
        named = {condition.name for condition in statement.conditions}
        pinned = PINNED if caller else set()
        doubtful = any(name in CALLER_KEYS - pinned or name.startswith("aws:principaltag/") for name in named)
        every = statement.not_resources is None and any(
            map(everything, ("*",) if statement.resources is None else statement.resources)
        )
        doubtful = doubtful or included is None or (every and not own)
        if included is not False and not (certain and doubtful):
            resources = own if every and own else statement.resources
            yield msgspec.structs.replace(statement, principals=None, not_principals=None, resources=resources)


def _includes(statement: Statement, caller: Caller | None) -> bool | None:
    """Whether the principals of a statement include an identity; None if that is open.

    An account in `NotPrincipal` may stand beside a role that is excepted, as AWS requires, or alone.
    """
    if caller is None:
        return True if any(principal.anyone for principal in statement.principals or ()) else None
    included = includes_caller(statement, caller)
    named = any(principal.value in caller.arns or principal.anyone for principal in statement.not_principals or ())
    return included if included or named or statement.not_principals is None else None
