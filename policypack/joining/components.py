"""Components: the second pass over facts collects, for each question that one stack cannot answer, the resources of several."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec

from policypack.joining.facts import FactResource, JoinFacts
from policypack.joining.join import ACCOUNT_BLOCK, Account, Joined
from policypack.resources.joining.physical import BUCKET


class Member(msgspec.Struct, frozen=True):
    """A resource of a component, with its stack. Of a borrowed one not all is here that its own stack says about it."""

    stack: str
    resource: FactResource
    borrowed: bool = False


class Component(msgspec.Struct, frozen=True):
    """Resources of several stacks that are judged together; a unit of work, which can be sent to another process."""

    members: tuple[Member, ...]
    boundary: str = ""
    """The URN of a managed policy of which it is the question whether it is a boundary only."""

    @property
    def stacks(self) -> tuple[str, ...]:
        """The stacks, in order."""
        return tuple(dict.fromkeys(member.stack for member in self.members))

    @property
    def digest(self) -> str:
        """A hash of everything that the answer depends on in it: with an equal one, the answers of last time hold."""
        return sha256(msgspec.json.encode(self)).hexdigest()


@dataclass
class _Collected:
    """What the components are made of."""

    groups: dict[int, list[Member]] = field(default_factory=lambda: defaultdict(list))
    """By root of their keys."""
    policies: dict[tuple[str, str], Member] = field(default_factory=dict)
    """Managed policies by stack and key."""
    managed_by: dict[str, str] = field(default_factory=dict)
    """By key of a managed policy, the stack that manages it."""
    bounded: dict[str, Member] = field(default_factory=dict)
    """By key of a managed policy, an identity of another stack that it bounds."""
    boundaries: list[tuple[str, list[Member]]] = field(default_factory=list)
    """Managed policies that other stacks have for a boundary only, by key, with those of their stack that use them."""
    blocks: dict[Account, list[Member]] = field(default_factory=lambda: defaultdict(list))


def components(joined: Joined, facts: Iterable[JoinFacts]) -> Iterator[Component]:
    """Collect the components.

    Args:
        joined: the result of the first pass.
        facts: of the stacks in `joined.wanted`, or more.
    """
    collected = _Collected()
    for fact in facts:
        if fact.stack in joined.wanted:
            _collect(joined, fact, collected)
    for members in collected.groups.values():
        for own in _by_account(members):
            complete = [*own, *_borrowed(own, collected)]
            if len({member.stack for member in complete}) > 1:
                yield Component(tuple(_unique(complete)))
    for key, users in collected.boundaries:
        policy, bounded = users[0], collected.bounded.get(key)
        if bounded:
            yield Component(tuple(_unique([*users, bounded])), policy.resource.urn)


def _collect(joined: Joined, fact: JoinFacts, collected: _Collected) -> None:
    own = fact.own
    for key, policy in own.items():
        collected.policies[fact.stack, key] = Member(fact.stack, policy, borrowed=True)
        collected.managed_by.setdefault(key, fact.stack)
        if joined.only_bounds(key):
            uses = (resource for resource in fact.resources if key in (*resource.attaches, *resource.bounds))
            members = [Member(fact.stack, resource) for resource in (policy, *uses)]
            collected.boundaries.append((key, members))
    for resource in fact.resources:
        borrowed = Member(fact.stack, resource, borrowed=True)
        for key in set(resource.bounds).difference(own):
            collected.bounded.setdefault(key, borrowed)
        if resource.type == ACCOUNT_BLOCK and resource.account:
            collected.blocks[resource.partition, resource.account].append(borrowed)
    for root, members in _groups(joined, fact, own):
        collected.groups[root] += members


def _groups(joined: Joined, fact: JoinFacts, own: Mapping[str, FactResource]) -> Iterator[tuple[int, list[Member]]]:
    """The resources of a stack that belong together, if another stack can change what is reported about them."""
    groups: dict[int, list[FactResource]] = defaultdict(list)
    for resource in fact.resources:
        if resource.about:
            groups[joined.shared.root(hash(resource.about[0]))].append(resource)
    ways = any(resource.open for resource in fact.resources)
    for root, resources in groups.items():
        used = {key for resource in resources for key in (*resource.attaches, *(resource.bounds if ways else ()))}
        if (
            root in joined.roots
            or any(hash(key) in joined.policies for key in used.difference(own))
            or any(_may_be_closed(joined, fact, resource) for resource in resources)
        ):
            yield root, [Member(fact.stack, resource) for resource in resources]


def _may_be_closed(joined: Joined, fact: JoinFacts, resource: FactResource) -> bool:
    """Whether an access block of the account in another stack may close what is reported about a bucket."""
    blocks = joined.blocks((resource.partition, resource.account)) if resource.open and resource.account else []
    return any(key.startswith(BUCKET) for key in resource.about) and any(name != fact.stack for name, _ in blocks)


def _by_account(members: Sequence[Member]) -> Iterator[list[Member]]:
    """The members by account: what two accounts call alike is not the same. With two, an unknown one is neither's."""
    accounts = list(dict.fromkeys(member.resource.account for member in members if member.resource.account))
    if len(accounts) < 2:
        yield list(members)
    for account in accounts if len(accounts) > 1 else ():
        yield [member for member in members if member.resource.account == account]


def _borrowed(members: Iterable[Member], collected: _Collected) -> Iterator[Member]:
    """What belongs to other components and counts here too: managed policies, and the account's access blocks."""
    accounts: dict[Account, None] = {}
    for member in members:
        resource = member.resource
        for key in (*resource.attaches, *resource.bounds):
            policy = _policy(member.stack, key, collected.policies, collected.managed_by)
            if policy:
                yield policy
        if resource.account and any(key.startswith(BUCKET) for key in resource.about):
            accounts[resource.partition, resource.account] = None
    for account in accounts:
        yield from collected.blocks.get(account, ())


def _policy(
    stack: str, key: str, policies: Mapping[tuple[str, str], Member], managed_by: Mapping[str, str]
) -> Member | None:
    """The managed policy with a key, first that of the same stack."""
    return policies.get((stack, key)) or policies.get((managed_by.get(key, ""), key))


def _unique(members: Iterable[Member]) -> Iterator[Member]:
    """Each resource once, not borrowed if it is a member; stacks together, in order of their first member."""
    chosen: dict[tuple[str, str], Member] = {}
    for member in members:
        chosen.setdefault((member.stack, member.resource.urn), member)
    order = {stack: index for index, stack in enumerate(dict.fromkeys(stack for stack, _ in chosen))}
    yield from sorted(chosen.values(), key=lambda member: order[member.stack])
