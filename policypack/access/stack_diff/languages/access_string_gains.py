"""What the access strings of users of ElastiCache and MemoryDB newly allow.

Sources: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html#Access-string and
https://docs.aws.amazon.com/memorydb/latest/devguide/clusters.acls.html#access-string.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policypack.access.solver.verdict import Answer, Verdict
from policypack.access.stack_diff.gains import Gain
from policypack.access.stack_diff.languages.access_strings import AccessStringError, Excess, excess, parse
from policypack.access.stack_diff.languages.proof import Proof
from policypack.core.policy import UNKNOWN, Resource, Stack
from policypack.core.witness import Witness

USERS: Mapping[str, str] = {"aws:elasticache/user:User": "userId", "aws:memorydb/user:User": "userName"}
"""By type, the property that names a user."""
ACCESS = "accessString"
OTHER = "is another one than before, and whether it allows more is not known here"


def access_string_gains(new: Stack, old: Stack) -> Iterator[Gain]:
    """Each user that was there before, and whose access string allows more.

    Whoever newly becomes a member of a group of users, or of an ACL, is a grant of `grant_tables.service_users`.
    """
    for token, name in USERS.items():
        named = [(user.inputs.get(name), user) for user in old.of(token) if not user.external]
        before = {title: user for title, user in named if isinstance(title, str)}
        for user in new.of(token):
            title = user.inputs.get(name)
            earlier = before.get(title) if isinstance(title, str) else None
            if earlier is not None and not user.external:
                yield from _gains(user, name, earlier.inputs.get(ACCESS))


def _gains(user: Resource, name: str, before: object) -> Iterator[Gain]:
    found = _excess(user.inputs.get(ACCESS), before)
    if found.proof is Proof.MAYBE:
        yield Gain(user, user, ACCESS, Answer(Verdict.UNDECIDED, f"`{ACCESS}` {OTHER}"))
    elif found.proof is Proof.NO:
        why = f"the {ACCESS} of `{user.name}` grants this, and the old stack does not"
        module = user.type.removeprefix("aws:").partition("/")[0]
        command = found.rule.removeprefix("+") if found.rule.startswith("+") else "Connect"
        keys = "its keys" if found.rule.startswith("+") else found.rule
        witness = Witness(f"the user {user.inputs[name]}", None, f"{module}:{command}", keys)
        yield Gain(user, user, ACCESS, Answer(Verdict.NEW_ACCESS, why, "", witness))


def _excess(new: object, old: object) -> Excess:
    """What one access string allows more than another one; `MAYBE` if one of the two cannot be read."""
    if new == old and new != UNKNOWN:
        return Excess(Proof.YES)
    try:
        return excess(parse(new), parse(old)) if isinstance(new, str) and isinstance(old, str) else Excess(Proof.MAYBE)
    except AccessStringError:
        return Excess(Proof.MAYBE)
