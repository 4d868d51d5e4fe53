"""Access strings of Redis and Valkey: which commands a user may use on which keys and channels.

Source: https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/#acl-rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from policypack.access.stack_diff.languages.cache_commands import CATEGORIES, MOST_CATEGORIES, combined
from policypack.access.stack_diff.languages.proof import Proof
from policypack.iam.globs import covers

_WORDS = {
    "allkeys": "~*",
    "allchannels": "&*",
    "allcommands": "+@all",
    "nocommands": "-@all",
}
_WITHOUT_EFFECT = frozenset({"clearselectors", "resetpass", "sanitize-payload", "skip-sanitize-payload"})
_PASSWORD = frozenset("><#!")
_KEYS = re.compile(r"(?:%(R|W|RW|WR))?~(.*)", re.IGNORECASE)
_COMMAND = re.compile(r"[+-](@?)[\w.|-]+")
_TOKEN = re.compile(r"\(|\)|[^\s()]+")


class AccessStringError(ValueError):
    """A text that is no access string, or one with a rule that this reader does not know."""


class Selector(msgspec.Struct):
    """What one part of an access string allows: each of its commands on each of its keys and channels."""

    commands: list[str] = []
    """The rules in order, of which the last one that is about a command decides: `+@all`, `-keys`."""
    reads: list[str] = []
    writes: list[str] = []
    channels: list[str] | None = None
    """None if no rule is about channels: all of them until version 7, and then none."""

    def allows(self, command: str, categories: frozenset[str]) -> bool:
        """Whether a command with these categories, or without a name, is allowed on some keys."""
        allowed = False
        for rule in self.commands:
            about = rule[1:]
            named = about in (command, command.partition("|")[0])
            if about == "@all" or named or (about[0] == "@" and about[1:] in categories):
                allowed = rule[0] == "+"
        return allowed


class AccessString(msgspec.Struct):
    """What a user may do, if it is on."""

    on: bool = False
    password: bool = True
    """Whether a password is needed."""
    selectors: list[Selector] = []


class Excess(msgspec.Struct, frozen=True):
    """Whether one access string allows no more than another one, and the rule that allows more."""

    proof: Proof
    rule: str = ""


def parse(text: str) -> AccessString:
    """An access string.

    Raises:
        AccessStringError: the text is no access string, or has a rule that is not known here.
    """
    root = Selector()
    user = AccessString(selectors=[root])
    selector = root
    for part in _TOKEN.findall(text):
        word = part.lower()
        if part in "()":
            if (part == "(") is (selector is not root):
                raise AccessStringError
            selector = Selector() if part == "(" else root
            user.selectors.extend([selector] if part == "(" else [])
        elif word in ("on", "off"):
            user.on = word == "on"
        elif word == "nopass":
            user.password = False
        elif word == "reset":
            root = selector = Selector()
            user = AccessString(selectors=[root])
        elif word not in _WITHOUT_EFFECT and part[0] not in _PASSWORD:
            _add(selector, _WORDS.get(word, part))
    if selector is not root:
        raise AccessStringError
    return user


def excess(new: AccessString, old: AccessString) -> Excess:
    """What a user may do with one access string, and could not with another one."""
    if not new.on:
        return Excess(Proof.YES)
    if not old.on:
        return Excess(Proof.NO, "on")
    if old.password and not new.password:
        return Excess(Proof.NO, "nopass")
    return _least(
        max((_beyond(selector, other) for other in old.selectors), key=lambda found: found.proof)
        for selector in new.selectors
        if any(rule[0] == "+" for rule in selector.commands)
    )


def _least(found: Iterable[Excess]) -> Excess:
    return min(found, key=lambda one: one.proof, default=Excess(Proof.YES))


def _add(selector: Selector, token: str) -> None:
    """One more rule about commands, keys or channels."""
    word = token.lower()
    if word == "resetkeys":
        selector.reads, selector.writes = [], []
    elif word == "resetchannels":
        selector.channels = []
    elif keys := _KEYS.fullmatch(token):
        modes = (keys[1] or "RW").upper()
        selector.reads += [keys[2]] * ("R" in modes)
        selector.writes += [keys[2]] * ("W" in modes)
    elif token[0] == "&":
        selector.channels = [*(selector.channels or ()), token[1:]]
    elif _COMMAND.fullmatch(word):
        selector.commands = [*selector.commands, word] if word[1:] != "@all" else [word]
    else:
        raise AccessStringError


def _beyond(new: Selector, old: Selector) -> Excess:
    channels = new.channels or ()
    unsure = (old.channels is None) is not (new.channels is None) and (channels or old.channels is not None)
    return _least(
        (
            _commands(new, old),
            _patterns("%R~", new.reads, old.reads),
            _patterns("%W~", new.writes, old.writes),
            Excess(Proof.MAYBE, "&") if unsure else _patterns("&", channels, old.channels or ()),
        )
    )


def _patterns(prefix: str, new: Iterable[str], old: Iterable[str]) -> Excess:
    """The first pattern that none of the earlier ones covers; brackets and escapes are compared by their text."""
    found = []
    for pattern in new:
        special = any(set("[]\\") & set(text) for text in (pattern, *old))
        if pattern not in old and "*" not in old and not any(covers(wide, pattern) for wide in old):
            found.append(Excess(Proof.MAYBE if special else Proof.NO, f"{prefix}{pattern}"))
    return _least(found)


def _commands(new: Selector, old: Selector) -> Excess:
    """A command or a category that is allowed, and was not.

    Commands that no rule names are alike if they have the same of the categories in the rules.
    """
    rules = [rule[1:] for rule in (*new.commands, *old.commands)]
    if new.commands == old.commands:
        return Excess(Proof.YES)
    categories = frozenset(rule[1:] for rule in rules if rule[0] == "@" and rule != "@all")
    if len(categories) > MOST_CATEGORIES:
        return Excess(Proof.MAYBE)
    return _least((*_named(new, old, rules, categories), *_unnamed(new, old, categories)))


def _named(new: Selector, old: Selector, rules: Iterable[str], categories: frozenset[str]) -> Iterator[Excess]:
    for command in sorted({rule for rule in rules if rule[0] != "@"}):
        known = CATEGORIES.get(command)
        every = [known] if known is not None else [subset for subset, _ in combined(categories)]
        found = [new.allows(command, subset) and not old.allows(command, subset) for subset in every]
        if any(found):
            yield Excess(Proof.NO if all(found) else Proof.MAYBE, f"+{command}")


def _unnamed(new: Selector, old: Selector, categories: frozenset[str]) -> Iterator[Excess]:
    for subset, exists in combined(categories):
        if new.allows("", subset) and not old.allows("", subset):
            yield Excess(
                Proof.NO if exists else Proof.MAYBE, f"+@{min(subset - {'fast', 'slow'} or subset, default='all')}"
            )
