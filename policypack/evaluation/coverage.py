"""Coverage: the resources of a stack that no policy is about.

A policy is about the types that its bad examples contain, and about each type of which its reader reads a value. Which
those are is observed, once for each type of a stack: the reader of a resource gets a resource of which only the type can
be read, the reader of a stack gets resources without values that record whether they are asked for one, and a role. Policies that
judge every type alike, such as those about regions, do not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from policypack.core.caches import latest
from policypack.core.policy import OverStack, Policy, Resource, Stack
from policypack.evaluation.evaluate import may_read
from policypack.evaluation.settings import Settings
from policypack.iam.tables import canonical
from policypack.resources.tokens import ROLE

MOST_TYPES = 5
"""How many types a summary lists."""


def without_policy(policies: Collection[Policy[Any]], resources: Iterable[Resource]) -> dict[str, int]:
    """By type, the number of resources that no policy is about, the largest number first.

    Components, providers and stacks are left out, as are resources that the stack only reads.
    """
    counts = Counter(resource.type for resource in resources if resource.custom and not resource.external)
    about = [policy for policy in policies if not policy.generic]
    judged = _in_examples(about)
    other = [token for token in counts if canonical(token) not in judged and not token.startswith("pulumi:")]
    read = _read(about, other)
    return dict(
        sorted(((token, counts[token]) for token in other if token not in read), key=lambda pair: (-pair[1], pair[0]))
    )


@latest
def _in_examples(policies: Sequence[Policy[Any]]) -> frozenset[str]:
    """The types that the bad examples contain."""
    types = {part.type for policy in policies for example in policy.bad for part in example.resources}
    return frozenset(map(canonical, types))


def summary(counts: Mapping[str, int]) -> str:
    """One sentence, without a full stop: `9 resources of 4 types have no policy: aws:ec2/vpc:Vpc (3), …`."""
    resources, types = sum(counts.values()), len(counts)
    subject = f"{resources} resource{'s' * (resources != 1)} of {types} type{'s' * (types != 1)}"
    listed = [f"{token} ({count})" for token, count in list(counts.items())[:MOST_TYPES]]
    if types > MOST_TYPES:
        listed.append(f"and {types - MOST_TYPES} more type{'s' * (types != MOST_TYPES + 1)}")
    return f"{subject} {'has' if resources == 1 else 'have'} no policy: {', '.join(listed)}"


def _read(policies: Iterable[Policy[Any]], tokens: Iterable[str]) -> set[str]:
    """The types of which a reader yields something or reads a value."""
    probes = {token: _Values() for token in tokens}
    resources = tuple(Resource(token, "probe", values, outputs=values) for token, values in probes.items())
    stack = Stack((*resources, Resource(ROLE, "probe", {})), Settings())  # what may run with a role is judged by it
    read: set[str] = set()
    for policy in policies if probes else ():
        if not isinstance(policy.reads, OverStack):
            read.update(token for token in probes if may_read(policy.reads, token))
            continue
        with suppress(Exception):  # a policy that crashes is reported by its own run
            read.update(resource.type for resource, _, _ in policy.reads.read(stack))
    return read | {token for token, values in probes.items() if values.read}


class _Values(dict[str, Any]):
    """No values; records whether one is asked for."""

    read = False

    def get(self, _name: str, default: Any = None) -> Any:
        self.read = True
        return default

    def __getitem__(self, name: str) -> Any:
        self.read = True
        raise KeyError(name)
