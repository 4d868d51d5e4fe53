"""The join: the links of all stacks go in, once each, and what must be judged together comes out.

Settings of an account are looked up. Buckets and identities that several stacks name form components, which
`components` collects in a second pass over the facts of the stacks in `Joined.wanted`. A managed policy that many stacks
attach joins none of them: each component borrows it. Memory grows with the number of keys, not with the facts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from policypack.joining.facts import AccountNeed, AccountSetting, JoinLinks
from policypack.joining.keys import Shared

ACCOUNT_BLOCK = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
MOST_STACKS = 50
"""Stacks of one component; what more of them share is not judged together, and reported as such."""

Account = tuple[str, str]
"""Partition and number."""


class Refuted(msgspec.Struct, frozen=True):
    """An outcome of one stack that does not hold once other stacks are known."""

    stack: str
    policy: str
    urn: str
    path: str
    why: str
    stacks: tuple[str, ...]
    """Those from which the answer comes."""


class Unjoined(msgspec.Struct, frozen=True):
    """What was not joined, and why; `stack` is empty for what concerns many."""

    why: str
    stack: str = ""
    stacks: int = 1


@dataclass
class Joined:
    """What the first pass leaves."""

    names: list[str] = field(default_factory=list)
    """The stacks, in the order of their facts."""
    accounts: dict[Account, list[tuple[str, AccountSetting]]] = field(default_factory=lambda: defaultdict(list))
    """The settings of each account, with the stacks that have them."""
    refuted: list[Refuted] = field(default_factory=list)
    """By settings of the account."""
    unjoined: list[Unjoined] = field(default_factory=list)
    wanted: frozenset[str] = frozenset()
    """The stacks whose facts `components` needs."""
    shared: Shared = field(default_factory=Shared)
    roots: frozenset[int] = frozenset()
    """Of the keys that several stacks have, and not too many."""
    policies: dict[int, int] = field(default_factory=dict)
    """By hash of the key of a managed policy, the number of the stack that manages it."""
    users: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    """By the same, the stacks whose answers it may change."""
    attachers: dict[int, int] = field(default_factory=dict)
    """By the same, another stack that attaches it."""
    bounders: dict[int, int] = field(default_factory=dict)
    """By the same, another stack in which it is a boundary."""

    def blocks(self, account: Account) -> list[tuple[str, AccountSetting]]:
        """The access blocks of an account."""
        return [entry for entry in self.accounts.get(account, ()) if entry[1].type == ACCOUNT_BLOCK]

    def only_bounds(self, key: str) -> bool:
        """Whether a managed policy is a boundary in another stack, and none but its own may attach it."""
        return hash(key) in self.bounders and hash(key) not in self.attachers


def join(links: Iterable[JoinLinks]) -> Joined:
    """The first pass.

    Args:
        links: of all stacks, each once.
    """
    joined = Joined()
    needs: list[tuple[str, AccountNeed]] = []
    exposed: list[tuple[int, Account]] = []
    for number, link in enumerate(links):
        joined.names.append(link.stack)
        for setting in link.settings:
            joined.accounts[setting.partition, setting.account].append((link.stack, setting))
        needs += ((link.stack, need) for need in link.needs)
        if link.unplaced:
            why = f"the account of {link.unplaced} resources is unknown, so nothing of the account is joined with them"
            joined.unjoined.append(Unjoined(why, link.stack))
        for key in link.own:
            joined.policies[hash(key)] = number
        for keys in link.about:
            joined.shared.add(number, keys)
        exposed += ((number, account) for account in link.buckets)
        _note_uses(joined, number, link)
    joined.refuted += (answer for stack, need in needs if (answer := _answered(joined, stack, need)))
    joined.wanted = frozenset(joined.names[number] for number in _wanted(joined, exposed))
    return joined


def _note_uses(joined: Joined, number: int, link: JoinLinks) -> None:
    """Take note of the managed policies of other stacks that a stack attaches or takes for boundaries."""
    for key in link.attaches:
        joined.users[hash(key)].append(number)
        joined.attachers.setdefault(hash(key), number)
    for key in link.bounds:
        joined.bounders.setdefault(hash(key), number)
        if link.open:
            joined.users[hash(key)].append(number)


def _answered(joined: Joined, stack: str, need: AccountNeed) -> Refuted | None:
    """A violation that the account's access blocks refute; None unless each of them has every switch on."""
    blocks = joined.blocks((need.partition, need.account)) if need.account else []
    on = all(str(block.values.get(switch)).lower() == "true" for _, block in blocks for switch in need.switches)
    if not blocks or not on:
        return None
    stacks = tuple(dict.fromkeys(name for name, _ in blocks))
    listed = " and ".join(f"`{switch}`" for switch in need.switches) if len(need.switches) == 1 else "every switch"
    why = f"the access block of account {need.account} has {listed} on"
    return Refuted(stack, need.policy, need.urn, need.path, why, stacks)


def _wanted(joined: Joined, exposed: Iterable[tuple[int, Account]]) -> set[int]:
    """The numbers of the stacks of which some resources are judged with those of others."""
    wanted: set[int] = set()
    roots: set[int] = set()
    for root, (stacks, key) in joined.shared.groups().items():
        if len(stacks) > MOST_STACKS:
            why = f"{len(stacks)} stacks share `{key}`, and at most {MOST_STACKS} are judged together"
            joined.unjoined.append(Unjoined(why, "", len(stacks)))
        else:
            roots.add(root)
            wanted |= stacks
    joined.roots = frozenset(roots)
    for hashed, owner in joined.policies.items():
        users = joined.users.get(hashed, ())
        wanted |= {*users, owner} if users else set()
        if hashed in joined.bounders and hashed not in joined.attachers:
            wanted |= {owner, joined.bounders[hashed]}
    numbers = {name: number for number, name in enumerate(joined.names)}
    for number, account in exposed:
        elsewhere = {numbers[name] for name, _ in joined.blocks(account)} - {number}
        wanted |= {number, *elsewhere} if elsewhere else set()
    return wanted
